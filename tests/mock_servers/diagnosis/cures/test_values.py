"""A value that was not filled in, was wrapped, cut or is something else is sent anew as the cure says."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.mock_servers.diagnosis.cures.bench import (
    FORMS,
    JWTS,
    OPAQUE,
    REDIRECT,
    SENT,
    TOKEN,
    Bench,
    followed,
    wrong,
)


@pytest.mark.parametrize("kind", FORMS)
def test_each_token_request_is_good_to_begin_with(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    assert bench.post(url, form(bench)).status_code == 200


@pytest.mark.parametrize(("kind", "name"), OPAQUE)
@pytest.mark.parametrize("value", ["undefined", "None", "<your value>", "${VALUE}"])
def test_a_variable_that_was_not_filled_in(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.assert_finding(f"{name} is", "a variable that was not filled in", id="variable-not-filled-in")
    assert f"Send as {name} the" in bench.top.cure
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), JWTS)
@pytest.mark.parametrize("value", ["null", "{{token}}", "./token.jwt", "/run/secrets/token"])
def test_a_jwt_that_was_not_filled_in(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.assert_finding(f"{name} is", "never", id="mangled-jwt")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), OPAQUE)
def test_a_path_in_place_of_what_is_in_the_file(bench: Bench, kind: str, name: str) -> None:
    wrong(bench, kind, name, "/run/secrets/value.txt")

    bench.assert_finding("the path of a file", "read the file", id="variable-not-filled-in", certainty="likely")


@pytest.mark.parametrize(
    ("value", "words", "certainty"),
    [
        ("<client id>", "a variable that was not filled in", "certain"),
        ("your-client-id", "a variable that was not filled in", "certain"),
        ("client.json", "the path of a file", "likely"),
    ],
)
def test_an_iss_that_was_not_filled_in(bench: Bench, value: str, words: str, certainty: str) -> None:
    bench.ask(client_assertion=bench.signed(iss=value, sub=value))

    bench.assert_finding(words, "nhsauth-app", id="app-not-known-here", certainty=certainty)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        *((*each, value) for each in SENT for value in ("", " ")),
        ("code", "redirect_uri", ""),
        ("refresh", "grant_type", ""),
    ],
)
def test_empty_is_not_absent(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.assert_finding(f"{name} was sent, but", id="empty-parameter")
    assert "between dots" not in bench.platform.exchanges.last.explained()
    assert value or f"an empty {name}" in (bench.platform.exchanges.last.diagnosis or "") or kind == "cis2"
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), SENT)
@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"error": "invalid_grant", "error_description": "code was used"}, 'failed ("code was used")'),
        ({"sub": "9912003071", "given_name": "A"}, "the answer of a userinfo endpoint"),
        ({"iss": "a", "sub": "a", "jti": "x", "exp": 5}, "is not signed"),
    ],
)
def test_json_in_place_of_a_value(bench: Bench, kind: str, name: str, members: Mapping[str, Any], words: str) -> None:
    wrong(bench, kind, name, json.dumps(members))

    bench.assert_finding(f"{name} is JSON", words, id="json-as-value")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("members", "seen", "cause"),
    [
        ({"error": "x"}, "JSON, an error answer", 'failed ("x")'),
        ({"fault": "y"}, "JSON, an error answer", 'failed ("y")'),
        ({"issue": [{"code": "z"}]}, "JSON, an error answer", "failed (null)"),
        ({"access_token": "a"}, "JSON, a whole token answer", "That answer has no id_token in it."),
        ({"exp": 5}, "JSON, the claims of a JWT that is not signed", "has three parts"),
        ({"jti": "j"}, "JSON, the claims of a JWT that is not signed", "has three parts"),
        ({"nhsid_useruid": "1"}, "JSON, the answer of a userinfo endpoint", "describes a person"),
        ({"nhs_number": "9"}, "JSON, the answer of a userinfo endpoint", "describes a person"),
        ({"any": 1}, "JSON.", "a whole object, not one text"),
        ({"id_token": 1}, "JSON.", "a whole object, not one text"),
    ],
)
def test_json_is_reported_by_what_is_in_it(bench: Bench, members: Mapping[str, Any], seen: str, cause: str) -> None:
    wrong(bench, "token_exchange", "subject_token", json.dumps(members))

    bench.assert_finding(f"subject_token is {seen}", cause, id="json-as-value")


def test_a_whole_token_answer_has_the_id_token_in_it(bench: Bench) -> None:
    answer = json.dumps({"access_token": "x", "id_token": bench.id_token(), "expires_in": 599})

    wrong(bench, "token_exchange", "subject_token", answer)

    bench.assert_finding("Send only its id_token", id="json-as-value")
    assert bench.exchange(TOKEN, json.loads(answer)["id_token"]).status_code == 200


WRAPPED: Mapping[str, Callable[[str], str]] = {
    "white space": lambda value: f" {value}\n",
    "quotes": lambda value: f'"{value}"',
    "b'…'": lambda value: f"b'{value}'",
    "encoded twice": lambda value: "".join(f"%{ord(each):02X}" for each in value),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "quotes and white space": lambda value: f'"{value}"\n',
}


@pytest.mark.parametrize(
    ("kind", "name", "wrapping"),
    [
        (*each, wrapping)
        for each in SENT
        for wrapping in WRAPPED
        if wrapping != "base64" or each[1] not in ("client_id", "code")  # too few characters to be distinguished
    ],
)
def test_a_value_with_something_around_it(bench: Bench, kind: str, name: str, wrapping: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    answer = bench.post(url, {**good, name: WRAPPED[wrapping](good[name])})

    assert answer.status_code in (400, 401)
    words = wrapping.rsplit(" and ", maxsplit=1)[-1]
    bench.assert_finding(name, words, id="mangled-jwt" if (kind, name) in JWTS else "wrapped-value")
    proof = bench.assertion(TOKEN) if "client_assertion" in good else {}
    assert bench.post(url, {**good, **proof}).status_code == 200


@pytest.mark.parametrize(("kind", "name"), [("code", "code"), ("cis2", "code")])
def test_a_code_with_its_name_and_the_state(bench: Bench, kind: str, name: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, name: f"code={good[name]}&state=s"})

    bench.assert_finding("the name of the parameter in front of it", id="wrapped-value")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize(("kind", "name"), [("code", "code"), ("cis2", "code"), ("refresh", "refresh_token")])
@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda value: f"{value}#_=_", "after it"), (lambda value: value[:-1], "Its end was cut off")],
)
def test_a_value_that_was_cut_or_has_grown(
    bench: Bench, kind: str, name: str, change: Callable[[str], str], words: str
) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, name: change(good[name])})

    bench.assert_finding("that was issued here", words, id="wrapped-value")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize("kind", ["code", "cis2"])
@pytest.mark.parametrize(
    ("sent", "certainty"),
    [
        (lambda code: f"https://app.example/callback?code={code}&state=s", "certain"),
        (lambda code: f"https://app.example/callback#state=s&code={code}", "certain"),
        (lambda _: "https://app.example/callback?code=other&state=s", "certain"),
        (lambda _: "other&state=s", "likely"),
    ],
    ids=["query", "fragment", "of another log-in", "its end"],
)
def test_the_address_of_the_redirect_in_place_of_its_code(
    bench: Bench, kind: str, sent: Callable[[str], str], certainty: str
) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, "code": sent(good["code"])})

    bench.assert_finding("Send only the value of its parameter code", id="url-as-value", certainty=certainty)
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize("kind", ["code", "cis2"])
def test_the_redirect_uri_in_place_of_the_code(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    bench.post(url, {**form(bench), "code": REDIRECT})

    bench.assert_finding("code is a URL", "Send as code the code that came to the redirect URI", id="url-as-value")


def test_a_wrong_secret_with_an_ampersand_is_no_part_of_a_url(bench: Bench) -> None:
    url, form = FORMS["code"]

    bench.post(url, {**form(bench), "client_secret": "r&d=4state"})

    assert "url-as-value" not in [each.id for each in bench.platform.exchanges.last.findings]


def test_a_url_that_cannot_be_read_is_a_url(bench: Bench) -> None:
    url, form = FORMS["code"]

    bench.post(url, {**form(bench), "code": "http://[::1?code=x"})

    bench.assert_finding("code is a URL of 18 characters", id="url-as-value")
