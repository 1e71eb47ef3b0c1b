"""People and log-ins through the control API."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

REDIRECT_URI = "http://127.0.0.1:8080/_nhsauth/callback"
WORKER = {"provider": "cis2", "id": "656005750199", "level": "aal2", "claims": {"name": "TEST User"}}


def test_everybody_who_can_log_in_is_listed(control: Control) -> None:
    people = control("GET", "/users").get_json()

    assert list(people[0]) == [
        "provider",
        "id",
        "level",
        "family_name",
        "given_name",
        "birthdate",
        "acts_for",
        "claims",
    ]
    assert [(each["id"], each["level"]) for each in people if each["provider"] == "nhs_login"] == [
        ("9912003071", "P9"),
        ("9912003072", "P5"),
        ("9912003073", "P0"),
        ("9912003101", "P9"),
    ]


def test_a_person_can_be_added(control: Control) -> None:
    answer = control("POST", "/users", WORKER)

    assert answer.status_code == 201
    assert answer.get_json().items() >= WORKER.items()
    assert answer.get_json() in control("GET", "/users").get_json()


def test_a_person_who_was_added_logs_in_with_her_claims(control: Control) -> None:
    control("POST", "/users", WORKER)

    token = control("POST", "/id-tokens", {"user": "656005750199"}).get_json()["id_token"]

    claims = control("POST", "/explain", {"value": token}).get_json()["jwt"]["claims"]
    assert (claims["sub"], claims["name"], claims["authentication_assurance_level"]) == ("656005750199", "TEST User", 2)


def test_an_id_that_is_taken_is_a_conflict(control: Control, refused: Refused) -> None:
    body = {"provider": "cis2", "id": "656005750104", "level": "aal3"}

    assert refused(control("POST", "/users", body)) == (409, "Conflict", "id")


def test_one_id_may_be_at_both_providers(control: Control) -> None:
    body = {"provider": "nhs_login", "id": "656005750104", "level": "P9"}

    assert control("POST", "/users", body).status_code == 201


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"provider": "google"}, "provider"),
        ({"provider": None}, "provider"),
        ({"id": 656005750199}, "id"),
        ({"id": ""}, "id"),
        ({"level": "P9"}, "level"),
        ({"birthdate": "31/01/1980"}, "birthdate"),
        ({"claims": []}, "claims"),
        ({"surname": "X"}, "surname"),
    ],
)
def test_a_member_of_a_person_that_does_not_fit_is_named(
    control: Control, refused: Refused, changes: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/users", {**WORKER, **changes})) == (400, "Bad Request", member)


@pytest.mark.parametrize("name", ["provider", "id", "level"])
def test_a_person_has_a_provider_an_id_and_a_level(control: Control, refused: Refused, name: str) -> None:
    body = {each: value for each, value in WORKER.items() if each != name}

    assert refused(control("POST", "/users", body)) == (400, "Bad Request", name)


def test_a_log_in_gives_a_code_that_the_provider_redeems(control: Control, http: Client, platform: Mock) -> None:
    code = control("POST", "/log-ins", {"user": "656005750104", "nonce": "n-1"}).get_json()["code"]

    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    answer = http.post(platform.providers["cis2"].provider.endpoint("token"), data=form, base_url=platform.url)

    assert answer.status_code == 200
    explained = control("POST", "/explain", {"value": answer.get_json()["id_token"]}).get_json()
    assert (explained["jwt"]["claims"]["sub"], explained["jwt"]["claims"]["nonce"]) == ("656005750104", "n-1")


def test_an_answer_of_a_log_in_is_the_code_alone(control: Control) -> None:
    answer = control("POST", "/log-ins", {})

    assert (answer.status_code, list(answer.get_json())) == (200, ["code"])


@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"])
def test_people_log_in_at_every_provider(control: Control, platform: Mock, provider: str) -> None:
    code = control("POST", "/log-ins", {"provider": provider}).get_json()["code"]

    kept = platform.store.codes.get(code)
    assert kept is not None
    assert kept.log_in.provider == provider


@pytest.mark.parametrize(
    ("provider", "outcome", "expected"),
    [
        ("cis2", "cancelled", ("access_denied", "Resource Owner did not authorize the request")),
        ("cis2", "consent_refused", ("access_denied", "Resource Owner did not authorize the request")),
        (
            "cis2",
            "level_too_low",
            ("interaction_required", "The request requires some interaction that is not allowed."),
        ),
        ("cis2", "provider_error", ("server_error", "Internal Server Error")),
        ("nhs_login", "cancelled", ("access_denied", None)),
        ("nhs_login", "consent_refused", ("access_denied", "ConsentNotGiven")),
        ("nhs_login", "level_too_low", ("interaction_required", None)),
        ("nhs_login", "provider_error", ("server_error", None)),
        ("NHS-Login-mock-internal-dev", "consent_refused", ("access_denied", "User denied consent")),
    ],
)
def test_a_log_in_that_fails_gives_the_error_in_the_providers_words(
    control: Control, provider: str, outcome: str, expected: tuple[str, str | None]
) -> None:
    answer = control("POST", "/log-ins", {"provider": provider, "outcome": outcome})

    assert answer.status_code == 200
    assert answer.get_json() == {"error": expected[0], "error_description": expected[1], "evidence": "I"}


@pytest.mark.parametrize("outcome", ["cancelled", "provider_error"])
def test_a_log_in_that_fails_leaves_no_code(control: Control, platform: Mock, outcome: str) -> None:
    control("POST", "/log-ins", {"outcome": outcome})

    assert platform.store.codes.values() == []


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"provider": "google"}, "provider"),
        ({"user": "1"}, "user"),
        ({"user": "1", "outcome": "cancelled"}, "user"),
        ({"user": "9912003071"}, "user"),
        ({"level": "P9"}, "level"),
        ({"user": "656005750110", "level": "aal3"}, "level"),
        ({"client_id": "nobody"}, "client_id"),
        ({"redirect_uri": "https://evil.example/callback"}, "redirect_uri"),
        ({"redirect_uri": REDIRECT_URI + "/"}, "redirect_uri"),
        ({"redirect_uri": "callback"}, "redirect_uri"),
        ({"outcome": "denied"}, "outcome"),
        ({"nonce": 1}, "nonce"),
        ({"username": "656005750104"}, "username"),
    ],
)
def test_what_a_log_in_cannot_be_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/log-ins", body)) == (400, "Bad Request", member)


def test_an_app_without_redirect_uris_cannot_log_anybody_in(control: Control, refused: Refused) -> None:
    control("POST", "/apps", {"client_id": "theirs"})

    assert refused(control("POST", "/log-ins", {"client_id": "theirs"})) == (400, "Bad Request", "redirect_uri")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/log-ins", {}),
        ("/id-tokens", {}),
        ("/client-assertions", {}),
        ("/access-tokens", {"access": "application"}),
        ("/access-tokens", {"access": "patient"}),
    ],
)
def test_without_any_app_the_client_id_is_at_fault(
    ring: KeyRing, refused: Refused, path: str, body: dict[str, Any]
) -> None:
    platform = Mock(Configuration(apps=()), ring=ring)

    answer = Client(platform).post(f"/_nhsauth{path}", json=body, base_url=platform.url)

    assert refused(answer) == (400, "Bad Request", "client_id")


def test_a_person_can_be_put_in_the_place_of_another(control: Control) -> None:
    answer = control("PUT", "/users/cis2/656005750104", {"level": "aal1"})

    assert (answer.status_code, answer.get_json()["level"]) == (200, "aal1")
    assert [each["level"] for each in control("GET", "/users").get_json() if each["id"] == "656005750104"] == ["aal1"]


def test_a_person_can_be_put_where_nobody_was(control: Control) -> None:
    assert control("PUT", "/users/cis2/656005750199", {"level": "aal1"}).status_code == 201


def test_a_person_who_is_put_keeps_the_id_of_the_path(control: Control, refused: Refused) -> None:
    answer = control("PUT", "/users/cis2/656005750104", {"id": "656005750105", "level": "aal1"})

    assert refused(answer) == (400, "Bad Request", "id")
