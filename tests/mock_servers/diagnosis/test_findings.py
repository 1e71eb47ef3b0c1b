"""Values that the mock issued are recognised in the wrong place, and what would fail next is reported."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.finding import Finding
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration
from mock_servers.state.grant import Issued

REDIRECT = "http://127.0.0.1:8080/_nhsauth/callback"
WANTED = LogInRequest(client_id="nhsauth-app")

Ask = Callable[..., TestResponse]


def only_finding(platform: Mock) -> Finding:
    (finding,) = platform.exchanges.last.findings
    return finding


def cis2_tokens(platform: Mock, http: Client) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code("cis2", WANTED, REDIRECT),
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    path = platform.providers["cis2"].provider.endpoint("token")
    members: dict[str, Any] = http.post(path, data=form, base_url=platform.url).get_json()
    return members


def test_a_code_as_subject_token_is_named_with_its_issuer_age_and_state(platform: Mock, token_exchange: Ask) -> None:
    code = platform.issue_code("cis2", WANTED, REDIRECT)
    platform.clock.advance(2.1)

    answer = token_exchange(subject_token=code)

    finding = only_finding(platform)
    assert answer.get_json()["error_description"] == "Malformed JWT in subject_token"
    assert (finding.id, finding.certainty) == ("code-as-subject-token", "certain")
    assert finding.seen == (
        'subject_token is the authorization code that CIS2 issued 2.1 s ago to client "nhsauth-app", for 656005750104; '
        "it is still unused."
    )
    assert f"{platform.url}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token" in finding.cure
    assert "send the id_token" in finding.cure


def test_a_spent_code_is_reported_from_an_unused_one(platform: Mock, http: Client, token_exchange: Ask) -> None:
    code = platform.issue_code("cis2", WANTED, REDIRECT)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
    http.post(platform.providers["cis2"].provider.endpoint("token"), data={**form, **secret})
    platform.clock.advance(5)

    token_exchange(subject_token=code)

    assert "it was used 5.0 s ago" in only_finding(platform).seen


def test_an_expired_code_is_reported(platform: Mock, token_exchange: Ask) -> None:
    code = platform.issue_code("cis2", WANTED, REDIRECT)
    platform.clock.advance(180)

    token_exchange(subject_token=code)

    assert "it expired 60 s ago" in only_finding(platform).seen


@pytest.mark.parametrize(("age", "state"), [(120, "it expired 0 ms ago"), (119, "it is still unused")])
def test_a_code_expires_as_soon_as_its_time_is_over(
    platform: Mock, token_exchange: Ask, age: float, state: str
) -> None:
    code = platform.issue_code("cis2", WANTED, REDIRECT)
    platform.clock.advance(age)

    token_exchange(subject_token=code)

    assert state in only_finding(platform).seen


def test_what_was_used_or_revoked_at_this_moment_is_reported(platform: Mock, post: Ask, token_exchange: Ask) -> None:
    tokens = token_exchange().get_json()
    token = platform.store.access_tokens.get(tokens["access_token"])
    assert token is not None
    platform.store.access_tokens.put(tokens["access_token"], replace(token, revoked_at=platform.clock.now()))
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
    post(grant_type="refresh_token", refresh_token=tokens["refresh_token"], **secret)
    lines = []
    for name in ("access_token", "refresh_token"):
        token_exchange(subject_token=tokens[name])
        lines.append(only_finding(platform).seen)

    assert "it was revoked 0 ms ago" in lines[0]
    assert "it was exchanged for a newer one 0 ms ago" in lines[1]


def test_an_access_token_of_cis2_as_subject_token_is_named(platform: Mock, http: Client, token_exchange: Ask) -> None:
    token = cis2_tokens(platform, http)["access_token"]

    token_exchange(subject_token=token)

    assert "the access token that CIS2 issued" in only_finding(platform).seen
    assert only_finding(platform).cause == (
        "An access token of CIS2 works only at CIS2's own userinfo. The platform issues its own."
    )


@pytest.mark.parametrize(
    ("member", "use"), [("access_token", "calling an API"), ("refresh_token", "getting the next access token")]
)
def test_a_token_of_the_platform_as_subject_token_is_named(
    platform: Mock, token_exchange: Ask, member: str, use: str
) -> None:
    token = token_exchange().get_json()[member]

    token_exchange(subject_token=token)

    kind = member.replace("_", " ")
    assert f"the {kind} that the platform issued" in only_finding(platform).seen
    assert only_finding(platform).cause in (f"This is {a} {kind}. It is only for {use}." for a in ("a", "an"))


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("subject_token", "This is an authorization code. Exchange it for an id_token first, and send that."),
        ("client_assertion", "This is an authorization code. It is only for getting tokens."),
    ],
)
def test_what_a_code_must_become_first_is_reported_where_an_id_token_belongs(
    platform: Mock, token_exchange: Ask, name: str, cause: str
) -> None:
    token_exchange(**{name: platform.issue_code("cis2", WANTED, REDIRECT)})

    assert only_finding(platform).cause == cause


def test_a_token_that_was_revoked_is_reported(platform: Mock, token_exchange: Ask) -> None:
    value = token_exchange().get_json()["access_token"]
    token = platform.store.access_tokens.get(value)
    assert token is not None
    platform.store.access_tokens.put(value, replace(token, revoked_at=platform.clock.now()))
    platform.clock.advance(5)

    token_exchange(subject_token=value)

    assert "it was revoked 5.0 s ago" in only_finding(platform).seen


def test_a_refresh_token_that_was_rotated_is_reported(platform: Mock, post: Ask, token_exchange: Ask) -> None:
    value = token_exchange().get_json()["refresh_token"]
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
    post(grant_type="refresh_token", refresh_token=value, **secret)
    platform.clock.advance(5)

    token_exchange(subject_token=value)

    assert "it was exchanged for a newer one 5.0 s ago" in only_finding(platform).seen


@pytest.mark.parametrize(("value", "kind"), [("nhsauth-app", "API key"), ("nhsauth-secret", "client secret")])
def test_an_apps_key_or_secret_as_subject_token_is_named(
    platform: Mock, token_exchange: Ask, value: str, kind: str
) -> None:
    token_exchange(subject_token=value)

    assert only_finding(platform).seen == f'subject_token is the {kind} of app "nhsauth-app".'


def test_swapped_tokens_are_both_named(platform: Mock, token_exchange: Ask) -> None:
    answer = token_exchange(
        client_assertion=platform.id_token("cis2", WANTED), subject_token=platform.client_assertion("nhsauth-app")
    )

    assert answer.status_code == 400
    finding = platform.exchanges.last.findings[0]
    assert finding.id == "swapped-tokens"
    assert "client_assertion is the id_token that CIS2 issued" in finding.seen
    assert "subject_token is the client assertion that the mock issued" in finding.seen


def test_a_providers_token_at_an_api_is_named(platform: Mock, http: Client) -> None:
    token = cis2_tokens(platform, http)["access_token"]

    http.get("/hello-world/hello/user", headers={"Authorization": f"Bearer {token}"})

    assert only_finding(platform).id == "provider-token-at-api"
    assert "the access token that CIS2 issued" in only_finding(platform).seen


def test_an_api_key_as_bearer_token_is_named(platform: Mock, http: Client) -> None:
    http.get("/hello-world/hello/user", headers={"Authorization": "Bearer nhsauth-app"})

    assert only_finding(platform).id == "api-key-as-bearer"


def test_a_value_in_its_place_is_not_finding(platform: Mock, token_exchange: Ask) -> None:
    token_exchange(grant_type="client_credentials")

    assert platform.exchanges.last.error == "invalid_request"
    assert [finding.id for finding in platform.exchanges.last.findings] == ["grant-type"]


def test_a_success_has_no_finding(platform: Mock, token_exchange: Ask) -> None:
    token_exchange()

    assert platform.exchanges.last.findings == ()
    assert platform.exchanges.last.advice == ()


def test_what_would_fail_next_is_reported_in_order(platform: Mock, client_credentials: Ask) -> None:
    alterations = Alterations(headers={"alg": "RS256"}, claims={"jti": 5}, without=["header.typ"])
    assertion = platform.client_assertion("nhsauth-app", alterations=alterations)

    client_credentials(client_assertion=assertion)

    then = platform.exchanges.last.examination().then
    assert "alg" in (platform.exchanges.last.diagnosis or "")
    assert [line.partition(" ")[0] for line in then] == ["The", "jti"]
    assert "typ" in then[0]


def test_foreseeing_spends_nothing(platform: Mock, client_credentials: Ask) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(headers={"alg": "RS256"}))
    client_credentials(client_assertion=assertion)

    platform.exchanges.last.examination()

    assert platform.store.jtis.values() == []


def test_no_explanation_is_worked_out_before_it_is_read(
    platform: Mock, token_exchange: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    look_up = platform.store.issued.get

    def noted(key: str) -> Issued | None:
        asked.append(key)
        return look_up(key)

    monkeypatch.setattr(platform.store.issued, "get", noted)

    answer = token_exchange(subject_token="opaque")
    before = len(asked)
    _ = platform.exchanges.last.findings

    assert answer.status_code == 400
    assert (before, len(asked) > 0) == (0, True)


def test_without_diagnosis_the_answers_are_the_same_and_nothing_is_reported(ring: KeyRing) -> None:
    silent = Mock(Configuration(diagnosis=False), ring=ring)

    answer = Client(silent).post("/oauth2/token", data={"grant_type": "password"})

    record = silent.exchanges.last
    assert answer.get_json()["error_description"] == "grant_type is invalid"
    assert (record.diagnosis, record.findings, record.examination().then) == (None, (), ())


def test_a_charset_suffix_passes_with_advice(platform: Mock, http: Client) -> None:
    form = (
        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        f"&client_assertion={platform.client_assertion('nhsauth-app')}"
    )

    answer = http.post(
        "/oauth2/token",
        data=form,
        base_url=platform.url,
        content_type="application/x-www-form-urlencoded; charset=utf-8",
    )

    (advice,) = platform.exchanges.last.advice
    assert answer.status_code == 200
    assert "charset=utf-8" in advice


def test_an_id_token_got_under_another_name_of_the_mock_passes_with_advice(
    platform: Mock, http: Client, token_exchange: Ask
) -> None:
    http.get("/oauth2/_ping", base_url="http://mock:8080")
    token = platform.id_token("cis2", WANTED, base="http://mock:8080")

    answer = token_exchange(subject_token=token)

    (advice,) = platform.exchanges.last.advice
    assert answer.status_code == 200
    assert "http://mock:8080" in advice


def test_a_published_private_key_passes_with_loud_advice(platform: Mock, client_credentials: Ask) -> None:
    (public,) = platform.apps.jwks(platform.apps.get("nhsauth-app"))["keys"]
    published = json.dumps({"keys": [{**public, "d": "AQAB"}]}).encode()
    object.__setattr__(platform.token_services[0], "fetch", lambda _: published)

    answer = client_credentials()

    (advice,) = platform.exchanges.last.advice
    assert answer.status_code == 200
    assert "PRIVATE" in advice


def test_the_mock_itself_serves_no_private_member(platform: Mock, http: Client) -> None:
    (public,) = platform.apps.jwks(platform.apps.get("nhsauth-app"))["keys"]
    private = dict.fromkeys(("d", "p", "q", "dp", "dq", "qi", "oth", "k"), "AQAB")
    platform.apps.change("nhsauth-app", jwks={"keys": [{**public, **private}]})

    served = http.get("/_nhsauth/apps/nhsauth-app/jwks").get_json()

    assert served == {"keys": [public]}


def test_a_record_names_the_client_that_its_assertion_proved(platform: Mock, client_credentials: Ask) -> None:
    client_credentials()

    assert platform.exchanges.last.client_id == "nhsauth-app"


def test_a_record_names_the_client_of_the_form_when_none_was_recognised(platform: Mock, post: Ask) -> None:
    post(grant_type="refresh_token", client_id="stranger")

    assert platform.exchanges.last.client_id == "stranger"
