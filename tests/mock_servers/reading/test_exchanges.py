"""A request is read the same from each kind of text, and what cannot be read is refused in one line."""

import base64
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_servers.reading import exchanges
from mock_servers.reading.captured import Captured, CapturedAnswer, UnreadableError

HOST = "int.api.service.nhs.uk"
URL = f"https://{HOST}/oauth2/token"
FORM = {"grant_type": "client_credentials", "client_assertion_type": "urn:ietf:params:oauth", "scope": "a b+c"}
BODY = urlencode(FORM)
CONTENT_TYPE = "application/x-www-form-urlencoded"
ANSWER = '{"error": "invalid_request", "error_description": "grant_type is missing", "message_id": "rrt-1-a"}'
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
AT = 1_800_000_000.0


def known(host: str) -> bool:
    return host == HOST


def one(text: str) -> Captured:
    (found,) = exchanges.read(text, known).exchanges
    return found


def har(**request: Any) -> dict[str, Any]:
    whole = {
        "method": "POST",
        "url": URL,
        "headers": [{"name": ":authority", "value": HOST}, {"name": "content-type", "value": CONTENT_TYPE}],
        "postData": {"mimeType": CONTENT_TYPE, "text": BODY},
        **request,
    }
    content = {"size": 1, "mimeType": "application/json", "text": ANSWER}
    response = {"status": 400, "headers": [{"name": "date", "value": DATE}], "content": content}
    return {"startedDateTime": "2027-01-15T08:00:00.000Z", "request": whole, "response": response}


def har_file(*entries: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}})


RAW = f"POST /oauth2/token HTTP/1.1\r\nHost: {HOST}\r\ncontent-type: {CONTENT_TYPE}\r\n\r\n{BODY}"
RAW_ANSWER = f"HTTP/1.1 400 Bad Request\r\nDate: {DATE}\r\nContent-Type: application/json\r\n\r\n{ANSWER}"
VCR = {
    "interactions": [
        {
            "request": {"body": BODY, "headers": {"content-type": [CONTENT_TYPE]}, "method": "POST", "uri": URL},
            "response": {
                "body": {"string": ANSWER},
                "headers": {"date": [DATE]},
                "status": {"code": 400, "message": "Bad Request"},
            },
        }
    ],
    "version": 1,
}
BETAMAX = {
    "http_interactions": [
        {
            "recorded_at": "2027-01-15T08:00:00",
            "request": {
                "body": {"encoding": "utf-8", "string": BODY},
                "headers": {"content-type": CONTENT_TYPE},
                "method": "POST",
                "uri": URL,
            },
            "response": {
                "body": {"base64_string": base64.b64encode(ANSWER.encode()).decode(), "encoding": "utf-8"},
                "headers": {"date": [DATE]},
                "status": {"code": 400, "message": "Bad Request"},
            },
        }
    ],
    "recorded_with": "betamax/0.9",
}


def yaml_of(document: Any) -> str:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return str(yaml.safe_dump(document))


WITH_ANSWER: dict[str, Callable[[], str]] = {
    "raw HTTP": lambda: f"{RAW}\r\n{RAW_ANSWER}",
    "raw HTTP as it is pasted": lambda: f"\n{RAW}\n\n{RAW_ANSWER}\n".replace("\r\n", "\n"),
    "a HAR file": lambda: har_file(har()),
    "an entry of a HAR file": lambda: json.dumps(har()),
    "a cassette of vcrpy as JSON": lambda: json.dumps(VCR),
    "a cassette of vcrpy as YAML": lambda: yaml_of(VCR),
    "a cassette of betamax": lambda: json.dumps(BETAMAX),
}


@pytest.mark.parametrize("text", WITH_ANSWER.values(), ids=WITH_ANSWER)
def test_each_kind_of_text_gives_the_same_exchange(text: Callable[[], str]) -> None:
    found = one(text())

    assert (found.method, found.url, found.body) == ("POST", URL, BODY.encode())
    assert found.header("Content-Type") == CONTENT_TYPE
    assert found.answer is not None
    assert (found.answer.status, found.answer.body) == (400, ANSWER.encode())
    assert found.answer.header("Date") == DATE


@pytest.mark.parametrize(
    "text", [f"curl {URL} -d '{BODY}'", RAW, RAW.replace("\r\n", "\n"), RAW.replace("POST /", f"POST https://{HOST}/")]
)
def test_without_an_answer_the_request_is_the_same(text: str) -> None:
    found = one(text)

    assert (found.method, found.url, found.body, found.answer) == ("POST", URL, BODY.encode(), None)


@pytest.mark.parametrize("text", [har_file(har()), json.dumps(BETAMAX)])
def test_the_time_is_the_recorders(text: str) -> None:
    assert one(text).at == AT


# raw HTTP


def test_a_request_without_a_version_is_read() -> None:
    assert one(f"POST {URL}\nContent-Type: {CONTENT_TYPE}\n\n{BODY}").body == BODY.encode()


def test_a_body_is_as_long_as_its_header_says() -> None:
    text = f"POST {URL} HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b\r\n\r\n"

    assert one(text).body == b"a=b"


def test_the_chunks_of_an_answer_are_joined() -> None:
    answer = 'HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'

    assert one(f"{RAW}\r\n{answer}").answer == CapturedAnswer(
        status=400, headers=(("Transfer-Encoding", "chunked"),), body=b'{"a":1}'
    )


def test_what_curl_prints_of_itself_is_read_but_for_the_body_that_it_does_not_print() -> None:
    text = f"""* Connected to {HOST}
> POST /oauth2/token HTTP/2
> Host: {HOST}
> content-type: {CONTENT_TYPE}
> Content-Length: 10
>
}} [10 bytes data]
* upload completely sent off: 10 bytes
< HTTP/2 400
< date: {DATE}
<
{ANSWER}
* Connection #0 to host left intact
"""
    found = one(text)

    assert (found.method, found.url) == ("POST", URL)
    assert [gap.words for gap in found.gaps] == ["the body, which curl -v does not print"]
    assert found.answer is not None
    assert (found.answer.status, found.answer.body) == (400, ANSWER.encode())


# HAR


@pytest.mark.parametrize(
    "write", [lambda text: text, lambda text: urlencode({"": text})[1:]], ids=["as they read", "as they were sent"]
)
def test_params_without_a_text_are_written_as_a_form(write: Callable[[str], str]) -> None:
    params = [{"name": name, "value": write(value)} for name, value in FORM.items()]

    assert one(har_file(har(postData={"mimeType": CONTENT_TYPE, "params": params}))).body == BODY.encode()


def test_an_answer_in_base64_is_decoded() -> None:
    entry = har()
    entry["response"]["content"] = {"text": base64.b64encode(ANSWER.encode()).decode(), "encoding": "base64"}

    found = one(har_file(entry))

    assert found.answer is not None
    assert found.answer.body == ANSWER.encode()


def test_a_request_that_got_no_answer_has_none() -> None:
    assert one(har_file({**har(), "response": {"status": 0, "headers": [], "content": {}}})).answer is None


def test_a_body_that_the_file_leaves_out_is_a_gap() -> None:
    found = one(har_file(har(postData={"mimeType": CONTENT_TYPE})))

    assert [gap.words for gap in found.gaps] == ["the body, which the file leaves out"]


def test_entries_of_other_hosts_are_counted() -> None:
    other = har(url="https://example.org/")

    found = exchanges.read(har_file(other, har(), other), known)

    assert (len(found.exchanges), found.others) == (1, 2)


# what is refused

REFUSED = {
    "a HAR file of other hosts": (
        har_file(har(url="https://example.org/a"), har(url="https://example.com/"), har(url="https://example.org/")),
        'No request here is for a host of the platform, CIS2 or NHS login; found: "example.org", "example.com"',
    ),
    "a curl command for another host": (
        "curl https://example.org",
        'No request here is for a host of the platform, CIS2 or NHS login; found: "example.org"',
    ),
    "a curl command for a host that is a variable": (
        "curl https://$HOST/oauth2/token",
        'No request here is for a host of the platform, CIS2 or NHS login; found: "the variable \\"HOST\\""',
    ),
    "a HAR file that is cut off": (
        har_file(har())[:300],
        "The text ends or breaks off as JSON, at line 1; is the file cut off?",
    ),
    "an empty HAR file": (har_file(), "The file holds no exchange"),
    "a HAR file without a list": ('{"log": {"entries": 1}}', "log.entries is 1; allowed: a list of exchanges"),
    "a HAR file of something else": (
        '{"log": {"entries": [{"a": 1}]}}',
        "log.entries[0] has no request with a URL; is the file cut off, or no HAR file?",
    ),
    "headers that are no list": (
        har_file(har(headers={"a": "b"})),
        'log.entries[0] has {"a": "b"} where a list of names and values belongs',
    ),
    "a body that is no base64": (
        har_file(har(postData={"text": "%", "encoding": "base64"})),
        "log.entries[0] has a body that says base64 and is none",
    ),
    "a cassette that is no list": ('{"interactions": 1}', "interactions is 1; allowed: a list of exchanges"),
    "a cassette of something else": (
        '{"interactions": [{"request": {}}]}',
        "interactions[0] has no request with a uri; is the file cut off?",
    ),
    "a cassette with other headers": (
        json.dumps({"interactions": [{"request": {"uri": URL, "headers": 1}}]}),
        "interactions[0] has headers that are 1; allowed: names and their values",
    ),
    "a request without a host": (
        "POST /oauth2/token HTTP/1.1\n\na=b",
        'The request for "/oauth2/token" has no header Host, so nobody knows who got it',
    ),
    "a header that is none": (
        f"POST {URL} HTTP/1.1\nwhat is this\n\n",
        'Among the headers stands "what is this"…, which is none',
    ),
    "bytes": (f"{RAW}\0", "The text has NUL bytes, so it is binary; allowed: a curl command, HTTP, HAR or a cassette"),
    "JSON of something else": (
        '{"a": 1}',
        "The text is no request; allowed: a curl command, HTTP, a HAR file or a cassette",
    ),
    "JSON that is nested too deeply": ('{"log":' + "[" * 100_000, "The text is JSON that is nested too deeply"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        exchanges.read(text, known)

    assert str(refused.value) == message


def test_yaml_that_is_broken_is_refused_with_its_line() -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")

    with pytest.raises(UnreadableError, match="The text is no YAML, line 3"):
        exchanges.read("interactions:\n- request: [\n  }", known)


def test_without_pyyaml_yaml_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(UnreadableError, match="PyYAML reads those: pip install pyyaml"):
        exchanges.read("interactions:\n- request: 1\n", known)


@pytest.mark.parametrize("text", [each() for each in WITH_ANSWER.values()] + [f"curl {URL}", '{"log": {"entr'])
def test_a_request_is_reported_from_a_value(text: str) -> None:
    assert exchanges.is_request(text)


@pytest.mark.parametrize("text", ["eyJhbGciOiJSUzUxMiJ9.e30.", "rrt-1-a", ANSWER, "grant_type is missing", "{"])
def test_a_value_is_reported_from_a_request(text: str) -> None:
    assert not exchanges.is_request(text)


@given(
    st.text()
    | st.sampled_from([RAW, json.dumps(VCR), har_file(har())]).flatmap(
        lambda text: st.integers(0, len(text)).map(lambda end: text[:end])
    )
)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        exchanges.read(text, known)
    except UnreadableError as refused:
        said = str(refused)

    assert "\n" not in said
