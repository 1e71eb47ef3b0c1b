"""What the control API says of a value, and how it foresees the service's judgement without changing anything."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.explain.explanation import explain
from mock_servers.mock import Mock

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]
Post = Callable[..., TestResponse]
Ask = Callable[..., dict[str, Any]]

NOW = 1_800_000_000


@pytest.fixture
def ask(control: Control) -> Ask:
    """Explain a value; keywords are further members, `role` is `as`."""

    def reported(value: str, role: str | None = None, **members: Any) -> dict[str, Any]:
        answer = control("POST", "/explain", {"value": value, **({"as": role} if role else {}), **members})
        assert answer.status_code == 200
        return dict(answer.get_json())

    return reported


@pytest.fixture
def got(control: Control) -> Callable[..., str]:
    """Ask a call of the control API for a value and return it."""

    def value(path: str, body: Mapping[str, Any] | None = None, name: str | None = None) -> str:
        answer: dict[str, str] = control("POST", path, body or {}).get_json()
        return answer[name or next(iter(answer))]

    return value


def jwt(claims: str, header: str = '{"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}') -> str:
    """A JWT of these texts, its signature made by nobody."""
    parts = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, "c2lnbmVk"])


def test_an_explanation_has_its_members_in_order(ask: Ask) -> None:
    assert list(ask("x")) == [
        "kind",
        "certainty",
        "seen",
        "value",
        "jwt",
        "verdict",
        "verdicts",
        "issued",
        "elsewhere",
        "findings",
        "exchange",
        "answer",
        "do",
        "why",
        "fine",
        "next",
        "moment",
    ]


def test_a_code_of_a_provider_is_recognised(ask: Ask, got: Callable[..., str], control: Control) -> None:
    code = got("/log-ins", {"user": "656005750104"})
    control("PUT", "/clock", {"advance": 3})

    reported = ask(code)

    assert (reported["kind"], reported["certainty"]) == ("authorization_code", "certain")
    assert reported["seen"] == (
        'It is the authorization code that CIS2 issued 3.0 s ago to client "nhsauth-app", for 656005750104; '
        "it is still unused."
    )
    assert (reported["verdict"]["as"], reported["verdict"]["would_be"]) == ("code", "accepted")
    assert reported["findings"] == []


def test_a_code_that_is_sent_as_subject_token_is_the_founding_mistake(ask: Ask, got: Callable[..., str]) -> None:
    reported = ask(got("/log-ins"), "subject_token")

    assert reported["verdict"]["would_be"] == "refused"
    assert reported["verdict"]["error"] == {
        "status": 400,
        "code": "invalid_request",
        "description": "Malformed JWT in subject_token",
        "rule": "decode_subject_token",
        "evidence": "S",
    }
    assert [(each["id"], each["certainty"]) for each in reported["findings"]] == [("code-as-subject-token", "certain")]


def test_a_sound_client_assertion_would_be_accepted_signature_and_audience_included(
    ask: Ask, got: Callable[..., str]
) -> None:
    reported = ask(got("/client-assertions"))

    assert (reported["kind"], reported["certainty"]) == ("client_assertion", "certain")
    assert reported["verdict"] == {
        "as": "client_assertion",
        "would_be": "accepted",
        "error": None,
        "diagnosis": None,
        "then": [],
        "not_judged": [],
    }


def test_a_jwt_is_taken_apart_with_its_times_in_words(ask: Ask, got: Callable[..., str]) -> None:
    reported = ask(got("/client-assertions", {"claims": {"jti": "j-1", "nbf": NOW - 60}}))

    assert reported["jwt"] == {
        "header": {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"},
        "claims": {
            "iss": "nhsauth-app",
            "sub": "nhsauth-app",
            "aud": "http://127.0.0.1:8080/oauth2/token",
            "jti": "j-1",
            "exp": NOW + 300,
            "nbf": NOW - 60,
        },
        "times": {"exp": "2027-01-15T08:05:00Z, 300 s ahead", "nbf": "2027-01-15T07:59:00Z, 60 s ago"},
        "signature": "512 bytes",
    }


def test_every_mistake_of_an_assertion_is_foreseen_in_the_order_of_the_service(
    ask: Ask, got: Callable[..., str]
) -> None:
    body = {"claims": {"exp": NOW + 3600, "aud": "https://elsewhere.example/"}, "headers": {"alg": "RS256"}}

    verdict = ask(got("/client-assertions", body))["verdict"]

    assert verdict["error"]["rule"] == "check_client_assertion_alg"
    assert verdict["diagnosis"].startswith('The assertion\'s header says alg "RS256"')
    assert [each.partition(" ")[0] for each in verdict["then"]] == ["exp", "aud"]


def test_a_jti_that_was_used_is_foreseen(ask: Ask, got: Callable[..., str], post: Post) -> None:
    assertion = got("/client-assertions")
    post(
        grant_type="client_credentials",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=assertion,
    )

    error = ask(assertion)["verdict"]["error"]

    assert error["description"] == "Non-unique 'jti' claim in client_assertion JWT"


def test_explaining_spends_nothing(ask: Ask, got: Callable[..., str], platform: Mock) -> None:
    token = got("/access-tokens", {"access": "patient"}, "refresh_token")
    values = [got("/client-assertions"), got("/id-tokens"), got("/log-ins"), token]
    before, recorded = platform.store.snapshot(), len(platform.exchanges)

    for value in values * 2:
        for role in (None, "client_assertion", "subject_token", "refresh_token", "code", "access_token", "apikey"):
            ask(value, role)

    assert platform.store.snapshot() == before
    assert len(platform.exchanges) == recorded


def test_an_explained_assertion_is_still_good(ask: Ask, got: Callable[..., str], post: Post) -> None:
    assertion = got("/client-assertions")
    ask(assertion)

    answer = post(
        grant_type="client_credentials",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=assertion,
    )

    assert answer.status_code == 200


def test_a_key_set_elsewhere_is_not_fetched_to_explain(ask: Ask, got: Callable[..., str], control: Control) -> None:
    assertion = got("/client-assertions")
    control("PATCH", "/apps/nhsauth-app", {"jwks_url": "http://127.0.0.1:9/jwks.json"})

    verdict = ask(assertion)["verdict"]

    assert (verdict["would_be"], verdict["error"]) == ("undecided", None)
    assert verdict["not_judged"][0] == "fetch_app_jwks"
    assert "check_client_assertion_signature" in verdict["not_judged"]


def test_a_set_that_the_service_keeps_is_what_it_judges_by(ask: Ask, got: Callable[..., str], control: Control) -> None:
    got("/access-tokens", {"access": "application"})
    control("PATCH", "/apps/nhsauth-app", {"jwks": {"keys": []}})

    kept = ask(got("/client-assertions"))["verdict"]["would_be"]
    control("PATCH", "/apps/nhsauth-app", {"refresh_jwks": True})
    fetched = ask(got("/client-assertions"))["verdict"]["error"]["rule"]

    assert (kept, fetched) == ("accepted", "find_app_jwk")


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_an_id_token_would_be_accepted_as_subject_token(ask: Ask, got: Callable[..., str], provider: str) -> None:
    reported = ask(got("/id-tokens", {"provider": provider}))

    assert (reported["kind"], reported["certainty"]) == ("id_token", "certain")
    assert (reported["verdict"]["as"], reported["verdict"]["would_be"]) == ("subject_token", "accepted")


def test_an_id_token_of_an_unknown_app_leaves_its_scopes_undecided(
    ask: Ask, got: Callable[..., str], control: Control
) -> None:
    control("POST", "/apps", {"client_id": "theirs"})
    token = got("/id-tokens", {"client_id": "theirs"})
    control("DELETE", "/apps/theirs")

    verdict = ask(token)["verdict"]

    assert (verdict["would_be"], verdict["not_judged"]) == ("undecided", ["find_user_scopes"])


def test_an_id_token_whose_level_the_app_does_not_have_is_foreseen(
    ask: Ask, got: Callable[..., str], control: Control
) -> None:
    control("PATCH", "/apps/nhsauth-app", {"scopes": ["urn:nhsd:apim:user-nhs-cis2:aal3:hello-world"]})

    error = ask(got("/id-tokens", {"level": "aal2"}))["verdict"]["error"]

    assert (error["status"], error["code"], error["rule"]) == (401, "unauthorized_client", "find_user_scopes")


def test_an_id_token_of_a_mock_realm_is_judged_where_it_would_be_posted_to(
    ask: Ask, got: Callable[..., str], platform: Mock
) -> None:
    token = got("/id-tokens", {"provider": "Cis2-mock-internal-dev"})

    here = ask(token)["verdict"]
    there = ask(token, token_url=f"{platform.url}/oauth2-mock/token")["verdict"]

    assert (here["error"]["rule"], there["would_be"]) == ("find_provider", "accepted")


def test_an_audience_is_judged_by_the_token_url_that_was_given(ask: Ask, got: Callable[..., str]) -> None:
    error = ask(got("/client-assertions"), token_url="https://elsewhere.example/oauth2/token")["verdict"]["error"]

    assert error["rule"] == "check_client_assertion_aud"


def test_an_id_token_and_an_assertion_that_are_swapped_are_found(ask: Ask, got: Callable[..., str]) -> None:
    reported = ask(got("/id-tokens"), "client_assertion")

    assert [each["id"] for each in reported["findings"]] == ["swapped-tokens"]
    assert reported["verdict"]["would_be"] == "refused"


@pytest.mark.parametrize(("access", "person"), [("application", ""), ("patient", ", for 9912003071")])
def test_an_access_token_would_be_accepted_at_an_api_of_its_kind(
    ask: Ask, got: Callable[..., str], access: str, person: str
) -> None:
    reported = ask(got("/access-tokens", {"access": access}, "access_token"))

    assert reported["seen"] == (
        f'It is the access token that the platform issued 0 ms ago to client "nhsauth-app"{person}; it is still good.'
    )
    assert (reported["verdict"]["as"], reported["verdict"]["would_be"]) == ("access_token", "accepted")


def test_a_refresh_token_would_be_accepted_until_its_session_ends(
    ask: Ask, got: Callable[..., str], control: Control
) -> None:
    token = got("/access-tokens", {"access": "patient"}, "refresh_token")

    before = ask(token)["verdict"]
    control("PUT", "/clock", {"advance": 3600})
    after = ask(token)["verdict"]

    assert (before["would_be"], after["error"]["description"]) == (
        "accepted",
        "refresh token refresh period has expired",
    )


def test_a_refresh_token_that_was_used_is_refused(ask: Ask, got: Callable[..., str], post: Post) -> None:
    token = got("/access-tokens", {"access": "patient"}, "refresh_token")
    post(
        grant_type="refresh_token",
        client_id="nhsauth-app",
        client_secret="nhsauth-secret",
        refresh_token=token,
    )

    reported = ask(token)

    assert reported["seen"].endswith("it was exchanged for a newer one 0 ms ago.")
    assert reported["verdict"]["error"]["rule"] == "find_refresh_token"


def test_an_api_key_that_is_sent_as_bearer_token_is_found(ask: Ask) -> None:
    reported = ask("nhsauth-app", "access_token")

    assert (reported["kind"], reported["certainty"]) == ("api_key", "certain")
    assert [each["id"] for each in reported["findings"]] == ["api-key-as-bearer"]
    assert reported["verdict"]["error"]["description"] == "Invalid Access Token"


def test_an_api_key_is_judged_as_such(ask: Ask, control: Control) -> None:
    sound = ask("nhsauth-app")["verdict"]
    control("PATCH", "/apps/nhsauth-app", {"key_approved": False})
    revoked = ask("nhsauth-app")["verdict"]

    assert (sound["as"], sound["would_be"]) == ("apikey", "accepted")
    assert revoked["error"]["rule"] == "check_api_key_approved"


def test_a_client_secret_has_no_part_to_play(ask: Ask) -> None:
    reported = ask("nhsauth-secret")

    assert (reported["kind"], reported["certainty"], reported["verdict"]) == ("client_secret", "certain", None)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a" * 28, "access_token"),
        ("a" * 32, "refresh_token"),
        ("SplxlOBeZQQYbYS6WxSbIA-_xyz", "authorization_code"),
        ("7f1f7c1e-5d0c-4f0e-9a43-3a5a7f3a1d10", "authorization_code"),
        (".".join(["7f1f7c1e-5d0c-4f0e-9a43-3a5a7f3a1d10"] * 3), "authorization_code"),
        ("a" * 16, "client_secret"),
        ("a1b2c3d4", "authorization_code"),
        ("656005750104", "unknown"),
    ],
)
def test_an_opaque_value_of_somebody_else_is_reported_by_its_looks(ask: Ask, value: str, kind: str) -> None:
    reported = ask(value)

    assert (reported["kind"], reported["certainty"], reported["verdict"]) == (kind, "possible", None)


def test_a_value_that_looks_like_two_things_is_reported_as_both(ask: Ask) -> None:
    assert "an API key, or a refresh token of the platform" in ask("a" * 32)["seen"]


@pytest.mark.parametrize("value", ["undefined", "{{token}}", "${TOKEN}", "<your token>", "[object Promise]"])
def test_a_variable_that_was_not_filled_in_is_reported_as_that(ask: Ask, value: str) -> None:
    reported = ask(value)

    assert (reported["kind"], reported["certainty"]) == ("unknown", "likely")
    assert "a variable that was not filled in" in reported["seen"]


def test_a_value_of_no_known_looks_is_unknown(ask: Ask) -> None:
    assert ask("hello")["kind"] == "unknown"


def test_a_jwt_that_is_cut_off_says_where_it_fails(ask: Ask, got: Callable[..., str]) -> None:
    token = got("/id-tokens")

    reported = ask(token[: token.rindex(".")])

    assert (reported["kind"], reported["certainty"], reported["jwt"]) == ("jwt", "possible", None)
    assert reported["seen"].endswith("it has 2 parts between dots, and a JWT has three.")


def test_a_foreign_jwt_is_reported_by_issuer_and_subject(ask: Ask) -> None:
    reported = ask(jwt('{"iss": "them", "sub": "somebody"}'))

    assert (reported["kind"], reported["certainty"]) == ("jwt", "certain")
    assert reported["seen"] == 'It is a JWT by "them" about "somebody".'


def test_a_jwt_that_pretends_to_be_of_a_provider_is_likely_an_id_token(ask: Ask, platform: Mock) -> None:
    issuer = platform.providers["cis2"].issuer(platform.url)

    reported = ask(jwt(json.dumps({"iss": issuer, "sub": "1"})))

    assert (reported["kind"], reported["certainty"], reported["verdict"]["as"]) == (
        "id_token",
        "likely",
        "subject_token",
    )


def test_a_jwt_of_which_issuer_and_subject_are_one_is_likely_a_client_assertion(ask: Ask) -> None:
    reported = ask(jwt('{"iss": "them", "sub": "them"}'))

    assert (reported["kind"], reported["certainty"], reported["verdict"]["as"]) == (
        "client_assertion",
        "likely",
        "client_assertion",
    )


def test_an_access_token_of_a_provider_has_no_part_to_play(
    ask: Ask, got: Callable[..., str], http: Client, platform: Mock
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": got("/log-ins"),
        "redirect_uri": "http://127.0.0.1:8080/_nhsauth/callback",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    answer = http.post(platform.providers["cis2"].provider.endpoint("token"), data=form, base_url=platform.url)

    reported = ask(answer.get_json()["access_token"])

    assert (reported["kind"], reported["certainty"], reported["verdict"]) == ("access_token", "certain", None)
    assert "that CIS2 issued" in reported["seen"]


def test_a_private_key_is_never_shown_and_warned_of(ask: Ask, control: Control) -> None:
    pem = control("GET", "/apps/nhsauth-app/private-key").get_data(as_text=True)

    reported = ask(pem)

    assert (reported["kind"], reported["verdict"]) == ("private_key", None)
    assert "private-key-sent" in [each["id"] for each in reported["findings"]]
    assert pem.splitlines()[1] not in json.dumps(reported)


def test_a_public_key_is_reported_from_a_private_one(ask: Ask, platform: Mock) -> None:
    pair = platform.apps.key(platform.apps.get("nhsauth-app"))
    assert pair is not None

    reported = ask(pair.public_pem())

    assert reported["kind"] == "pem"
    assert reported["findings"] == [], "the line end behind it is a file's"


@pytest.mark.parametrize("wrapped", ["Bearer {}", "bearer {}\n", ' "{}" ', "'{}'", "\n{}"])
def test_what_stands_around_a_value_is_found_and_looked_through(
    ask: Ask, got: Callable[..., str], wrapped: str
) -> None:
    reported = ask(wrapped.format(got("/id-tokens")))

    assert (reported["kind"], reported["certainty"]) == ("id_token", "certain")
    assert [each["id"] for each in reported["findings"]] == ["wrapped-value"]


def test_a_value_is_never_shown_whole(ask: Ask, got: Callable[..., str]) -> None:
    inner = got("/id-tokens")
    values = [got("/log-ins"), inner, got("/id-tokens", {"claims": {"act": {"sub": inner}}}), "a-secret-of-mine"]

    lines = [json.dumps(ask(value, role)) for value in values for role in (None, "subject_token", "code")]

    assert [(value, text) for value in values for text in lines if value in text] == []


def test_a_message_id_reaches_its_exchange(ask: Ask, post: Post, control: Control) -> None:
    message_id = post(grant_type="password").get_json()["message_id"]

    reported = ask(message_id)

    assert (reported["kind"], reported["certainty"], reported["value"]) == ("message_id", "certain", message_id)
    assert reported["exchange"] == control("GET", f"/exchanges/{message_id}").get_json()


def test_a_message_id_of_another_service_is_not_found(ask: Ask) -> None:
    reported = ask("rrt-1183045613714605707-b-geu2-2173710-114871213-1")

    assert (reported["kind"], reported["certainty"], reported["exchange"]) == ("message_id", "likely", None)


@pytest.mark.parametrize(
    "role", ["client_assertion", "subject_token", "refresh_token", "code", "access_token", "apikey"]
)
@pytest.mark.parametrize("value", ["", "\0", "x", "..", "a.b.c", "\u00e9\U0001f600", "eyJ", "Bearer", "." * 10_000])
def test_every_value_has_a_verdict_for_a_role(ask: Ask, value: str, role: str) -> None:
    assert ask(value, role)["verdict"]["would_be"] == "refused"


@pytest.mark.parametrize("role", ["client_assertion", "subject_token"])
@pytest.mark.parametrize(
    "claim", ["1e400", "1" + "0" * 30, "1" + "0" * 380, '"NaN"', "-1", "true", "[" * 90 + "]" * 90, '{"a": {}}']
)
def test_a_time_that_is_none_spoils_no_explanation(ask: Ask, claim: str, role: str) -> None:
    token = jwt(f'{{"iss": "a", "sub": "a", "jti": "j", "aud": "x", "exp": {claim}, "iat": {claim}}}')

    reported = ask(token, role)

    assert reported["verdict"]["would_be"] == "refused"
    assert "is no time" in reported["jwt"]["times"]["exp"] or claim == "-1"


@pytest.mark.parametrize("depth", [10, 500, 900, 100_000])
def test_a_nested_jwt_spoils_no_explanation(ask: Ask, depth: int) -> None:
    nest = "[" * depth + "]" * depth

    kinds = [ask(jwt(f'{{"iss": {nest}}}'))["kind"], ask(jwt("{}", f'{{"alg": {nest}}}'))["kind"]]

    assert kinds == ["jwt", "jwt"]


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "value"),
        ({"value": 1}, "value"),
        ({"value": "x", "as": "id_token"}, "as"),
        ({"value": "x", "as": ["code"]}, "as"),
        ({"value": "x", "token_url": "/oauth2/token"}, "token_url"),
        ({"value": "x", "token_url": "http://[x/y"}, "token_url"),
        ({"value": "x", "role": "code"}, "role"),
    ],
)
def test_what_cannot_be_explained_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/explain", body)) == (400, "Bad Request", member)


def test_an_unknown_member_is_answered_with_all_known_ones(control: Control) -> None:
    detail = control("POST", "/explain", {"valu": "x"}).get_json()["detail"]

    assert detail == "valu is unknown (did you mean value?); allowed: as, token_url, value"


def test_the_function_shows_what_the_call_shows(platform: Mock, ask: Ask, got: Callable[..., str]) -> None:
    code = got("/log-ins")

    assert explain(platform, code, "subject_token") == ask(code, "subject_token")


def test_the_mistake_behind_a_refusal_is_found_from_what_the_mock_knows(ask: Ask, got: Callable[..., str]) -> None:
    reported = ask(got("/client-assertions", {"claims": {"aud": "http://127.0.0.1:8080/oauth2/token/"}}))

    (finding,) = reported["findings"]
    assert (finding["id"], finding["certainty"], finding["row"]) == ("aud-near-miss", "certain", "§3.23")
    assert "spent" not in finding["cure"]


def test_an_assertion_that_was_sent_before_is_found_in_the_journal(
    ask: Ask, got: Callable[..., str], post: Post
) -> None:
    assertion = got("/client-assertions")
    post(
        grant_type="client_credentials",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=assertion,
    )

    assert [each["id"] for each in ask(assertion)["findings"]] == ["same-assertion-again"]


def test_a_mistake_is_reported_once(ask: Ask, got: Callable[..., str]) -> None:
    ids = [each["id"] for each in ask(got("/log-ins"), "subject_token")["findings"]]

    assert ids == ["code-as-subject-token"]
