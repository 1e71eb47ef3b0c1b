"""What each collector finds, in the forms that people paste, and what it leaves alone."""

import base64
import json

import pytest

from mock_servers.reading import answers, moments, programs, requests, tokens
from mock_servers.reading.commands import curl_command
from mock_servers.reading.objects import objects
from mock_servers.reading.plain import decoded, plain, unescaped, unquoted
from mock_servers.reading.sentences import KnownSentences
from tests.processes import python

INT = "https://int.api.service.nhs.uk/oauth2/token"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


HEADER = {"alg": "RS512", "typ": "JWT", "kid": "test-1"}
CLAIMS = {"iss": "k" * 32, "sub": "k" * 32, "aud": INT, "jti": "a-jti", "exp": 1_800_000_000}
JWT = f"{encoded(HEADER)}.{encoded(CLAIMS)}.{'s' * 342}"


def test_reading_needs_no_compiled_package() -> None:
    code = (
        "import sys, mock_servers.reading.reader, mock_servers.reading.exchanges, mock_servers.reading.commands\n"
        "print([each for each in ('cryptography', 'flask', 'msgspec', 'yaml') if each in sys.modules])"
    )

    assert python(code).stdout == "[]\n"


# plain text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_a_text_is_read_in_any_encoding(encoding: str) -> None:
    assert (
        decoded("\u201cquoted\u201d \u2013 \u00a35".encode(encoding)).lstrip("\ufeff")
        == "\u201cquoted\u201d \u2013 \u00a35"
    )


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("\u2018a\u2019: \u201cb\u201d", "'a': \"b\""),
        ("a\u00a0b\u200b\r\nc\u2028d", "a b\nc\nd"),
        ("\x1b[31mred\x1b[0m [2mdim[0m", "red dim"),
        ("&quot;a&quot; &amp;&#39;", '"a" &\''),
        ("?a=1&copy=2&scope=x", "?a=1&copy=2&scope=x"),
        ("\u201cx\u201d eyJabcdefgh\u2013ijklmnopq", '"x" eyJabcdefgh--ijklmnopq'),
        ("one \u2013 two", "one - two"),
    ],
)
def test_what_editors_and_forums_put_in_is_taken_out(pasted: str, text: str) -> None:
    assert plain(pasted) == text


def test_marks_of_quotations_and_prompts_are_taken_off() -> None:
    assert unquoted("> a\n>> b\n  > c\nMore? d\ne > f") == "a\nb\nc\nd\ne > f"


def test_json_inside_of_a_string_is_as_any_other() -> None:
    body = json.dumps({"body": json.dumps({"error": "a", "n": 1}, indent=1)})

    assert '"error": "a"' in unescaped(body)


# sentences


KNOWN = KnownSentences(
    ["Malformed JWT in subject_token", "Your application, {app}, has exceeded its quota of {n} requests"]
)


@pytest.mark.parametrize(
    "text",
    ["malformed jwt in subject_token", "… Malformed  JWT\nin 'subject_token' !", "Malformd JWT in subject token"],
)
def test_a_sentence_is_found_with_anything_between_its_words(text: str) -> None:
    assert [each.words for each in KNOWN.in_text(text)] == ["Malformed JWT in subject_token"]


def test_a_blank_of_a_sentence_is_any_few_words() -> None:
    (found,) = KNOWN.in_text(
        "Your application, Lakeland Results Hub - INT, has exceeded its quota of 300 requests every"
    )

    assert found.words.startswith("Your application, {app}")


@pytest.mark.parametrize(
    "text", ["malformed subject_token", "JWT in subject_token", "Malformed JWT in the client's request"]
)
def test_a_part_of_a_sentence_is_not_sentence(text: str) -> None:
    assert KNOWN.in_text(text) == []


# objects


@pytest.mark.parametrize(
    "text",
    [
        'x {"a": 1, "b": null} y',
        "x {'a': 1, 'b': None} y",
        "x { a: 1, b: null } y",
        "x {:a => 1, :b => nil} y",
        'x {"a": 1, "b": null,} y',
        "it's here: { { 'a': 1, 'b': None }",
    ],
)
def test_an_object_is_read_as_each_language_writes_it(text: str) -> None:
    assert [dict(each.members) for each in objects(text)] == [{"a": 1, "b": None}]


# tokens


@pytest.mark.parametrize(
    "text",
    [
        f"token: {JWT}",
        f"'client_assertion': '{JWT}',",
        f'string({len(JWT)}) "{JWT}"',
        "\n".join(JWT[at : at + 76] for at in range(0, len(JWT), 76)),
        "\n".join(f"    {JWT[at : at + 64]}" for at in range(0, len(JWT), 64)) + "\n\nthanks",
    ],
)
def test_a_jwt_is_found_whole_or_broken_over_lines(text: str) -> None:
    (found,) = tokens.tokens(text, objects(text))

    assert (found.text, dict(found.claims)) == (JWT, CLAIMS)


def test_what_follows_a_whole_signature_is_not_its_own() -> None:
    (found,) = tokens.tokens(f"{JWT}\nthanks", [])

    assert found.text == JWT


@pytest.mark.parametrize(
    "text", [f"{json.dumps(HEADER)}\n{json.dumps(CLAIMS, indent=2)}", f"claims {CLAIMS}\nheader {HEADER}"]
)
def test_decoded_parts_are_a_jwt(text: str) -> None:
    found = tokens.tokens(text, objects(text))

    assert [dict(each.claims) for each in found if each.claims] == [CLAIMS]
    assert HEADER in [dict(each.header) for each in found]


@pytest.mark.parametrize("text", ["one.two.three", "e.g. this. And that.", "eyJ.a.b", "version 1.2.3"])
def test_nothing_is_a_jwt_for_its_dots(text: str) -> None:
    assert tokens.tokens(text, objects(text)) == []


def test_a_key_set_and_a_lone_key_are_key_sets() -> None:
    key = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}

    assert tokens.key_sets(objects(json.dumps({"keys": [key]}))) == [{"keys": [key]}]
    assert tokens.key_sets(objects(json.dumps(key))) == [{"keys": [key]}]


# requests

FORM = {"grant_type": "client_credentials", "client_assertion_type": TYPE}


@pytest.mark.parametrize(
    "text",
    [
        f"grant_type=client_credentials&client_assertion_type={TYPE.replace(':', '%3A')}",
        f"grant_type=client_credentials&\nclient_assertion_type=\n{TYPE}",
        f"data={FORM!r}",
        json.dumps(FORM, indent=2),
        f"@{{ grant_type = 'client_credentials'; client_assertion_type = '{TYPE}' }}",
        f'["grant_type"] = "client_credentials",\n["client_assertion_type"] = "{TYPE}"',
        f'new("grant_type", "client_credentials"), new("client_assertion_type", "{TYPE}")',
        f"'grant_type' => 'client_credentials', 'client_assertion_type' => '{TYPE}'",
        f"grant_type: client_credentials\nclient_assertion_type: {TYPE}",
        f'form.add("grant_type", "client_credentials"); form.add("client_assertion_type", "{TYPE}");',
        json.dumps([{"name": name, "value": value} for name, value in FORM.items()]),
    ],
)
def test_parameters_are_found_as_each_language_writes_them(text: str) -> None:
    assert {each.name: each.value for each in requests.pairs(text, objects(text))} == FORM


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (f"POST {INT} HTTP/1.1", "POST"),
        ("POST /oauth2/token HTTP/1.1\nHost: int.api.service.nhs.uk\n\n", "POST"),
        (f'fetch("{INT}", {{ "method": "POST" }})', "POST"),
        (f"requests.post('{INT}', data=data)", "POST"),
        (f"Invoke-RestMethod -Method POST -Uri '{INT}'", "POST"),
        (f"curl --request POST '{INT}'", "POST"),
        (f"url: '{INT}',", ""),
    ],
)
def test_a_url_is_found_with_its_method(text: str, method: str) -> None:
    (found,) = requests.addresses(text)

    assert (found.url, found.method) == (INT, method)


def test_what_cannot_be_taken_apart_is_not_url() -> None:
    assert requests.addresses("https://int.api.service.nhs.uk:0/x https://[ https://a.example:99999/") == []


@pytest.mark.parametrize("before", ["", "$ ", "C:\\work>", "hello, it fails:\n\n", "root@box:~# "])
def test_a_curl_command_is_found_where_it_begins_and_ends(before: str) -> None:
    command = f"curl -X POST {INT} \\\n  -d 'grant_type=a\n b'"

    assert curl_command(f"{before}{command}\n\nit's refused") == command


# answers and moments


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 400 Bad Request",
        "status: 400,",
        "400\n",
        "-> 400 {",
        'HTTP/1.1" 400 None',
        "int(400)",
        "Status 400",
        "we got 400",
    ],
)
def test_a_status_is_found(text: str) -> None:
    assert [each.status for each in answers.statuses(text)] == [400]


@pytest.mark.parametrize("text", ["port 443", "400 ms", "1400", "99 bottles", "Content-Length: 400"])
def test_a_number_is_not_status(text: str) -> None:
    assert answers.statuses(text) == []


def test_the_date_of_an_answer_is_reported_from_that_of_a_mail_and_from_a_log() -> None:
    text = (
        "From: a@b.example\nDate: Thu, 16 Jul 2026 11:31:40 +0100\nSubject: x\n\n"
        "Date: Thu, 16 Jul 2026 10:14:05 GMT\n2026-07-16T10:14:06Z INFO\n2026-07-16 10:14:07 INFO"
    )

    found = [(each.is_date, each.has_zone, each.at - 1_784_196_845) for each in moments.moments(text)]

    assert found == [(True, True, 0), (False, True, 1), (False, False, 2)]


# programs


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ('jwt.encode(claims, key, algorithm="RS256")', "rs256"),
        ("SecurityAlgorithms.RsaSha256", "rs256"),
        ('{ "exp", now.AddMinutes(5).ToUnixTimeMilliseconds() }', "milliseconds"),
        ("exp: Date.now() + 300", "milliseconds"),
        ("ExpiresAt: time.Now().Add(time.Hour)", "hour"),
        ("exp = now + timedelta(hours=1)", "hour"),
        ("datetime.utcnow().timestamp()", "utc-as-local"),
        ("we rotated our signing key today", "changed-key"),
        ("https://github.com/a/b/blob/main/jwks.json", "web-page-url"),
        ("https://keys.trust.local/jwks", "private-host"),
    ],
)
def test_a_line_shows_its_mistake(line: str, mistake: str) -> None:
    assert mistake in {each.mistake for each in programs.lines(f"x\n{line}\ny")}


@pytest.mark.parametrize("line", ["exp: Date.now() / 1000 + 300", 'algorithm="RS512"', "expires in 5 minutes"])
def test_a_right_line_shows_none(line: str) -> None:
    assert programs.lines(line) == []
