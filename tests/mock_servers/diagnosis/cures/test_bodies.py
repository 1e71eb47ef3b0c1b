"""A body that no form is, and parameters under other names, are sent anew as the cure says."""

import gzip
import json
from urllib.parse import quote_plus, urlencode

import pytest

from tests.mock_servers.diagnosis.cures.bench import ASSERTION_TYPE, FORMS, Bench, followed, raw


@pytest.mark.parametrize("kind", FORMS)
def test_a_multipart_body(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    answer = raw(bench, b"--x\r\n", url, content_type="multipart/form-data; boundary=x")

    assert answer.status_code in (400, 415)
    bench.assert_finding("files={…}", "URLSearchParams", id="multipart-body")
    assert bench.post(url, form(bench)).status_code == 200


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("expected", [True, False])
def test_a_compressed_body(bench: Bench, kind: str, *, expected: bool) -> None:
    url, form = FORMS[kind]
    headers = {"Content_Encoding": "gzip"} if expected else {}

    answer = raw(bench, gzip.compress(urlencode(form(bench)).encode()), url, **headers)

    assert answer.status_code == 400
    bench.assert_finding("The body is compressed", "uncompressed", id="compressed-body")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_a_whole_form_that_was_encoded_twice(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    answer = raw(bench, quote_plus(urlencode(form(bench))).encode(), url)

    assert answer.status_code == 400
    bench.assert_finding("Encode once", id="encoded-twice")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(("by", "words"), [("\n", '"\\n"'), ("\r\n", '"\\r\\n"'), ("; ", '"; "'), (",", '","')])
def test_parameters_that_are_joined_by_something_else(bench: Bench, kind: str, by: str, words: str) -> None:
    url, form = FORMS[kind]
    body = by.join(f"{name}={value}" for name, value in form(bench).items())

    answer = raw(bench, body.encode(), url)

    assert answer.status_code in (400, 401)
    bench.assert_finding(f"between them is {words}", "Join the parameters by &", id="parameters-joined")
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["parameters-joined"]
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("kind", "name", "sent"),
    [
        ("client_credentials", "client_assertion", "assertion"),
        ("client_credentials", "client_assertion", "clientAssertion"),
        ("client_credentials", "grant_type", "grantType"),
        ("client_credentials", "client_assertion_type", "client-assertion-type"),
        ("token_exchange", "subject_token", "subjectToken"),
        ("token_exchange", "subject_token_type", "subjectTokenType"),
        ("refresh", "refresh_token", "refreshToken"),
        ("refresh", "client_secret", "clientSecret"),
        ("code", "redirect_uri", "redirectUri"),
        ("code", "client_id", "clientId"),
        ("cis2", "grant_type", "GRANT_TYPE"),
        ("cis2", "redirect_uri", "redirectUri"),
    ],
)
def test_a_parameter_under_another_name(bench: Bench, kind: str, name: str, sent: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    answer = bench.post(url, {sent if each == name else each: value for each, value in good.items()})

    assert answer.status_code in (400, 401)
    bench.assert_finding(f'The form has "{sent}", and no {name}', f"Call it {name}.", id="parameter-name")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (None, "no client_assertion_type"),
        (ASSERTION_TYPE.replace(":", "%3A"), "encoded twice"),
        (f" {ASSERTION_TYPE}", "white space"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "the URN of a grant type"),
        ("jwt-bearer", "character by character"),
    ],
)
@pytest.mark.parametrize("kind", ["client_credentials", "token_exchange"])
def test_the_type_of_an_assertion(bench: Bench, kind: str, sent: str | None, words: str) -> None:
    url, form = FORMS[kind]
    changed = {**form(bench), "client_assertion_type": sent}

    answer = bench.post(url, {name: value for name, value in changed.items() if value is not None})

    assert answer.status_code == 400
    bench.assert_finding(words, f"Send client_assertion_type={ASSERTION_TYPE}.", id="client-assertion-type")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_parameters_that_were_escaped_for_html(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    raw(bench, urlencode(form(bench)).replace("&", "&amp;").encode(), url)

    bench.assert_finding("joined by &amp;", "Join the parameters by &", id="parameters-joined")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_as_json_in_one_parameter(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    bench.post(url, {"data": json.dumps(form(bench))})

    bench.assert_finding('The parameter "data" holds the whole request as JSON', id="json-body")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("kind", "name", "sent"),
    [
        ("refresh", "refresh_token", "access_token"),
        ("code", "code", "authorization"),
        ("refresh", "client_secret", "x"),
    ],
)
def test_a_value_under_the_name_of_something_else(bench: Bench, kind: str, name: str, sent: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {sent if each == name else each: value for each, value in good.items()})

    bench.assert_finding(f'The form has "{sent}", and no {name}', f"Call it {name}.", id="parameter-name")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", ""])
def test_a_body_that_a_redirect_dropped(bench: Bench, kind: str, content_type: str) -> None:
    url, form = FORMS[kind]

    raw(bench, b"", url, content_type=content_type)

    bench.assert_finding("The request has no body", "not to one that redirects", id="empty-body")
    assert bench.post(url, form(bench)).status_code == 200
