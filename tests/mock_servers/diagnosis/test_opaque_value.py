"""Values are distinguished by their form; what is very long is nothing in particular."""

import pytest

from mock_servers.diagnosis.opaque_value import is_path, is_unfilled
from mock_servers.diagnosis.unverified_claims import ASSERTION, described_jwt, is_of_provider
from mock_servers.jose.jwts import Jwt


@pytest.mark.parametrize(("length", "known"), [(100, True), (101, False)])
def test_a_variable_is_not_longer_than_people_write_them(length: int, *, known: bool) -> None:
    assert is_unfilled(f"<{'a' * (length - 2)}>") is known


@pytest.mark.parametrize(
    "expression",
    [
        "@{outputs('Get_token')}",
        "@{body('Parse_JSON')?['access_token']}",
        "@outputs('Get_token')",
        "@body('Parse_JSON')?['access_token']",
        "@variables('token')",
        "${{ secrets.TOKEN }}",
        "${TOKEN:-none}",
        "${TOKEN}",
        "$TOKEN",
        "{{ token }}",
        "{{token}}",
        "{token}",
        "{% token %}",
        "#{token}",
        "$(token)",
        "$(pipeline.token-name)",
        "<token>",
        "<your token>",
        "<%= token %>",
        "%TOKEN%",
    ],
)
def test_an_expression_that_was_not_evaluated_is_unfilled(expression: str) -> None:
    assert is_unfilled(expression)


@pytest.mark.parametrize(
    "text",
    [
        "<jdkVersion>1.5</jdkVersion>",
        "<token/>",
        "<a><b>1</b></a>",
        "</token>",
        "@alice",
        "alice@outputs",
        "Qw8sL2(x)",
        '{"a": 1}',
        "$",
    ],
)
def test_xml_json_and_names_are_not_unfilled(text: str) -> None:
    assert not is_unfilled(text)


@pytest.mark.parametrize(("length", "known"), [(300, True), (301, False)])
def test_a_path_is_not_longer_than_systems_have_them(length: int, *, known: bool) -> None:
    assert is_path(f"/{'a' * (length - 1)}") is known


URL = "https://log-in.example"


@pytest.mark.parametrize(
    ("claims", "what", "of_provider"),
    [
        ({"events": {}}, "a logout token", True),
        ({"events": []}, "", False),
        ({"token_use": "access"}, "NHS login's access token (token_use access)", True),
        ({"token_use": "id"}, "NHS login's id_token (token_use id)", True),
        ({"token_use": "other"}, "", False),
        ({"tokenName": "id_token"}, "CIS2's id_token (tokenName id_token)", True),
        ({"tokenName": "access_token"}, "", False),
        *(
            ({"iss": f"{URL}/realms/a", "typ": typ}, f"a Keycloak token of typ {typ}", True)
            for typ in ("Bearer", "Refresh", "ID")
        ),
        ({"iss": f"{URL}/realms/a", "typ": "JWT"}, "", False),
        ({"iss": URL, "typ": "Bearer"}, "", False),
        ({"iss": "a", "sub": "a"}, ASSERTION, False),
        ({"iss": 5, "sub": 5}, "", False),
        ({"iss": "a", "sub": "b"}, "", False),
        *(
            ({"iss": URL, name: "x"}, "", True)
            for name in ("auth_time", "at_hash", "nonce", "acr", "amr", "azp", "identity_proofing_level", "nhs_number")
        ),
        ({"iss": "http://log-in.example", "nonce": "x"}, "", True),
        ({"iss": "log-in.example", "nonce": "x"}, "", False),
        ({"iss": URL}, "", False),
        ({"nonce": "x"}, "", False),
    ],
)
def test_a_jwt_is_reported_by_what_it_says_of_itself(
    claims: dict[str, object], what: str, *, of_provider: bool
) -> None:
    jwt = Jwt(header={}, claims=claims, signing_input=b"", signature=b"")

    assert (described_jwt(jwt), is_of_provider(jwt)) == (what, of_provider)
