"""openapi.json is true to the code: the same calls, and answers that fit it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import Client, TestResponse

from mock_servers.control.app import CALLS, create_app
from mock_servers.control.calls import HTML, Call
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

Control = Callable[..., TestResponse]

BODIES = [call for call in CALLS if call.body]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WRONG: Mapping[str, Any] = {"no such member": 1}


@pytest.fixture(scope="module")
def document(ring: KeyRing) -> dict[str, Any]:
    """The document, as a client of any platform gets it."""
    platform = Mock(ring=ring)
    return dict(Client(platform).get("/_nhsauth/openapi.json", base_url=platform.url).get_json())


def braced(path: str) -> str:
    return re.sub(r"<(?:path:)?(\w+)>", r"{\1}", path)


def operations(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def schemas(found: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield these schemas and those inside them."""
    for schema in found:
        if isinstance(schema, Mapping):
            yield schema
            inside = [schema[name] for name in ("items", "additionalProperties") if name in schema]
            inside += [each for name in ("oneOf", "anyOf", "allOf") for each in schema.get(name, ())]
            yield from schemas([*inside, *schema.get("properties", {}).values()])


def path_of(call: Call, platform: Mock) -> str:
    """The path of a call about things that are there: the ready-made app and people, and what `with_exchange` made."""
    platform.snapshots.put("kept", platform.snapshot(), 0)
    known = {
        "client_id": "nhsauth-app",
        "key": str(platform.exchanges.last.id),
        "provider": "cis2",
        "id": "656005750104",
        "snapshot": "kept",
        "number": "1",
        "path": "kept-api",
        "name": "kept",
    }
    return re.sub(r"<(?:path:)?(\w+)>", lambda match: known[match[1]], call.path)


def misfits(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    checked = Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in checked.iter_errors(value)]


def assert_described(document: Mapping[str, Any], call: Call, answer: TestResponse) -> None:
    responses = operations(document)[call.method, braced(call.path)]["responses"]
    assert str(answer.status_code) in responses
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert answer.get_data() == b""
        assert "Content-Type" not in answer.headers
        return
    described = content[answer.content_type]
    assert [name for name in content if name != HTML] == [answer.content_type] or answer.content_type == HTML
    value = answer.get_json() if "json" in answer.content_type else answer.get_data(as_text=True)
    assert misfits(document, described["schema"], value) == []


@pytest.fixture
def with_exchange(platform: Mock, control: Control) -> Mock:
    """A platform whose journal holds one exchange, and with one fault, one API and one world."""
    control("POST", "/access-tokens", {"access": "application"})
    control("POST", "/faults", {"on": "api", "do": "drop"})
    control("POST", "/apis", {"path": "/kept-api", "upstream": "http://127.0.0.1:9"})
    control("POST", "/worlds", {"name": "kept"})
    return platform


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_it_says_where_the_api_is(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "http://127.0.0.1:8080/_nhsauth"}]


def test_every_route_is_described_and_every_description_is_a_route(document: dict[str, Any], platform: Mock) -> None:
    routes = {
        (method, braced(rule.rule))
        for rule in create_app(platform).url_map.iter_rules()
        for method in rule.methods or ()
        if method != "HEAD"
    }

    assert routes == set(operations(document))


def test_a_change_has_no_defaults(document: dict[str, Any]) -> None:
    body = document["paths"]["/apps/{client_id}"]["patch"]["requestBody"]

    assert "'default'" not in str(body)
    assert body["content"]["application/json"]["schema"]["required"] == []


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]

    assert len(set(names)) == len(names) == len(CALLS)


def test_every_schema_is_referred_to(document: dict[str, Any]) -> None:
    text = str(document)

    assert [name for name in document["components"]["schemas"] if f"#/components/schemas/{name}'" not in text] == []


def test_every_schema_is_written_in_keywords_of_json_schema(document: dict[str, Any]) -> None:
    known = {*Draft202012Validator.VALIDATORS, "default", "deprecated", "description", "examples", "title"}

    used = {keyword for schema in schemas(document["components"]["schemas"].values()) for keyword in schema}
    assert used - known == set()


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    bodies = [
        operation["requestBody"]["content"]["application/json"]
        for operation in operations(document).values()
        if "requestBody" in operation
    ]

    assert len([body for body in bodies if "example" in body]) == len(bodies) > 10
    assert [misfits(document, body["schema"], body["example"]) for body in bodies] == [[]] * len(bodies)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_the_example_of_each_call_is_answered_as_described(
    call: Call, control: Control, document: dict[str, Any], with_exchange: Mock
) -> None:
    body = dict(call.body.example) if call.body else None

    answer = control(call.method, path_of(call, with_exchange), body)

    assert answer.status_code < 300
    assert_described(document, call, answer)


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_wrong_body_is_refused_as_described(
    call: Call, control: Control, document: dict[str, Any], with_exchange: Mock
) -> None:
    answer = control(call.method, path_of(call, with_exchange), WRONG)

    assert answer.status_code == 400
    assert_described(document, call, answer)


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_body_that_the_schema_refuses_is_refused(
    call: Call, control: Control, document: dict[str, Any], with_exchange: Mock
) -> None:
    schema = operations(document)[call.method, braced(call.path)]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    wrong = [{**(call.body.example if call.body else {}), name: [[]]} for name in schema["properties"]]

    statuses = [control(call.method, path_of(call, with_exchange), body).status_code for body in wrong]

    assert [misfits(document, schema, body) == [] for body in wrong] == [False] * len(wrong)
    assert statuses == [400] * len(wrong)


@pytest.mark.parametrize("call", [call for call in CALLS if not call.any_host], ids=lambda call: call.name)
def test_a_foreign_host_is_refused_as_described(
    call: Call, control: Control, document: dict[str, Any], with_exchange: Mock
) -> None:
    answer = control(call.method, path_of(call, with_exchange), headers={"Host": "evil.example"})

    assert answer.status_code == 403
    assert_described(document, call, answer)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if "<" in call.path and call.method != "PUT"], ids=lambda call: call.name
)
def test_what_is_not_there_is_refused_as_described(call: Call, control: Control, document: dict[str, Any]) -> None:
    answer = control(call.method, re.sub(r"<(?:path:)?\w+>", "nobody", call.path), {} if call.body else None)

    assert answer.status_code == 404
    assert_described(document, call, answer)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("createApp", {"client_id": "nhsauth-app"}),
        ("createUser", {"provider": "cis2", "id": "656005750104", "level": "aal3"}),
        ("getAccessToken", {"access": "application"}),
    ],
)
def test_a_conflict_is_refused_as_described(
    name: str, body: Mapping[str, Any], control: Control, document: dict[str, Any]
) -> None:
    control("PATCH", "/apps/nhsauth-app", {"approved": False})
    call = next(call for call in CALLS if call.name == name)

    answer = control(call.method, call.path, body)

    assert answer.status_code == 409
    assert_described(document, call, answer)


@pytest.mark.parametrize("outcome", ["ok", "cancelled", "consent_refused", "level_too_low", "provider_error"])
@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_each_outcome_of_a_log_in_is_described(
    outcome: str, provider: str, control: Control, document: dict[str, Any]
) -> None:
    call = next(call for call in CALLS if call.name == "logIn")

    answer = control("POST", "/log-ins", {"provider": provider, "outcome": outcome})

    assert_described(document, call, answer)


@pytest.mark.parametrize("access", ["healthcare_worker", "patient", "application"])
def test_each_kind_of_token_answer_is_described(access: str, control: Control, document: dict[str, Any]) -> None:
    call = next(call for call in CALLS if call.name == "getAccessToken")

    answer = control("POST", "/access-tokens", {"access": access})

    assert_described(document, call, answer)


def test_each_kind_of_explanation_is_described(
    control: Control, document: dict[str, Any], http: Client, platform: Mock
) -> None:
    call = next(call for call in CALLS if call.name == "explain")
    body = control("POST", "/access-tokens", {"access": "patient"}).get_json()
    refused = http.post("/oauth2/token", data={"grant_type": "password"}, base_url=platform.url).get_json()
    values = [
        *body.values(),
        control("POST", "/id-tokens", {}).get_json()["id_token"],
        control("POST", "/client-assertions", {"without": ["aud"]}).get_json()["client_assertion"],
        control("POST", "/log-ins", {}).get_json()["code"],
        control("GET", "/apps/nhsauth-app/private-key").get_data(as_text=True),
        refused["message_id"],
        "nhsauth-app",
        "nhsauth-secret",
    ]

    for value in values:
        assert_described(document, call, control("POST", "/explain", {"value": value}))


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Call, dict[str, Any]]:
    """A call and a body for it: its example, some members of which are anything at all."""
    call = draw(st.sampled_from(BODIES))
    assert call.body is not None
    names = st.sampled_from(sorted(call.body.schema()["properties"])) | st.text(max_size=3)
    return call, {**call.body.example, **draw(st.dictionaries(names, JSON, max_size=3))}


@pytest.mark.slow
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=bodies())
def test_the_answer_to_any_request_is_described(
    drawn: tuple[Call, dict[str, Any]], document: dict[str, Any], control: Control
) -> None:
    call, body = drawn
    control("POST", "/reset")

    path = call.path.replace("<path:client_id>", "nhsauth-app").replace("<provider>/<id>", "cis2/656005750104")
    answer = control(call.method, path, body)

    assert_described(document, call, answer)


def test_a_refused_exchange_is_described(control: Control, document: dict[str, Any], http: Client) -> None:
    call = next(call for call in CALLS if call.name == "listExchanges")
    http.post("/oauth2/token", data={"grant_type": "password"})
    http.get("/hello-world/hello/user")

    assert_described(document, call, control("GET", "/exchanges"))


@pytest.mark.parametrize(
    "query", ["/exchanges?refused=null", "/exchanges?before=x", "/errors?from=0", "/errors?from=1000000"]
)
def test_a_parameter_of_a_page_is_judged_for_programs_too(control: Control, query: str) -> None:
    assert control("GET", query).status_code == 400


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_body_may_be_left_out_where_the_document_says_so(
    call: Call, control: Control, document: dict[str, Any], with_exchange: Mock
) -> None:
    described = operations(document)[call.method, braced(call.path)]["requestBody"]

    assert described["required"] is bool(described["content"]["application/json"]["schema"]["required"])
    if described["required"]:
        assert control(call.method, path_of(call, with_exchange)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/apps", {"jwks": {"keys": []}, "jwks_url": "https://a/b"}),
        ("PATCH", "/apps/{client_id}", {"jwks": {"keys": []}, "jwks_url": "https://a/b"}),
        ("PUT", "/clock", {"now": 1, "advance": 1}),
        ("PUT", "/clock", {}),
        ("PUT", "/clock", {"now": None, "frozen": None}),
        (
            "POST",
            "/apis",
            {"path": "/a", "upstream": "http://a", "open": True, "scopes": ["urn:nhsd:apim:app:level3:a"]},
        ),
    ],
)
def test_members_that_exclude_each_other_are_described(
    method: str, path: str, body: dict[str, Any], control: Control, document: dict[str, Any]
) -> None:
    schema = operations(document)[method, path]["requestBody"]["content"]["application/json"]["schema"]

    answer = control(method, path.format(client_id="nhsauth-app"), body)

    assert answer.status_code == 400
    assert misfits(document, schema, body) != []
