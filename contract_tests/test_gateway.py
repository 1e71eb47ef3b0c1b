"""APIs behind the platform: one of a team's own, and those that the platform has for tests."""

import base64
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from contract_tests.answers import Said, said
from contract_tests.case import proves
from contract_tests.draft import client_credentials, token_exchange
from contract_tests.jwks_host import Page
from contract_tests.reach import Ability, Switch, need
from contract_tests.target import App, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("gateway §2", "I")

LEVEL3, AAL3, BY_KEY = (
    "urn:nhsd:apim:app:level3:mine",
    "urn:nhsd:apim:user-nhs-cis2:aal3:mine",
    "urn:nhsd:apim:app:level0:mine",
)
TOO_LOW = "Required scope(s): OauthV2.VerifyAccessToken.scopeSet"
NO_TOKEN = Said(401, "oauth.v2.InvalidAccessToken", "Invalid access token")


def too_low(target: Target) -> Said:
    """Return what is said of a token whose scopes open nothing; the status is in doubt."""
    status = 401 if Switch.SCOPE_STATUS_401 in target.switches else 403
    return Said(status, "steps.oauth.v2.InsufficientScope", TOO_LOW)


@dataclass(frozen=True, kw_only=True)
class Own:
    """A team's own API, at a path of its own, and an app that may call it."""

    target: Target
    path: str
    app: App
    scopes: Sequence[str]

    def call(self, headers: dict[str, str], rest: str = "/page", method: str = "GET") -> Answer:
        """Call it below its path."""
        return self.target.send(HttpRequest(method=method, path=f"{self.path}{rest}", headers=headers))

    def bearer(self, *, person: bool = False) -> dict[str, str]:
        """Return the header with a token of its app."""
        asking = token_exchange(self.target) if person else client_credentials(self.target)
        asking.assertion.claims |= {"iss": self.app.client_id, "sub": self.app.client_id}
        return {"Authorization": f"Bearer {asking.send().json['access_token']}"}


@pytest.fixture
def own(target: Target, request: pytest.FixtureRequest) -> Iterator[Own]:
    """An API with the members that a test names."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    members = {"upstream": target.jwks_host.url, **getattr(request, "param", {})}
    path = f"/own-{uuid.uuid4()}"
    target.jwks_host.serve("/page", Page(status=203, headers={"X-Own": "1"}, body=b"a page"))
    app = target.new_app({"scopes": [LEVEL3, AAL3, BY_KEY]})
    with target.api(path=path, **members):
        yield Own(target=target, path=path, app=app, scopes=members.get("scopes", ()))


@pytest.mark.parametrize("own", [{"open": True}], indirect=True)
def test_an_open_api_is_called_by_anybody(own: Own) -> None:
    """Its answer comes back unchanged."""
    answer, other = own.call({}), own.call({}, "/elsewhere")

    assert (answer.status, answer.headers["x-own"], answer.text) == (203, "1", "a page")
    assert other.status == 404


@pytest.mark.parametrize(
    "own", [{"scopes": [LEVEL3]}, {"scopes": [AAL3]}, {}], indirect=True, ids=["app", "user", "any"]
)
def test_an_api_is_called_with_a_token_of_its_level(own: Own) -> None:
    """A higher level opens no lower one; without scopes any live token is good."""
    answers = {person: own.call(own.bearer(person=person)) for person in (False, True)}

    refused = too_low(own.target)
    good = [person for person, scope in ((False, LEVEL3), (True, AAL3)) if not own.scopes or scope in own.scopes]
    assert [person for person, answer in answers.items() if answer.status == 203] == good
    assert {said(answer) for person, answer in answers.items() if person not in good} <= {refused}
    assert said(own.call({})) == NO_TOKEN


@pytest.mark.parametrize(
    "own", [{"scopes": [BY_KEY]}, {"scopes": [BY_KEY, LEVEL3]}], indirect=True, ids=["alone", "or"]
)
def test_an_api_may_be_called_with_a_key(own: Own) -> None:
    """Where it takes tokens as well, one that is sent counts."""
    both = LEVEL3 in own.scopes
    good, bad, none = own.call({"apikey": own.app.client_id}), own.call({"apikey": "nobody"}), own.call({})

    assert good.status == 203
    assert said(bad) == Said(401, "oauth.v2.InvalidApiKey", "Invalid ApiKey")
    assert said(none) == (
        NO_TOKEN
        if both
        else Said(
            401,
            "steps.oauth.v2.FailedToResolveAPIKey",
            "Failed to resolve API Key variable request.header.apikey",
        )
    )
    if both:
        assert own.call({**own.bearer(), "apikey": "nobody"}).status == 203


@pytest.mark.parametrize("own", [{"scopes": [BY_KEY]}], indirect=True)
def test_an_app_has_its_quota_at_each_api(own: Own) -> None:
    """Of each minute."""
    own.target.change_app(own.app, {"quota_per_minute": 2})
    answers = [own.call({"apikey": own.app.client_id}) for _ in range(3)]

    assert [answer.status for answer in answers] == [203, 203, 429]
    assert answers[-1].json["message"] == (
        "Your application, Contract tests, has exceeded its quota of 2 requests every 1 minute(s) and is being rate "
        "limited."
    )


def test_an_api_where_nobody_listens_is_unavailable(target: Target) -> None:
    """As Apigee says it."""
    need(target.abilities, Ability.APIS)
    path = f"/own-{uuid.uuid4()}"
    with target.api(path=path, upstream=target.jwks_host.silent_url, open=True):
        answer = target.send(HttpRequest(method="GET", path=f"{path}/page", headers={}))

    assert said(answer) == Said(
        503, "messaging.adaptors.http.flow.ServiceUnavailable", "The Service is temporarily unavailable"
    )


@proves("admin §6", "D")
def test_the_canary_answers_a_live_token(target: Target) -> None:
    """It also returns its version and status for the right key, or for none."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    token = client_credentials(target).send().json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    sent = [("/tweet", bearer), ("/anything", bearer), ("/_ping", {}), ("/_status", {"apikey": target.status_key})]
    tweet, hello, ping, status = (
        target.send(HttpRequest(method="GET", path=f"/canary-api{path}", headers=headers)) for path, headers in sent
    )
    refused = target.send(HttpRequest(method="GET", path="/canary-api/_status", headers={}))

    assert (tweet.status, tweet.json) == (200, {"msg": "tweet tweet"})
    assert (hello.status, hello.text) == (200, "Hello user!")
    assert (ping.status, list(ping.json)) == (200, ["version", "revision", "releaseId", "commitId"])
    assert {name: status.json[name] for name in ("ping", "status", "service")} == {
        "ping": "pong",
        "status": "pass",
        "service": "canary",
    }
    assert (refused.status, refused.text) == (401, "")
    assert said(target.send(HttpRequest(method="GET", path="/canary-api/tweet", headers={}))) == NO_TOKEN


@proves("admin §5", "S")
@pytest.mark.parametrize("text", ["key set", "{}", '{"keys": []}', "a", "ab", "abc"])
def test_mock_jwks_serves_what_is_in_its_path(target: Target, text: str) -> None:
    """In either alphabet of base64, padded or not."""
    need(target.abilities, Ability.APIS)
    digits = base64.urlsafe_b64encode(text.encode()).decode()
    answers = [
        target.send(HttpRequest(method="GET", path=f"/mock-jwks/{each}", headers={}))
        for each in (digits, digits.rstrip("="))
    ]

    assert [(answer.status, answer.text) for answer in answers] == [(200, text), (200, text)]


@proves("admin §5", "S")
def test_mock_jwks_lends_keys_to_who_has_one(target: Target) -> None:
    """The status key, and the platform's clients at the realms."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    key = {"apikey": target.app({}).client_id}
    sent = [("/status-endpoint-api-key", key), ("/keycloak-client-credentials", key), ("/status-endpoint-api-key", {})]
    status, clients, refused = (
        target.send(HttpRequest(method="GET", path=f"/mock-jwks{path}", headers=headers)) for path, headers in sent
    )

    assert (status.status, status.text) == (200, target.status_key)
    assert {name: list(member) for name, member in clients.json.items()} == {
        "cis2": ["client_id", "client_secret"],
        "nhs-login": ["client_id", "client_secret"],
    }
    assert clients.json["cis2"]["client_id"] == "test-client-cis2"
    assert refused.status == 401


@proves("admin §5", "S")
@pytest.mark.parametrize(
    ("path", "person", "opens"),
    [
        ("app/level3", False, True),
        ("app/level3", True, False),
        ("nhs-cis2/aal3", True, True),
        ("nhs-cis2/aal3", False, False),
        ("nhs-cis2/aal2", True, False),
        ("nhs-login/P9", True, False),
    ],
)
def test_mock_jwks_opens_each_scope_by_itself(target: Target, *, path: str, person: bool, opens: bool) -> None:
    """Exactly: a higher level opens no lower one."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    scopes = ["app:level3", "user-nhs-cis2:aal3", "user-nhs-cis2:aal2", "user-nhs-login:P9"]
    app = target.new_app({"scopes": [f"urn:nhsd:apim:{scope}:mock-jwks" for scope in scopes]})
    asking = token_exchange(target) if person else client_credentials(target)
    asking.assertion.claims |= {"iss": app.client_id, "sub": app.client_id}
    bearer = {"Authorization": f"Bearer {asking.send().json['access_token']}"}

    answer = target.send(HttpRequest(method="GET", path=f"/mock-jwks/test-auth/{path}", headers=bearer))

    assert answer.status == 200 if opens else said(answer) == too_low(target)
