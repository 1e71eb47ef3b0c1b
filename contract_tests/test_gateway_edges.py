"""Where the gateway's rules end: values whole, order, edges of quotas and lifetimes, and what a call may look like."""

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from contract_tests.answers import Said, said
from contract_tests.case import proves
from contract_tests.draft import client_credentials, hello_application, hello_user, status, token_exchange
from contract_tests.jwks_host import Page
from contract_tests.reach import Ability, Switch, need
from contract_tests.target import PATIENT, App, Kind, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("gateway §2", "I")

VERSION = {"version": "v1.0.0", "revision": "1", "releaseId": "1", "commitId": "0000000"}
BY_KEY = "urn:nhsd:apim:app:level0:mine"
NO_TOKEN = Said(401, "oauth.v2.InvalidAccessToken", "Invalid access token")
NOT_APPROVED = Said(401, "keymanagement.service.invalid_client-app_not_approved", "ApiKey not approved")
TOO_LOW = "Required scope(s): OauthV2.VerifyAccessToken.scopeSet"
ORDER = ["fault", "faultstring", "detail", "errorcode"]


def _get(target: Target, path: str, method: str = "GET", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return target.send(HttpRequest(method=method, path=path, headers=sent))


def _bearer(target: Target, app: App | None = None, *, person: bool = False) -> str:
    asking = token_exchange(target) if person else client_credentials(target)
    if app is not None:
        asking.assertion.claims |= {"iss": app.client_id, "sub": app.client_id}
    return f"Bearer {asking.send().json['access_token']}"


HELLO = [
    ("/hello-world/hello/world", "World", {}),
    ("/hello-world/hello/application", "Application", {"apikey": "KEY"}),
    ("/hello-world/hello/application", "Application", {"Authorization": "APP"}),
    ("/hello-world/hello/application", "Application", {"Authorization": "APP", "apikey": "nobody"}),
    ("/hello-world/hello/user", "User", {"Authorization": "PERSON"}),
    ("/hello-world/hello/user", "User", {"Authorization": "PERSON", "apikey": "nobody"}),
]


@proves("§9", "S")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("path", "whom", "headers"), HELLO)
def test_hello_world_greets_whole(target: Target, path: str, whom: str, headers: dict[str, str], method: str) -> None:
    """Anybody, an application by key or token, and a person; a token that is sent counts before a key."""
    need(target.abilities, Ability.GATEWAY)
    values = {"KEY": target.app({}).client_id, "APP": _bearer(target), "PERSON": _bearer(target, person=True)}
    answer = _get(target, path, method, **{name: values.get(value, value) for name, value in headers.items()})

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == ({"message": f"Hello {whom}!"} if method == "GET" else {})


@proves("§9 unknown path", "Q")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/hello-world/hello/world"),
        ("GET", "/hello-world/hello/world/"),
        ("GET", "/hello-world/hello"),
        ("DELETE", "/hello-world/hello/user"),
    ],
)
def test_hello_world_is_nowhere_else(target: Target, method: str, path: str) -> None:
    """Neither with another method nor at another path."""
    need(target.abilities, Ability.GATEWAY)
    answer = _get(target, f"{path}?more=1", method)

    assert said(answer) == Said(
        404,
        "messaging.adaptors.http.flow.ApplicationNotFound",
        f"Unable to identify proxy for host: secure and url: {path}",
    )
    assert f"url: {path.replace('/', chr(92) + '/')}" in answer.text, "the slashes are escaped"
    assert list(answer.json) == ORDER[:1]
    assert list(answer.json["fault"]) == ORDER[1:3]
    assert list(answer.json["fault"]["detail"]) == ORDER[3:]


@proves("§9 no token", "Q")
def test_a_call_without_a_token_is_challenged(target: Target) -> None:
    """The header names the fault's code and sentence."""
    need(target.abilities, Ability.GATEWAY)
    answer = _get(target, "/hello-world/hello/user")

    assert answer.headers["www-authenticate"] == (
        'Bearer realm="null",error="invalid_token",'
        'error_description="oauth.v2.InvalidAccessToken: Invalid access token"'
    )


@proves("§9 unknown token", "I")
def test_a_call_with_an_unknown_token_is_challenged_alike(target: Target) -> None:
    """By the code and sentence of that fault."""
    need(target.abilities, Ability.GATEWAY)
    answer = _get(target, "/hello-world/hello/user", Authorization=f"Bearer {'A' * 28}")

    assert answer.headers["www-authenticate"] == (
        'Bearer realm="null",error="invalid_token",'
        'error_description="keymanagement.service.invalid_access_token: Invalid Access Token"'
    )


@proves("gateway §2", "Q")
@pytest.mark.parametrize("path", ["/hello-world/hello/world", "/hello-world/hello/user"])
def test_the_ids_of_a_call_come_back(target: Target, path: str) -> None:
    """As they were sent, on a refusal, too."""
    need(target.abilities, Ability.GATEWAY)
    sent = {"X-Request-ID": str(uuid.uuid4()), "X-Correlation-ID": str(uuid.uuid4())}
    answer = target.send(HttpRequest(method="GET", path=path, headers=sent))

    assert {name: answer.headers.get(name.lower()) for name in sent} == sent


@proves("gateway §2", "Q")
def test_an_answer_at_a_real_name_asks_for_tls_for_a_year(target: Target) -> None:
    """An answer of a mock at another name does not."""
    need(target.abilities, Ability.GATEWAY)
    answer = _get(target, "/hello-world/hello/world")

    expected = "max-age=31536000; includeSubDomains" if target.kind is Kind.ENVIRONMENT else None
    assert answer.json == {"message": "Hello World!"}
    assert answer.headers.get("strict-transport-security") == expected


@proves("gateway §2 scope too low", "D")
def test_an_application_is_greeted_by_its_own_token_alone(target: Target) -> None:
    """A person's token is refused there."""
    need(target.abilities, Ability.GATEWAY)
    status_of = 401 if Switch.SCOPE_STATUS_401 in target.switches else 403

    answer = _get(target, "/hello-world/hello/application", Authorization=_bearer(target, person=True))

    assert said(answer) == Said(status_of, "steps.oauth.v2.InsufficientScope", TOO_LOW)


@pytest.mark.parametrize(
    ("header", "passes"),
    [("bearer {}", True), ("BEARER   {}  ", True), ("Bearer{}", False), ("{}", False), ("Token {}", False)],
)
def test_a_bearer_is_read_as_http_has_it(target: Target, header: str, *, passes: bool) -> None:
    """The case of the scheme does not count, nor do blanks."""
    token = _bearer(target, person=True).removeprefix("Bearer ")

    answer = _get(target, "/hello-world/hello/user", Authorization=header.format(token))

    assert answer.status == 200 if passes else said(answer) == NO_TOKEN


@pytest.mark.parametrize(("age", "expected_status"), [(599, 200), (600, 401)])
@pytest.mark.parametrize("person", [False, True])
def test_a_token_is_good_until_its_last_second(target: Target, age: int, expected_status: int, *, person: bool) -> None:
    """Ten minutes after it was given it is expired."""
    with target.at(target.now() - age):
        bearer = _bearer(target, person=person)
    path = f"/hello-world/hello/{'user' if person else 'application'}"

    assert _get(target, path, Authorization=bearer).status == expected_status


@pytest.mark.parametrize(
    "members",
    [{"approved": False}, {"key_approved": False}, {"developer_active": False}, {"company_active": False}],
    ids=lambda members: next(iter(members)),
)
def test_a_token_is_worth_what_its_app_is_worth(target: Target, members: dict[str, bool]) -> None:
    """And good again when the app is."""
    app = target.new_app({})
    bearer = _bearer(target, app, person=True)
    target.change_app(app, members)
    refused = _get(target, "/hello-world/hello/user", Authorization=bearer)
    target.change_app(app, dict.fromkeys(members, True))

    assert said(refused) == Said(401, "keymanagement.service.invalid_client-app_not_approved", "App not approved")
    assert _get(target, "/hello-world/hello/user", Authorization=bearer).status == 200


def test_a_key_that_is_not_approved_is_reported_before_its_products(target: Target) -> None:
    """Whose key it is, its approval, its products: in this order."""
    key = target.new_app({"approved": False, "subscribed": False}).client_id
    answer = _get(target, "/hello-world/hello/application", apikey=key)

    assert said(answer) == NOT_APPROVED


def test_the_approval_comes_before_the_products_at_an_api_of_a_teams_own_too(target: Target) -> None:
    """Which looks at a key's products by itself."""
    keys = [target.new_app({"subscribed": False, **members}).client_id for members in ({"approved": False}, {})]
    with _own(target) as path:
        answers = [_get(target, f"{path}/own", apikey=key) for key in keys]

    assert said(answers[0]) == NOT_APPROVED
    assert said(answers[1]).error == "oauth.v2.InvalidApiKeyForGivenResource"


def test_an_app_of_another_environment_has_no_key_here(target: Target) -> None:
    """Its key is nobody's."""
    here, elsewhere = target.app({}), target.app({"environments": ["sandbox", "prod"]})
    answers = [_get(target, "/hello-world/hello/application", apikey=app.client_id) for app in (here, elsewhere)]

    assert [answers[0].status, said(answers[1])] == [200, Said(401, "oauth.v2.InvalidApiKey", "Invalid ApiKey")]


@contextmanager
def _own(target: Target, **members: Any) -> Iterator[str]:
    """Put an API behind the gateway for the length of a block, and return its path."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    path = f"/own-{uuid.uuid4()}"
    target.jwks_host.serve("/own", Page(status=203, body=b"a page"))
    with target.api(path=path, **{"upstream": target.jwks_host.url, **members}):
        yield path


def test_an_open_api_looks_at_neither_key_nor_token(target: Target) -> None:
    """And counts nothing."""
    app = target.new_app({"quota_per_minute": 1})
    with _own(target, open=True) as path:
        answers = [
            _get(target, f"{path}/own", **headers).status
            for headers in ({"apikey": "nobody"}, {"Authorization": "Bearer nothing"}, *[{"apikey": app.client_id}] * 2)
        ]

    assert answers == [203] * 4


@pytest.mark.parametrize("scopes", [[], [BY_KEY]], ids=["any", "by key"])
@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_quota_is_spent_request_by_request(target: Target, scopes: list[str], limit: int) -> None:
    """None is no limit; each API, each app and each minute has its own."""
    app = target.new_app({"quota_per_minute": limit})
    other = target.new_app({"quota_per_minute": limit})
    minute = target.now() // 60 * 60
    more = limit + 1

    def reported(path: str, moment: int, key: App, times: int = 1) -> list[int]:
        with target.at(moment):
            return [_get(target, f"{path}/own", apikey=key.client_id).status for _ in range(times)]

    with _own(target, scopes=scopes) as first, _own(target, scopes=scopes) as second:
        spent = reported(first, minute, app, limit) + reported(first, minute + 59, app)
        others = (
            reported(second, minute + 59, app) + reported(first, minute + 59, other) + reported(first, minute + 60, app)
        )

    assert spent == [203] * limit + [203 if limit == 0 else 429], more
    assert others == [203] * 3


@proves("gateway §1", "S")
def test_too_many_calls_are_answered_whole(target: Target) -> None:
    """The answer has the same body as the token service's."""
    app = target.new_app({"quota_per_minute": 1, "name": "A busy app"})
    with _own(target) as path, target.at(target.now() // 60 * 60 + 59):
        _get(target, f"{path}/own", apikey=app.client_id)
        answer = _get(target, f"{path}/own", apikey=app.client_id)
        ends = (target.now() // 60 + 1) * 60_000

    reported = {**answer.json, "message_id": "compared elsewhere"}
    assert (answer.status, answer.headers["content-type"]) == (429, "application/json")
    assert list(reported.items()) == list(
        {
            "message": "Your application, A busy app, has exceeded its quota of 1 requests every 1 minute(s) and is "
            "being rate limited.",
            "scope": "application",
            "policy": "quota",
            "limit": 1,
            "interval": 1,
            "timeunit": "minute",
            "ratelimiting_expiry_time_ms": ends,
            "message_id": "compared elsewhere",
        }.items()
    )


def test_a_refused_call_does_not_spend_the_quota(target: Target) -> None:
    """The key is looked at first."""
    app = target.new_app({"quota_per_minute": 1})
    with _own(target) as path:
        refused = [_get(target, f"{path}/own", Authorization="Bearer nothing", apikey=app.client_id) for _ in range(2)]
        well = _get(target, f"{path}/own", apikey=app.client_id)

    assert [answer.status for answer in (*refused, well)] == [401, 401, 203]


def test_the_api_with_the_longest_path_is_called(target: Target) -> None:
    """Of those that fit, part by part."""
    need(target.abilities, Ability.APIS)
    outer, inner = f"/own-{uuid.uuid4()}", f"/{uuid.uuid4()}"
    for name in ("outer", "inner"):
        target.jwks_host.serve(f"/{name}/own", Page(body=name.encode()))
        target.jwks_host.serve(f"/{name}{inner}x/own", Page(body=name.encode()))
    with (
        target.api(path=outer, upstream=f"{target.jwks_host.url}/outer/", open=True),
        target.api(path=f"{outer}{inner}", upstream=f"{target.jwks_host.url}/inner", open=True),
    ):
        lines = [_get(target, f"{outer}{rest}").text for rest in ("/own", f"{inner}/own", f"{inner}x/own")]

    assert lines == ["outer", "inner", "outer"]


@contextmanager
def _upstream(answer: bytes) -> Iterator[str]:
    """Run a server that takes one connection and sends this, for any request."""

    def serve(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as taken:  # nobody may come
            taken.recv(1 << 16)
            taken.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n"], ids=["nothing", "no HTTP"])
def test_an_api_that_speaks_no_http_is_a_bad_gateway(target: Target, answer: bytes) -> None:
    """In Apigee's words."""
    need(target.abilities, Ability.APIS)
    with _upstream(answer) as url, _own(target, upstream=url, open=True) as path:
        reported = _get(target, f"{path}/own")

    assert said(reported) == Said(502, "messaging.adaptors.http.UnexpectedEOFAtTarget", "Unexpected EOF at target")


CANARY = [
    ("/_ping", "GET", {}, 200, VERSION),
    ("/_ping", "HEAD", {}, 200, {}),
    ("/_ping", "POST", {}, 401, None),
    ("/_status", "GET", {"apikey": "STATUS"}, 200, {"ping": "pong", "status": "pass", "service": "canary"}),
    ("/tweet", "GET", {"Authorization": "APP"}, 200, {"msg": "tweet tweet"}),
]


@proves("admin §6", "D")
@pytest.mark.parametrize(("path", "method", "headers", "expected_status", "body"), CANARY)
def test_the_canary_answers_whole(
    target: Target, path: str, method: str, headers: dict[str, str], expected_status: int, body: dict[str, Any] | None
) -> None:
    """Member by member."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    values = {"STATUS": target.status_key, "APP": _bearer(target)}
    answer = _get(target, f"/canary-api{path}", method, **{name: values[value] for name, value in headers.items()})

    whole = {**body, "_version": VERSION} if body and path == "/_status" else body
    assert answer.status == expected_status
    assert body is None or list(answer.json.items()) == list((whole or {}).items())


@proves("admin §6", "D")
def test_the_canary_greets_with_a_page(target: Target) -> None:
    """For any path and method."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    bearer = _bearer(target)
    answers = [
        _get(target, f"/canary-api{path}", method, Authorization=bearer)
        for path, method in (("/any/where", "GET"), ("", "POST"), ("/tweet", "POST"))
    ]

    assert [(each.status, each.text, each.headers["content-type"].partition(";")[0]) for each in answers] == [
        (200, "Hello user!", "text/html")
    ] * 3


MOCK_JWKS = [
    ("/_ping", {}, 200, "application/json"),
    ("/_status", {"apikey": "STATUS"}, 200, "application/json"),
    ("/status-endpoint-api-key", {"apikey": "KEY"}, 200, "application/text"),
    ("/keycloak-client-credentials", {"apikey": "KEY"}, 200, "application/json"),
    ("/test-auth/app/level0", {"apikey": "KEY"}, 200, "text/plain"),
    ("/_status", {}, 401, "text/plain"),
]


@proves("admin §5", "S")
@pytest.mark.parametrize(("path", "headers", "expected_status", "content_type"), MOCK_JWKS)
def test_mock_jwks_answers_whole(
    target: Target, path: str, headers: dict[str, str], expected_status: int, content_type: str
) -> None:
    """Status, type and body."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    values = {"STATUS": target.status_key, "KEY": target.app({}).client_id}
    answer = _get(target, f"/mock-jwks{path}", **{name: values[value] for name, value in headers.items()})

    lent = {"client_secret": answer.json.get("cis2", {}).get("client_secret")}
    bodies: dict[str, Any] = {
        "/_ping": VERSION,
        "/_status": {"status": "pass"} if expected_status == 200 else {},
        "/keycloak-client-credentials": {
            "cis2": {"client_id": "test-client-cis2", **lent},
            "nhs-login": {"client_id": "test-client-nhs-login", **lent},
        },
    }
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (expected_status, content_type)
    assert answer.json == bodies.get(path, {})
    assert answer.text == {"/status-endpoint-api-key": target.status_key, "/test-auth/app/level0": ""}.get(
        path, answer.text
    )


@proves("admin §5", "S")
@pytest.mark.parametrize(
    ("path", "person"),
    [
        ("app/level3", ""),
        ("nhs-cis2/aal1", "aal1"),
        ("nhs-cis2/aal2", "aal2"),
        ("nhs-cis2/aal3", "aal3"),
        ("nhs-login/P0", "P0"),
        ("nhs-login/P5", "P5"),
        ("nhs-login/P9", "P9"),
    ],
)
def test_mock_jwks_opens_each_level(target: Target, path: str, person: str) -> None:
    """With a token of that level."""
    need(target.abilities, Ability.APIS, Ability.APPS)
    scope = f"urn:nhsd:apim:{path.replace('/', ':') if path.startswith('app') else f'user-{path}'.replace('/', ':')}"
    app = target.new_app({"scopes": [f"{scope}:mock-jwks", "urn:nhsd:apim:app:level3:hello-world"]})
    bearer = _bearer(target, app) if not person else _of_level(target, app, person)

    assert _get(target, f"/mock-jwks/test-auth/{path}", Authorization=bearer).status == 200
    assert _get(target, f"/mock-jwks/test-auth/{path}").status == 401


def _of_level(target: Target, app: App, level: str) -> str:
    if level.startswith("aal"):
        asking = token_exchange(target)
        asking.subject.claims["authentication_assurance_level"] = int(level[-1])
    else:
        asking = token_exchange(target, PATIENT)
        asking.subject.claims["identity_proofing_level"] = level
    asking.assertion.claims |= {"iss": app.client_id, "sub": app.client_id}
    return f"Bearer {asking.send().json['access_token']}"


@proves("§2.1", "S")
def test_the_token_service_shows_its_version(target: Target) -> None:
    """To anybody."""
    answer = _get(target, f"{target.prefix}/_ping")

    assert (answer.status, list(answer.json)) == (200, list(VERSION))
    assert Ability.GATEWAY not in target.abilities or answer.json == VERSION


@proves("§8", "S")
def test_the_status_is_reported_whole(target: Target) -> None:
    """Each check with its link, and what came of it."""
    need(target.abilities, Ability.PROVIDERS, Ability.GATEWAY)
    body = status(target).send().json

    discovery = {
        "nhs-cis2": "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration",
        "nhs-login": "/.well-known/openid-configuration",
    }
    assert list(body.items()) == list(
        {
            "status": "pass",
            **VERSION,
            "checks": {
                name: {
                    "status": "pass",
                    "timeout": "false",
                    "responseCode": 200,
                    "outcome": "OK",
                    "links": {"self": f"{target.origin}{path}"},
                }
                for name, path in discovery.items()
            },
        }.items()
    )


@proves("§2.12", "S")
def test_a_pre_flight_is_answered_whole(target: Target) -> None:
    """With what a browser's script may send."""
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = target.send(HttpRequest(method="OPTIONS", path=f"{target.prefix}/token", headers=headers))

    members = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
    assert (answer.status, answer.text) == (200, "")
    assert members == {
        "access-control-allow-origin": "https://app.example",
        "access-control-allow-headers": "origin, x-requested-with, accept, content-type, authorization",
        "access-control-max-age": "600",
        "access-control-allow-methods": "GET, PUT, POST, DELETE",
    }


def test_a_key_is_read_where_no_token_is(target: Target) -> None:
    """An empty header counts as a token that is missing."""
    need(target.abilities, Ability.GATEWAY)
    sound = hello_application(target)
    sound.headers["Authorization"] = "Bearer "
    person = hello_user(target)
    person.headers = {"apikey": target.app({}).client_id}

    assert (said(sound.send()), said(person.send())) == (NO_TOKEN, NO_TOKEN)
