"""What CIS2, NHS login and an API behind the platform answer to sound requests, and what they tell of themselves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from contract_tests import draft
from contract_tests.case import proves, where
from contract_tests.draft import Draft, LazyValue
from contract_tests.jwts import decode
from contract_tests.reach import Ability, Switch, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import HttpRequest

PROVES = ("CIS2 §4", "S")
CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
SOUND: Mapping[str, Any] = {}
REALMS = [
    replace(HEALTHCARE_WORKER, provider="Cis2-mock-internal-dev"),
    replace(PATIENT, provider="NHS-Login-mock-internal-dev"),
]


def _json(target: Target, path: str) -> dict[str, Any]:
    need(target.abilities, Ability.PROVIDERS)
    return target.send(HttpRequest(method="GET", path=path, headers={})).json


@pytest.mark.parametrize("sound", [draft.cis2_token, draft.cis2_asserted])
def test_cis2_answers_a_code_with_tokens_and_a_number_of_seconds(target: Target, sound: Any) -> None:
    """A bearer with a capital letter, and no refresh token."""
    body = sound(target).send().json

    assert {name: body[name] for name in body if not name.endswith("_token")} == {
        "scope": "openid",
        "token_type": "Bearer",
        "expires_in": 3599,
    }
    assert {name for name in body if name.endswith("_token")} == {"access_token", "id_token"}


@proves("NHS login §4", "S")
@where(unless=Switch.STRICT_AUTHORIZE)
@pytest.mark.parametrize("absent", [["state"], ["nonce"], ["state", "nonce"]], ids="-and-".join)
def test_nhs_login_does_without_state_and_nonce(target: Target, absent: list[str]) -> None:
    """A live client sends neither, though both are documented as mandatory."""
    asking = draft.nhs_login_authorize(target)
    for name in absent:
        del asking.asked[name]

    landed = draft.asked_at(target.log_in(asking.build(), PATIENT)[-1])

    assert list(landed) == [name for name in ("code", "state") if name not in absent]


@proves("admin §9", "S")
@pytest.mark.parametrize("person", REALMS, ids=lambda person: person.provider)
@pytest.mark.parametrize("beside", ["eyJ.broken.assertion", "sound"])
def test_a_realm_counts_the_secret_and_no_assertion_beside_it(target: Target, person: Person, beside: str) -> None:
    """The platform's own tutorial sends both; what the client is registered for is looked at."""
    asking = _at_realm(target, person)
    asking.form |= {"client_assertion_type": draft.JWT_BEARER, "client_assertion": beside}
    if beside == "sound":
        asking.assertion = draft.client_credentials(target).assertion
        asking.form["client_assertion"] = LazyValue.ASSERTION

    assert asking.send().status == 200


@proves("admin §9", "S")
@pytest.mark.parametrize("person", REALMS, ids=lambda person: person.provider)
def test_a_client_may_have_another_secret_in_each_realm(target: Target, person: Person) -> None:
    """So that both tutorials of the platform, which share a client id, run side by side."""
    secrets = {"cis2_realm_secret": "of-cis2", "nhs_login_realm_secret": "of-nhs-login"}
    own, other = secrets.values() if person is REALMS[0] else reversed(secrets.values())

    answers = [_at_realm(target, person, secret, secrets).send().status for secret in (other, "contract-secret", own)]

    assert answers == [401, 401, 200]


def _at_realm(
    target: Target, person: Person, secret: Any = LazyValue.CLIENT_SECRET, app: Mapping[str, Any] = SOUND
) -> Draft:
    need(target.abilities, Ability.PROVIDERS, Ability.LOG_INS, Ability.APPS)
    form = {
        "grant_type": "authorization_code",
        "code": target.code(person, target.app(app)),
        "redirect_uri": target.redirect_uri,
        "client_id": LazyValue.CLIENT_ID,
        "client_secret": secret,
    }
    path = f"/realms/{person.provider}/protocol/openid-connect/token"
    return Draft(target=target, path=path, form=form, app=dict(app))


@proves("NHS login §5", "S")
def test_nhs_login_answers_a_code_with_tokens_and_a_number_of_seconds(target: Target) -> None:
    """A bearer in small letters, and a refresh token that is a UUID."""
    answer = draft.nhs_login_token(target).send()

    assert list(answer.json) == ["access_token", "id_token", "scope", "expires_in", "token_type", "refresh_token"]
    assert (answer.json["expires_in"], answer.json["token_type"]) == (300, "bearer")
    assert answer.headers["cache-control"] == "no-store"


@proves("NHS login §5", "D")
def test_nhs_login_rotates_refresh_tokens_and_gives_no_second_id_token(target: Target) -> None:
    """Only the latest is good."""
    sound = draft.nhs_login_refresh(target)

    body = sound.send().json

    assert "id_token" not in body
    assert body["refresh_token"] != sound.form["refresh_token"]


@proves("CIS2 §6", "S")
def test_an_id_token_of_cis2_has_its_claims(target: Target) -> None:
    """A person's number for a subject, an audience that is one text."""
    header, claims = target.id_token_parts(HEALTHCARE_WORKER)

    assert (header["typ"], header["alg"]) == ("JWT", "RS256")
    assert claims["sub"] == HEALTHCARE_WORKER.user
    assert isinstance(claims["aud"], str)
    assert claims["iss"].endswith(CIS2)


@proves("CIS2 §6", "S")
@where(unless=Switch.LEVELS_AS_TEXT)
def test_the_levels_of_cis2_are_numbers(target: Target) -> None:
    """As in a public sample."""
    assert _levels(target) == [3, 3]


@proves("CIS2 §6", "S")
@where(only=Switch.LEVELS_AS_TEXT)
def test_the_levels_of_cis2_may_be_text(target: Target) -> None:
    """As a live client has met them."""
    assert _levels(target) == ["3", "3"]


def _levels(target: Target) -> list[object]:
    _, claims = target.id_token_parts(HEALTHCARE_WORKER)
    return [claims["id_assurance_level"], claims["authentication_assurance_level"]]


@proves("CIS2 §3", "I")
@where(unless=Switch.CIS2_SINGLE_SIGN_ON)
def test_cis2_asks_each_time_who_logs_in(target: Target) -> None:
    """So that the next log-in can be somebody else's."""
    assert _second_visit(target, draft.cis2_authorize, HEALTHCARE_WORKER) == (200, [])


@proves("CIS2 §3", "I")
@where(only=Switch.CIS2_SINGLE_SIGN_ON)
def test_cis2_sends_a_browser_on_that_has_a_session(target: Target) -> None:
    """Without a page."""
    lines = ["code", "scope", "state", "iss", "client_id"]

    assert _second_visit(target, draft.cis2_authorize, HEALTHCARE_WORKER) == (302, lines)


@proves("NHS login §4", "D")
@where(unless=Switch.NHS_LOGIN_SINGLE_SIGN_ON)
def test_nhs_login_asks_each_time_who_logs_in(target: Target) -> None:
    """So that the next log-in can be somebody else's."""
    assert _second_visit(target, draft.nhs_login_authorize, PATIENT) == (200, [])


@proves("NHS login §4", "D")
@where(only=Switch.NHS_LOGIN_SINGLE_SIGN_ON)
def test_nhs_login_sends_a_browser_on_that_has_a_session(target: Target) -> None:
    """Without a page."""
    assert _second_visit(target, draft.nhs_login_authorize, PATIENT) == (302, ["code", "state"])


def _second_visit(target: Target, sound: Callable[[Target], Draft], person: Person) -> tuple[int, list[str]]:
    """Return the status, and what the redirect carries, when a browser comes that has logged in before."""
    _, cookies = target.visit(sound(target).build(), person)
    again = sound(target)
    again.headers["Cookie"] = cookies
    answer = again.send()
    return answer.status, list(draft.asked_at(answer.headers.get("location", "")))


@proves("NHS login §4", "I")
@where(only=Switch.ANY_VECTOR)
@pytest.mark.parametrize("user", ["9912003072", "9912003073"])
def test_nhs_login_may_let_patients_of_any_level_in(target: Target, user: str) -> None:
    """When a request names no vector of trust."""
    asking = draft.nhs_login_authorize(target)
    asking.asked["login_hint"] = user

    assert "code" in draft.asked_at(asking.send().headers["location"])


@proves("NHS login §6", "S")
def test_an_id_token_of_nhs_login_has_its_claims(target: Target) -> None:
    """Its header repeats some of them."""
    header, claims = target.id_token_parts(PATIENT)

    assert (header["typ"], header["alg"], header["sub"]) == ("JWT", "RS512", claims["sub"])
    assert (claims["nhs_number"], claims["identity_proofing_level"]) == (PATIENT.user, "P9")
    assert (claims["vot"], claims["token_use"]) == ("P9.Cp.Cd", "id")
    assert claims["exp"] - claims["iat"] == 3600


@proves("CIS2 §7", "S")
def test_userinfo_of_cis2_names_the_person(target: Target) -> None:
    """By the number that is the subject of the id token."""
    assert draft.cis2_userinfo(target).send().json["nhsid_useruid"] == HEALTHCARE_WORKER.user


@proves("NHS login §7", "D")
def test_userinfo_of_nhs_login_names_client_and_person(target: Target) -> None:
    """Unsigned, and nothing in it is empty."""
    body = draft.nhs_login_userinfo(target).send().json

    assert {"sub", "iss", "aud"} <= set(body)
    assert [name for name, value in body.items() if value in (None, "")] == []


@proves("discovery", "S")
@pytest.mark.parametrize(
    ("path", "token", "alg"),
    [(CIS2, f"{CIS2}/access_token", "RS256"), ("", "/token", "RS512")],
    ids=["cis2", "nhs_login"],
)
def test_discovery_reaches_the_endpoints(target: Target, path: str, token: str, alg: str) -> None:
    """And to a key set whose keys sign as the id tokens are signed."""
    document = _json(target, f"{path}/.well-known/openid-configuration")
    keys = _json(target, document["jwks_uri"].removeprefix(target.origin))["keys"]

    assert document["token_endpoint"] == document["issuer"] + token.removeprefix(path)
    assert document["issuer"] == target.origin + path
    assert alg in document["id_token_signing_alg_values_supported"]
    assert {key["kty"] for key in keys} == {"RSA"}


@proves("CIS2 §8", "D")
def test_a_logout_at_cis2_ends_the_access_token(target: Target) -> None:
    """At userinfo it is no token any more."""
    tokens = draft.cis2_token(target).send().json
    ending = draft.cis2_end_session(target)
    ending.asked["id_token_hint"] = tokens["id_token"]
    ending.send()
    asking = Draft(
        target=target,
        method="GET",
        path=f"{CIS2}/userinfo",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        form={},
    )

    assert asking.send().status == 401
    assert decode(tokens["id_token"])[1]["sub"] == HEALTHCARE_WORKER.user


@proves("§9", "S")
@pytest.mark.parametrize("sound", [draft.hello_user, draft.hello_application])
def test_an_api_behind_the_platform_answers(target: Target, sound: Any) -> None:
    """To a person's token, and to an API key."""
    assert sound(target).send().status == 200


@proves("§8", "S")
def test_the_status_is_reported_to_who_has_the_key(target: Target) -> None:
    """With a check of each provider."""
    answer = draft.status(target).send()

    assert (answer.status, answer.json["status"], list(answer.json["checks"])) == (
        200,
        "pass",
        ["nhs-cis2", "nhs-login"],
    )


@proves("§8", "S")
@pytest.mark.parametrize(("down", "expected"), [(["cis2"], "warn"), (["cis2", "nhs_login"], "fail")])
def test_the_status_shows_of_providers_that_are_down(target: Target, down: list[str], expected: str) -> None:
    """One is a warning, both are a failure."""
    need(target.abilities, Ability.FAULTS)
    sound = draft.status(target)
    with target.fault(on=f"{down[0]}.discovery", do="status", status=503):
        if len(down) == 1:
            answer = sound.send()
        else:
            with target.fault(on=f"{down[1]}.discovery", do="status", status=503):
                answer = sound.send()

    assert answer.json["status"] == expected


@proves("§8", "S")
@pytest.mark.parametrize(
    ("fault", "code", "timeout"),
    [({"do": "status", "status": 502}, 502, "false"), ({"do": "drop"}, None, "true")],
    ids=["answers badly", "does not answer"],
)
def test_the_status_shows_how_a_provider_fails(
    target: Target, fault: dict[str, Any], code: int | None, timeout: str
) -> None:
    """By its own status, or by none and a timeout."""
    need(target.abilities, Ability.FAULTS)
    sound = draft.status(target)
    with target.fault(on="cis2.discovery", **fault):
        checks = sound.send().json["checks"]

    assert (checks["nhs-cis2"]["responseCode"], checks["nhs-cis2"]["timeout"]) == (code, timeout)
    assert (checks["nhs-login"]["responseCode"], checks["nhs-login"]["timeout"]) == (200, "false")
