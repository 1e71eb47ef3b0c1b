"""A person's way through the platform's own log-in: where a browser is sent, what comes back, what the code buys."""

import re
from typing import Any

import pytest

from contract_tests.answers import Said, said
from contract_tests.case import proves
from contract_tests.draft import (
    FORM,
    LOGOUT_EVENT,
    STATE,
    asked_at,
    authorization_code,
    authorize,
    backchannel_logout,
    log_in,
    refresh_of,
    sid_of,
    userinfo,
    userinfo_with,
)
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("§6 browser flow", "S")

PERIOD_OVER = Said(401, "invalid_grant", "refresh token refresh period has expired")
SCOPES = ["urn:nhsd:apim:user-nhs-cis2:aal3:hello-world"]
PEOPLE = [HEALTHCARE_WORKER, PATIENT]
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CORS = {
    "access-control-allow-origin": "https://app.example",
    "access-control-allow-headers": "origin, x-requested-with, accept, content-type, authorization",
    "access-control-max-age": "600",
    "access-control-allow-methods": "GET, PUT, POST, DELETE",
}


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("nhs-cis2", {"scope": "openid nationalrbacaccess", "acr_values": "AAL3_ANY"}),
        ("", {"scope": "openid nationalrbacaccess", "acr_values": "AAL3_ANY"}),
        ("anything", {"scope": "openid nationalrbacaccess", "acr_values": "AAL3_ANY"}),
        ("nhs-login", {"scope": "openid profile"}),
    ],
)
def test_the_scope_picks_the_provider_and_is_not_passed_on(target: Target, scope: str, asked: dict[str, str]) -> None:
    """The platform asks in its own name, for scopes of its own, and for a log-in of the last five minutes."""
    sent = asked_at(authorize(target, scope).send().headers["location"])

    assert {name: sent[name] for name in sent if name not in {"client_id", "state"}} == {
        "redirect_uri": f"{target.origin}/oauth2/callback",
        "response_type": "code",
        "max_age": "300",
        **asked,
    }


@proves("§6 authorize state absent", "S")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": ""}, "error=invalid_request&error_description=state is missing"),
        ({"response_type": ""}, "error=invalid_request&error_description=response_type is missing&state=1"),
        (
            {"response_type": "token"},
            "error=unsupported_response_type&error_description=response_type is invalid&state=1",
        ),
    ],
    ids=["no state", "no response type", "another response type"],
)
def test_an_error_goes_back_with_nothing_but_its_location(
    target: Target, changes: dict[str, str], expected: str
) -> None:
    """The source says a form and has no body; that its blanks arrive as they stand there is inferred."""
    draft = authorize(target)
    draft.asked |= {"state": "1", **changes}

    answer = draft.send()

    assert (answer.status, answer.text, answer.headers["content-type"]) == (302, "", FORM)
    assert answer.headers["location"].replace("%20", " ").replace("+", " ") == f"{target.redirect_uri}?{expected}"


def test_acr_values_are_passed_on_to_cis2(target: Target) -> None:
    """The one parameter that a client decides."""
    draft = authorize(target)
    draft.asked["acr_values"] = "AAL2_OR_AAL3_ANY"

    assert asked_at(draft.send().headers["location"])["acr_values"] == "AAL2_OR_AAL3_ANY"


def test_the_state_at_the_provider_is_the_platforms_own(target: Target) -> None:
    """36 characters, and fresh each time."""
    states = [asked_at(authorize(target).send().headers["location"])["state"] for _ in range(2)]

    assert all(re.fullmatch(UUID, state) for state in states)
    assert states[0] != states[1]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.provider)
def test_a_person_comes_back_with_a_code_and_the_clients_state(target: Target, person: Person) -> None:
    """Nothing else."""
    location = log_in(target, person)[-1]

    assert location.partition("?")[0] == target.redirect_uri
    assert asked_at(location) == {"code": asked_at(location)["code"], "state": STATE}


def test_a_state_is_good_once(target: Target) -> None:
    """The browser's own history cannot log anybody in."""
    *_, callback, _ = log_in(target)
    draft = authorize(target)
    draft.path, draft.asked = "/oauth2/callback", dict(asked_at(callback))

    assert said(draft.send()) == Said(400, "invalid_request", "Invalid state parameter.")


@pytest.mark.parametrize(
    ("before", "after", "gets_a_code"), [(SCOPES, [], True), ([], SCOPES, False)], ids=["taken away", "given"]
)
def test_the_scopes_of_a_log_in_are_those_of_its_beginning(
    target: Target, before: list[str], after: list[str], *, gets_a_code: bool
) -> None:
    """They are kept with the state; what an app is given or loses meanwhile counts for the next log-in."""
    app, beginning = target.new_app({"scopes": before}), authorize(target)
    beginning.asked["client_id"] = app.client_id
    at_the_provider = beginning.send().headers["location"].removeprefix(target.origin)
    target.change_app(app, {"scopes": after})

    stops = target.log_in(HttpRequest(method="GET", path=at_the_provider, headers={}), HEALTHCARE_WORKER)

    assert ("code" in asked_at(stops[-1])) is gets_a_code
    assert gets_a_code or (target.last is not None and said(target.last)[:2] == (401, "unauthorized_client"))


def test_a_wrong_secret_is_counted(target: Target) -> None:
    """The quota stands between the key and the secret."""
    app = target.new_app({"quota_per_minute": 1})
    draft = refresh_of(target, "A" * 32)
    draft.form["client_id"] = app.client_id
    draft.form["client_secret"] = "no-such-secret"
    first = draft.send()
    draft.form["client_secret"] = app.client_secret

    assert [said(first).sentence, draft.send().status] == ["client_id or client_secret is invalid", 429]


@pytest.mark.parametrize("members", [{"approved": False}, {"key_approved": False}], ids=["app", "key"])
def test_an_app_that_may_not_spends_no_quota(target: Target, members: dict[str, Any]) -> None:
    """Its status stands before the quota, where a person begins, and where tokens are asked for."""
    app = target.new_app({"quota_per_minute": 1})
    target.change_app(app, members)
    beginning, refreshing = authorize(target), refresh_of(target, "A" * 32)
    beginning.asked["client_id"] = app.client_id
    refreshing.form |= {"client_id": app.client_id, "client_secret": app.client_secret}

    statuses = [each.send().status for each in (beginning, beginning, refreshing, refreshing)]

    assert statuses == [401] * 4


def test_a_code_is_good_for_five_minutes(target: Target) -> None:
    """Until the last second."""
    with target.at(target.now() - 299):
        draft = authorization_code(target)

    assert draft.send().status == 200


@pytest.mark.parametrize(
    ("person", "lifetime"), [(HEALTHCARE_WORKER, "43199"), (PATIENT, "3599")], ids=["cis2", "nhs_login"]
)
def test_a_refresh_token_lives_as_long_as_the_provider_allows(target: Target, person: Person, lifetime: str) -> None:
    """CIS2 twelve hours, NHS login one, and the answer is one second less."""
    assert authorization_code(target, person).send().json["refresh_token_expires_in"] == lifetime


def test_the_tokens_of_a_code_can_be_refreshed(target: Target) -> None:
    """Like those of an exchange."""
    first = authorization_code(target).send().json

    assert refresh_of(target, first["refresh_token"]).send().json["refresh_count"] == "1"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.provider)
def test_a_session_that_is_shortened_to_nothing_has_no_refresh(target: Target, person: Person) -> None:
    """The case of the service's own test suite: a log-in, its code, and a refresh with no validity left."""
    draft = refresh_of(target, authorization_code(target, person).send().json["refresh_token"])
    draft.form["_refresh_tokens_validity_ms"] = "0"

    assert said(draft.send()) == PERIOD_OVER


def test_a_refresh_that_comes_too_late_for_its_session_spends_the_token(target: Target) -> None:
    """The new token is made before the session's age is looked at, and nobody gets it."""
    draft = refresh_of(target, authorization_code(target).send().json["refresh_token"])
    draft.form["_refresh_tokens_validity_ms"] = "0"
    first = draft.send()
    del draft.form["_refresh_tokens_validity_ms"]

    assert (said(first), said(draft.send())) == (
        PERIOD_OVER,
        Said(401, "invalid_grant", "refresh_token is invalid"),
    )


def test_a_script_may_read_the_answer_unasked(target: Target) -> None:
    """The headers of a preflight come with the tokens of a code."""
    draft = authorization_code(target)
    draft.headers["Origin"] = "https://app.example"

    headers = draft.send().headers

    assert {name: value for name, value in headers.items() if name.startswith("access-control-")} == CORS


def test_userinfo_is_cis2s(target: Target) -> None:
    """As it is, with no member of the platform's own."""
    answer = userinfo(target).send()

    assert (answer.status, answer.json["nhsid_useruid"]) == (200, HEALTHCARE_WORKER.user)
    assert "message_id" not in answer.json


def test_userinfo_goes_on_after_a_refresh(target: Target) -> None:
    """The session keeps it."""
    first = authorization_code(target).send().json
    refreshed = refresh_of(target, first["refresh_token"]).send().json
    draft = userinfo(target)
    draft.headers["Authorization"] = f"Bearer {refreshed['access_token']}"

    assert draft.send().status == 200


def _logged_in(target: Target) -> tuple[str, str]:
    """Return the code of a log-in, and its session at CIS2."""
    stops, cookies = target.visit(authorize(target).build(), HEALTHCARE_WORKER)
    return asked_at(stops[-1])["code"], sid_of(target, cookies, {})


def _log_out(target: Target, sid: str) -> Answer:
    draft = backchannel_logout(target)
    draft.logout.claims["sid"] = sid
    return draft.send()


@proves("§7 sid unknown", "S")
def test_a_logout_before_the_code_is_redeemed_knows_no_session(target: Target) -> None:
    """The session is kept when the tokens are given, so the code lives on."""
    draft = authorization_code(target)
    draft.form["code"], sid = _logged_in(target)

    assert said(_log_out(target, sid)) == Said(501, "not_implemented", "SID not found")
    assert draft.send().status == 200
    assert _log_out(target, sid).json == {"success": True}


@proves("§7", "S")
@pytest.mark.parametrize("value", [None, False, 0, "", []], ids=repr)
def test_the_event_of_a_logout_is_a_name_with_any_value(target: Target, value: object) -> None:
    """It must be a member; nobody looks at what it is."""
    draft = authorization_code(target)
    draft.form["code"], sid = _logged_in(target)
    draft.send()
    ending = backchannel_logout(target)
    ending.logout.claims |= {"sid": sid, "events": {LOGOUT_EVENT: value}, "nonce": None}

    assert ending.send().json == {"success": True}


@proves("§7 keys unreachable", "S")
def test_a_logout_keeps_no_keys_for_the_next_one(target: Target) -> None:
    """Each asks CIS2 for them."""
    need(target.abilities, Ability.FAULTS)
    first = backchannel_logout(target).send()
    with target.fault(on="cis2.jwks", do="status", status=503):
        second = backchannel_logout(target).send()

    assert (first.status, second.status) == (501, 500)


@proves("§7", "I")
def test_a_logout_ends_the_tokens_of_its_session(target: Target) -> None:
    """Its refresh token is refused like one that nobody knows, its access token opens no API, and no userinfo."""
    need(target.abilities, Ability.GATEWAY)
    draft = authorization_code(target)
    draft.form["code"], sid = _logged_in(target)
    tokens = draft.send().json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    calls = [
        HttpRequest(method="GET", path="/hello-world/hello/user", headers=bearer),
        userinfo_with(target, tokens["access_token"]).build(),
    ]
    before = [target.send(call).status for call in calls]

    ended = _log_out(target, sid)
    api, own = [target.send(call) for call in calls]
    refreshed = refresh_of(target, tokens["refresh_token"]).send()

    assert (before, ended.json) == ([200, 200], {"success": True})
    assert said(refreshed) == Said(401, "invalid_grant", "refresh_token is invalid")
    assert said(api) == Said(401, "keymanagement.service.access_token_not_approved", "Access Token not approved")
    assert own.status == 401
