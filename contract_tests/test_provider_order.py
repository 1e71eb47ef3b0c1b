"""Which of two mistakes is answered where both are in one part of a request, which `test_order` cannot combine."""

from typing import Any

import pytest

from contract_tests import draft
from contract_tests.answers import Said, said
from contract_tests.at_provider import (
    CIS2,
    NHS_LOGIN,
    PROVIDERS,
    REALM,
    asking,
    landed,
    logged_in,
    page_says,
    redeemed,
)
from contract_tests.case import where
from contract_tests.draft import STATE
from contract_tests.reach import Switch
from contract_tests.target import HEALTHCARE_WORKER, Target
from contract_tests.wire import HttpRequest

PROVES = ("CIS2 §5", "I")

TOO_LOW = Said(302, "interaction_required", "The request requires some interaction that is not allowed.")
SCOPE_SENT = (
    "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
    "should be supplied to the authorize request."
)
RENEWING = {"grant_types": ["authorization_code", "refresh_token"]}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"scope": "everything"},
            Said(302, "invalid_request", "Missing expected scope=openid from request"),
        ),
        (
            {"scope": "openid everything", "prompt": "never"},
            Said(302, "invalid_scope", "The requested scope is invalid, unknown, or malformed."),
        ),
        (
            {"prompt": "none", "nhsauth_user": HEALTHCARE_WORKER.user},
            Said(302, "login_required", "The request requires login."),
        ),
        (
            {"nhsauth_user": "nobody", "nhsauth_outcome": "cancelled"},
            Said(302, "access_denied", "Resource Owner did not authorize the request"),
        ),
        (
            {"nhsauth_user": "nobody", "nhsauth_outcome": "provider_error"},
            Said(302, "server_error", "Internal Server Error"),
        ),
        ({"nhsauth_user": "656005750110", "nhsauth_outcome": "consent_refused"}, TOO_LOW),
    ],
    ids=["scope", "scope before prompt", "no page", "cancelled", "failed", "level before consent"],
)
def test_cis2_shows_the_first_mistake_of_a_log_in(target: Target, asked: dict[str, Any], expected: Said) -> None:
    """Before it looks who logs in, and then at which level."""
    assert said(asking(target, CIS2, asked).send()) == expected


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"nhsauth_user": "nobody", "nhsauth_outcome": "consent_refused"}, "There is no person with this user id."),
        (
            {"nhsauth_user": "656005750110", "nhsauth_role": "7", "scope": "openid selectedrole"},
            "This person does not have this role.",
        ),
        ({"nhsauth_user": "nobody", "nhsauth_outcome": "happily"}, "A log-in cannot end like this."),
    ],
)
def test_the_page_comes_again_before_the_client_is_reported(
    target: Target, asked: dict[str, Any], sentence: str
) -> None:
    """What a person has mistaken comes before the level and the consent."""
    answer = asking(target, CIS2, asked).send()

    assert (answer.status, page_says(answer, sentence)) == (200, True)


def test_the_level_of_a_session_comes_before_consent(target: Target) -> None:
    """The log-in page could correct neither."""
    cookies = logged_in(target, CIS2, {"acr_values": "AAL2_ANY"}).headers["set-cookie"].partition(";")[0]
    silent = asking(target, CIS2, {"prompt": "none", "nhsauth_outcome": "consent_refused"})
    silent.headers["Cookie"] = cookies

    assert said(silent.send()) == TOO_LOW


def test_a_clients_word_comes_before_the_session_of_the_browser(target: Target) -> None:
    """Where it is not good nobody is logged in."""
    reported = landed(asking(target, NHS_LOGIN, {"asserted_login_identity": "opaque", "prompt": "none"}).send())

    assert reported == {"error": "invalid_request", "state": STATE}


def test_the_audience_comes_before_the_way_that_is_registered(target: Target) -> None:
    """A client that has a secret and signs for the issuer gets the error of the audience."""
    sound = draft.cis2_asserted(target)
    sound.app, sound.form["code"] = {}, target.code(HEALTHCARE_WORKER, target.app({}))
    sound.assertion.claims["aud"] = sound.url.rpartition("/")[0]

    assert said(sound.send()) == Said(400, "invalid_client", "Audience validation failed")


def test_a_code_of_a_realm_that_is_spent_and_old_is_not_valid(target: Target) -> None:
    """That it was spent counts first; one that is only old stays so, however often it is sent."""
    with target.at(target.now() - 120):
        landings = [logged_in(target, REALM, {}) for _ in range(2)]
        well = redeemed(target, REALM, landings[0]).status
    again = said(redeemed(target, REALM, landings[0]))
    old = [said(redeemed(target, REALM, landings[1])) for _ in range(2)]

    assert (well, again) == (200, Said(400, "invalid_grant", "Code not valid"))
    assert old == [Said(400, "invalid_grant", "Code is expired")] * 2


def test_a_refresh_token_of_another_client_is_reported_before_its_age(target: Target) -> None:
    """At CIS2, which has words for both."""
    with target.at(target.now() - 43200):
        old = draft.cis2_refresh(target).form["refresh_token"]
    foreign = draft.cis2_refresh_of(target, old, {**RENEWING, "name": "Another app"}).send()
    own = draft.cis2_refresh_of(target, old, RENEWING).send()

    assert said(foreign) == Said(400, "invalid_request", "Token was issued to a different client")
    assert said(own) == Said(400, "invalid_grant", "grant is invalid")


@pytest.mark.parametrize("name", ["cis2", "nhs_login"])
def test_a_refresh_that_is_refused_spends_nothing(target: Target, name: str) -> None:
    """Neither for its scope, nor for the client's secret."""
    sound = {"cis2": draft.cis2_refresh, "nhs_login": draft.nhs_login_refresh}[name](target)
    sound.form["scope"] = "openid landline nhsperson"
    refused = sound.send()
    del sound.form["scope"]

    assert (refused.status, said(refused).error, sound.send().status) == (400, "invalid_scope", 200)


@where(only=Switch.SCOPE_AT_TOKEN_REFUSED)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"redirect_uri": None}, "Missing parameter, 'redirect_uri'"),
        (
            {"code": "never-issued"},
            SCOPE_SENT,
        ),
    ],
)
def test_where_scopes_are_refused_with_a_code_that_has_its_place(
    target: Target, changes: dict[str, Any], sentence: str
) -> None:
    """Behind what is missing, before the code."""
    sound = draft.cis2_token(target)
    sound.form = {name: value for name, value in {**sound.form, "scope": "openid", **changes}.items() if value}

    assert said(sound.send()) == Said(400, "invalid_request", sentence)


@pytest.mark.parametrize(
    ("scope", "ago", "body", "expected"),
    [
        ("openid", 300, '{"client_user_metadata": "a note"}', Said(401, "invalid_token", "The access token expired")),
        (
            "openid",
            0,
            "no JSON",
            Said(403, "insufficient_scope", "The scope client_metadata is required"),
        ),
        ("openid client_metadata", 0, "no JSON", Said(400, "invalid_request", "Invalid parameter content")),
        ("openid client_metadata", 0, "[" * 3000, Said(400, "invalid_request", "Invalid parameter content")),
    ],
    ids=["expired", "scope", "body", "deep"],
)
def test_a_note_is_judged_last(target: Target, scope: str, ago: int, body: str, expected: Said) -> None:
    """After the token and its scope."""
    with target.at(target.now() - ago):
        token = redeemed(target, NHS_LOGIN, logged_in(target, NHS_LOGIN, {"scope": scope})).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    assert said(target.send(HttpRequest(method="PATCH", path="/userinfo", headers=headers, body=body))) == expected


NOTES = [
    ("cis2", "openid", "{}", Said(405, "method_not_allowed", "Required Method: GET found: PATCH")),
    ("realm", "openid", "{}", Said(403, "insufficient_scope", "Missing scope")),
    ("realm", "openid client_metadata", "{}", Said(400, "invalid_request", "Invalid request")),
]


@pytest.mark.parametrize(("name", "scope", "body", "expected"), NOTES)
def test_a_note_elsewhere_is_refused(target: Target, name: str, scope: str, body: str, expected: Said) -> None:
    """CIS2 keeps none; a mock realm knows the scope, as it knows those of both providers."""
    at = PROVIDERS[name]
    token = redeemed(target, at, logged_in(target, at, {"scope": scope})).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    assert said(target.send(HttpRequest(method="PATCH", path=at.userinfo, headers=headers, body=body))) == expected


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cis2", "Invalid Request, duplicate request parameter found : redirect_uri"),
        ("nhs_login", "A parameter was sent twice."),
    ],
)
def test_a_redirect_uri_that_is_there_twice_comes_before_the_client(target: Target, name: str, sentence: str) -> None:
    """That is missing as well."""
    asked = {"redirect_uri": [target.redirect_uri] * 2, "client_id": None}

    assert page_says(asking(target, PROVIDERS[name], asked).send(), sentence)
