"""Which long values are nobody's word, and which ten digits are a patient's number."""

import pytest

from mock_servers.journal import unregistered


def nobody(_: str) -> bool:
    return False


@pytest.mark.parametrize("number", ["9912003071", "9000000009", "4010232137", "9434765919", "9434765870"])
def test_a_number_with_the_right_check_digit_is_a_patients(number: str) -> None:
    wrong = number[:9] + str((int(number[9]) + 1) % 10)

    assert list(unregistered.patients(f"/Patient/{number}?x")) == [number]
    assert list(unregistered.patients(f"/Patient/{wrong}?x")) == []


def test_a_number_within_more_digits_is_none() -> None:
    assert list(unregistered.patients("/at/19912003071")) == []


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("scope", "openid urn:nhsd:apim:user-nhs-id:aal3:personal-demographics-service", []),
        ("scope", "openid abcdefghijk7654321", ["abcdefghijk7654321"]),
        ("redirect_uri", "https://app.example/callback/of/mine", []),
        ("redirect_uri", "https://app.example/abcdefghijk7654321", ["abcdefghijk7654321"] * 2),
        ("redirect_uri", "https://app.example/?key=abcdefghijklmnopq", ["abcdefghijklmnopq"]),
        ("redirect_uri", "https://[::1/abcdefghijkl", ["https://[::1/abcdefghijkl"]),
        ("error_description", "Missing or invalid client_assertion_type - must be 'jwt-bearer'", []),
        ("state", "abcdefghijk7654321", []),
        ("grant_type", "fifteen-letters", []),
        ("grant_type", "client_credenti", []),
    ],
)
def test_of_a_parameter_the_part_that_nobody_knows_is_hidden(name: str, value: str, hidden: list[str]) -> None:
    assert list(unregistered.values([(name, value)], "", nobody)) == hidden


@pytest.mark.parametrize(
    ("slip", "near"),
    [
        ("authorization_code", True),
        ("autorisation_cod", True),
        ("authorization_code123", True),
        ("authorization_code1234", False),
        ("quthprizstion_vode", False),
    ],
)
def test_three_edits_are_a_slip_and_four_are_another_word(slip: str, near: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert unregistered.is_near(slip, ["authorization_code"]) is near


@pytest.mark.parametrize("path", ["/auth/realms/Cis2-mock-internal-dev/token", "/a-long-word/of-nothing-but-letters"])
def test_the_services_own_paths_are_shown(path: str) -> None:
    assert list(unregistered.in_path(path)) == []


def test_a_known_word_may_be_encoded_once_too_often() -> None:
    value = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"

    assert list(unregistered.values([("grant_type", value)], "", nobody)) == []
