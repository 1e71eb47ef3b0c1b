"""Grant types, token types, swapped and mangled tokens, as clients send them."""

import base64
import json
from collections.abc import Callable

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock
from tests.mock_servers.answers import refusal_of
from tests.mock_servers.diagnosis.findings import seen, top

WANTED = LogInRequest(client_id="nhsauth-app")
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

Ask = Callable[..., TestResponse]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("", "was sent, but empty"),
        ("id_token", "shortened to its last word"),
        ("urn:ietf:params:oauth:token-type:jwt", "Some libraries send this by default"),
        ("urn:ietf:params:oauth:token-type:access_token", "the id_token of the same answer"),
        (ID_TOKEN.replace(":", "%3A"), "encoded twice"),
    ],
)
def test_a_subject_token_type(platform: Mock, token_exchange: Ask, sent: str, words: str) -> None:
    answer = token_exchange(subject_token_type=sent)

    assert refusal_of(answer)[:2] == (400, "invalid_request")
    assert refusal_of(answer)[2] == (
        "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'"
    )
    assert seen(platform) == ("subject-token-type", "certain")
    assert words in f"{top(platform).seen} {top(platform).cause}"


@pytest.mark.parametrize(
    ("sent", "words", "meant"),
    [
        ("client-credentials", "almost client_credentials", "client_credentials"),
        ("client_credential", "almost client_credentials", "client_credentials"),
        ("Client_Credentials", "almost client_credentials", "client_credentials"),
        ("token-exchange", f"almost {TOKEN_EXCHANGE}", TOKEN_EXCHANGE),
        ("authorisation_code", "almost authorization_code", "authorization_code"),
        (" client_credentials", "white space", "client_credentials"),
        (TOKEN_EXCHANGE.replace(":", "%3A"), "encoded twice", TOKEN_EXCHANGE),
        (BEARER, "RFC 7523", "client_credentials"),
    ],
)
def test_a_grant_type_that_was_meant_to_be_another(
    platform: Mock, post: Ask, sent: str, words: str, meant: str
) -> None:
    answer = post(grant_type=sent)

    assert refusal_of(answer) == (400, "unsupported_grant_type", "grant_type is invalid")
    assert seen(platform) == ("grant-type", "certain")
    assert words in top(platform).cause
    assert top(platform).cure == f"Send grant_type={meant}."


@pytest.mark.parametrize("sent", ["password", "implicit", "saml", "x" * 5000])
def test_a_grant_type_that_nobody_has(platform: Mock, post: Ask, sent: str) -> None:
    answer = post(grant_type=sent)

    assert refusal_of(answer) == (400, "unsupported_grant_type", "grant_type is invalid")
    assert seen(platform) == ("grant-type", "likely")
    assert "Send one of client_credentials" in top(platform).cure


def test_a_grant_type_beside_a_subject_token_type(platform: Mock, token_exchange: Ask) -> None:
    answer = token_exchange(grant_type="client_credentials")

    assert refusal_of(answer)[:2] == (400, "invalid_request")
    assert seen(platform) == ("grant-type", "certain")
    assert top(platform).cure == f"Send grant_type={TOKEN_EXCHANGE}."


@pytest.mark.parametrize(
    ("content_type", "agent", "words", "change"),
    [
        (None, "python-requests/2.34.2", "there is no Content-Type", "requests.post(url, data={…}): with text as data"),
        ("text/plain;charset=UTF-8", "node", '"text/plain;charset=UTF-8"', "body: new URLSearchParams({ … })"),
    ],
)
def test_a_form_that_is_labelled_as_nothing(
    platform: Mock, http: Client, content_type: str | None, agent: str, words: str, change: str
) -> None:
    answer = http.post(
        "/oauth2/token",
        data="grant_type=client_credentials",
        content_type=content_type,
        headers={"User-Agent": agent},
        base_url=platform.url,
    )

    assert refusal_of(answer)[:2] == (415, "invalid_request")
    assert seen(platform) == ("content-type-missing", "certain")
    assert words in top(platform).seen
    assert change in (top(platform).change or "")


def test_a_form_that_is_labelled_as_nothing_comes_before_what_is_in_the_url(platform: Mock, http: Client) -> None:
    http.post("/oauth2/token?subject_token=a", data="grant_type=client_credentials", base_url=platform.url)

    assert [each.id for each in platform.exchanges.last.findings[:2]] == ["content-type-missing", "query-string-params"]


# swapped


def test_swapped_tokens_that_the_mock_remembers(platform: Mock, token_exchange: Ask) -> None:
    answer = token_exchange(
        client_assertion=platform.id_token("cis2", WANTED), subject_token=platform.client_assertion("nhsauth-app")
    )

    assert answer.status_code == 400
    assert seen(platform) == ("swapped-tokens", "certain")


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_swapped_tokens_that_the_mock_has_not_made(platform: Mock, token_exchange: Ask, provider: str) -> None:
    id_token = platform.id_token(provider, WANTED)
    assertion = platform.client_assertion("nhsauth-app")
    platform.store.issued.clear()

    answer = token_exchange(client_assertion=id_token, subject_token=assertion)

    assert answer.status_code == 400
    assert seen(platform) == ("swapped-tokens", "certain")
    assert "its iss and sub are equal" in top(platform).seen


def test_one_token_twice(platform: Mock, token_exchange: Ask) -> None:
    assertion = platform.client_assertion("nhsauth-app")
    platform.store.issued.clear()

    answer = token_exchange(client_assertion=assertion, subject_token=assertion)

    assert answer.status_code == 400
    assert seen(platform) == ("swapped-tokens", "certain")
    assert "the same text" in top(platform).seen


def test_an_assertion_beside_another_is_not_swap(platform: Mock, token_exchange: Ask) -> None:
    subject = platform.client_assertion("nhsauth-app")
    platform.store.issued.clear()

    token_exchange(subject_token=subject)

    assert seen(platform) == ("other-jwt-as-subject", "likely")
    assert top(platform).seen == "subject_token is a client assertion (iss equals sub), by what it says of itself."


# other JWTs


def jwt_of_provider(platform: Mock, **claims: object) -> str:
    """A JWT by CIS2's key that the mock has not issued."""
    key = platform.providers["cis2"].key()
    iss = platform.providers["cis2"].issuer(platform.url)
    exp = platform.clock.now() + 300
    header = {"typ": "JWT", "kid": key.kid, "alg": "RS256"}
    return jwts.sign(header, {"iss": iss, "aud": "nhsauth-app", "exp": exp, **claims}, key.private)


def test_an_access_token_of_nhs_login_as_subject_token(platform: Mock, token_exchange: Ask) -> None:
    key = platform.providers["nhs_login"].key()
    claims = {"iss": platform.url, "aud": "nhsauth-app", "exp": platform.clock.now() + 300, "token_use": "access"}
    token = jwts.sign({"typ": "JWT", "alg": "RS512", "kid": key.kid}, claims, key.private)

    answer = token_exchange(subject_token=token)

    assert answer.status_code == 500
    assert seen(platform) == ("other-jwt-as-subject", "likely")
    assert "NHS login's access token (token_use access)" in top(platform).seen


def test_a_logout_token_as_subject_token(platform: Mock, token_exchange: Ask) -> None:
    token = jwt_of_provider(platform, events={"http://schemas.openid.net/event/backchannel-logout": {}}, exp=None)

    answer = token_exchange(subject_token=token)

    assert refusal_of(answer) == (400, "invalid_request", "Missing 'exp' claim in subject_token JWT")
    assert seen(platform) == ("other-jwt-as-subject", "likely")
    assert "a logout token" in top(platform).seen


def test_a_keycloak_token_as_subject_token(platform: Mock, token_exchange: Ask) -> None:
    token = jwt_of_provider(platform, iss=f"{platform.url}/realms/Cis2-mock-internal-dev", typ="Bearer", azp="app")

    answer = token_exchange(subject_token=token)

    assert refusal_of(answer)[1:] == ("invalid_request", "Missing or non-matching 'iss' claim in subject_token JWT")
    assert "other-jwt-as-subject" in [finding.id for finding in platform.exchanges.last.findings]


# mangled


MALFORMED = (400, "invalid_request", "Malformed JWT in client_assertion")
MANGLED = [
    (lambda jwt: f'"{jwt}"', "is a JWT with quotes"),
    (lambda jwt: f"Bearer {jwt}", "is a JWT with a Bearer in front"),
    (lambda jwt: f"{jwt}\n", "is a JWT with white space"),
    (lambda jwt: f"{jwt[:64]}\n{jwt[64:]}", '"\\n" (U+000A, a control character) as character 65 of'),
    (lambda jwt: f"{jwt[:64]} {jwt[64:]}", '" " (U+0020, SPACE) as character 65 of'),
    (lambda jwt: f"{jwt}==", '"=" (U+003D, EQUALS SIGN)'),
    (lambda jwt: jwt[:100] + "–" + jwt[102:], "(U+2013, EN DASH) as character 101 of"),  # noqa: RUF001 - the mistake
    (lambda jwt: jwt[:100] + "+" + jwt[101:], '"+" (U+002B, PLUS SIGN) as character 101 of'),
    (lambda jwt: jwt.rpartition(".")[0], "has 2 parts that are not empty, but a JWT has three"),
    (lambda jwt: jwt.partition(".")[0], "has 1 part that are not empty, but a JWT has three"),
    (lambda jwt: f"{jwt}.e30", "has 4 parts that are not empty, but a JWT has three"),
    (lambda jwt: f"{jwt}.e30.e30", "has five parts, like an encrypted JWT (JWE)"),
    (lambda _: "e30.W10.e30", "has three parts, but one of them is not a JSON object in base64url"),
    (lambda _: "undefined", 'is "undefined"'),
    (lambda _: "{{assertion}}", 'is "{{assertion}}"'),
]


@pytest.mark.parametrize(("mangle", "words"), MANGLED)
def test_a_mangled_assertion(platform: Mock, client_credentials: Ask, mangle: Callable[[str], str], words: str) -> None:
    sound = platform.client_assertion("nhsauth-app")

    answer = client_credentials(client_assertion=mangle(sound))

    assert refusal_of(answer) == MALFORMED
    assert seen(platform) == ("mangled-jwt", "certain")
    assert words in top(platform).seen
    assert sound[30:80] not in str(top(platform))


@pytest.mark.parametrize(
    ("character", "cause"),
    [
        ("–", "An editor, a chat or a wiki turned - or -- into a dash."),  # noqa: RUF001 - the mistake
        ("+", "This is ordinary base64. A JWT uses base64url, with - and _ instead of + and /."),
        ("/", "This is ordinary base64. A JWT uses base64url, with - and _ instead of + and /."),
        ("=", "The base64 was padded; a JWT has no padding."),
        (" ", "It is white space: the value was wrapped over lines, or a + was decoded as a space."),
        ("\n", "The value was wrapped over lines: when it was copied, or by base64 before it was signed (base64 -w0)."),
        ("~", "base64url does not use this character: something changed the value on its way."),
    ],
)
def test_a_character_shows_where_it_comes_from(
    platform: Mock, client_credentials: Ask, character: str, cause: str
) -> None:
    client_credentials(client_assertion=f"eyJhbGciOiJSUzUxMiJ9.eyJ{character}fQ.e30")

    assert top(platform).cause == cause


@pytest.mark.parametrize(("mangle", "words"), MANGLED)
def test_a_mangled_subject_token(platform: Mock, token_exchange: Ask, mangle: Callable[[str], str], words: str) -> None:
    answer = token_exchange(subject_token=mangle(platform.id_token("cis2", WANTED)))

    assert refusal_of(answer) == (400, "invalid_request", "Malformed JWT in subject_token")
    assert seen(platform) == ("mangled-jwt", "certain")
    assert words in top(platform).seen


@pytest.mark.parametrize(
    "members",
    [
        {"kty": "RSA", "n": "x" * 340, "e": "AQAB", "d": "y" * 340},
        {"kty": "RSA", "n": "x" * 340, "e": "AQAB", "alg": "RS512"},
        {"sub": "910000000001", "iss": "https://example.nhs.uk"},
    ],
)
def test_other_json_as_base64_is_not_called_mangled(
    platform: Mock, client_credentials: Ask, members: dict[str, str]
) -> None:
    answer = client_credentials(client_assertion=base64.b64encode(json.dumps(members).encode()).decode())

    assert refusal_of(answer) == MALFORMED
    assert "mangled-jwt" not in [finding.id for finding in platform.exchanges.last.findings]


def test_a_sound_assertion_with_another_mistake_is_not_called_mangled(platform: Mock, client_credentials: Ask) -> None:
    alterations = Alterations(headers={"alg": "RS256"})
    client_credentials(client_assertion=platform.client_assertion("nhsauth-app", alterations=alterations))

    assert "mangled-jwt" not in [finding.id for finding in platform.exchanges.last.findings]
