"""Libraries are distinguished by what they send; what several might have sent names few of them, or none."""

import json
from typing import Any

import pytest

from mock_servers.diagnosis.client_traits import Traits, traits_of
from mock_servers.diagnosis.fingerprints import Hint, hint, recognise
from mock_servers.diagnosis.libraries import HTTP_CLIENTS, LIBRARIES
from mock_servers.diagnosis.table import FINDERS
from mock_servers.jose.jwts import Jwt
from mock_servers.wire.request import Request

NOW = 1_800_000_000.0
UUID = "0b1f2f9c-7f6e-4f0a-9a64-0f3f6f1f2a11"
FORM = "application/x-www-form-urlencoded"
CHARSET = f"{FORM};charset=UTF-8"
PYTHON, NODE, JAVA, GO = "python-requests/2.34.2", "axios/1.21.1", "Java-http-client/17.0.9", "Go-http-client/1.1"
RUBY, PHP = "Faraday v2.12.0", "GuzzleHttp/7"


def seen(header: str, claims: str = "iss sub aud jti exp", *, agent: str = "", **more: Any) -> Traits:
    return Traits(header=header, claims=claims, user_agent=agent, **{"audience": "text", **more})


def names(sent: Traits) -> list[str]:
    return [library.name for library in recognise(sent)]


# each library as it was seen or read, its defaults in place


@pytest.mark.parametrize(
    ("library", "sent"),
    [
        (
            "Authlib (PrivateKeyJWT)",
            seen(
                "typ alg",
                "iss aud sub iat exp jti",
                jti="jCuSGJuz7Jhk5vZhno7EdzaRl8p7gFt3FJkc",
                lifetime=3600,
                content_type=CHARSET,
                agent=PYTHON,
            ),
        ),
        ("msal", seen("alg kid typ", "aud iss sub exp iat jti", jti=UUID, lifetime=600.0, fraction=True)),
        ("msal-node", seen("alg x5t typ", "aud exp iss sub nbf jti iat", jti=UUID, lifetime=600)),
        ("oauthlib (ServiceApplicationClient)", seen("alg typ", "iss aud sub exp iat", lifetime=3600, agent=PYTHON)),
        ("requests_oauth2client", seen("alg typ kid", "iss sub aud iat exp jti", jti=UUID, lifetime=60)),
        ("jwcrypto", seen("alg kid", "aud exp iat iss jti sub", lifetime=600, agent=PYTHON)),
        (
            "oauth4webapi",
            seen(
                "alg",
                "jti aud exp iat nbf iss sub",
                jti="zrdwMeDULI4J16zzbIMRgEVSiDyz5Sl7ypyEERLQL5E",
                lifetime=60,
                agent="oauth4webapi/v3.8.8",
                content_type=CHARSET,
            ),
        ),
        (
            "openid-client",
            seen(
                "alg kid",
                "jti aud exp iat nbf iss sub",
                jti="zrdwMeDULI4J16zzbIMRgEVSiDyz5Sl7ypyEERLQL5E",
                lifetime=60,
                agent="openid-client/v6.9.0",
            ),
        ),
        (
            "Auth.js (next-auth)",
            seen(
                "alg",
                "jti aud exp iat nbf iss sub",
                jti="zrdwMeDULI4J16zzbIMRgEVSiDyz5Sl7ypyEERLQL5E",
                lifetime=60,
                audience="list",
                agent="oauth4webapi/v3.8.8",
            ),
        ),
        ("jsonwebtoken", seen("alg typ", "iat exp aud iss sub jti", agent=NODE, lifetime=300)),
        ("jsonwebtoken", seen("alg typ kid", "iss sub aud jti exp iat", agent="node", lifetime=300)),
        ("node-jose", seen("alg kid", kid="0bwZlXnKEj6gqHMY6s5hDKEUHy97qgw0y-dTBUHB6lM")),
        (
            "Nimbus oauth2-oidc-sdk",
            seen("alg", "iss sub aud exp jti", agent=JAVA, content_type=f"{FORM}; charset=UTF-8", audience="list"),
        ),
        ("Spring Security", seen("alg kid", "iss sub aud jti iat exp", jti=UUID, lifetime=60, agent=JAVA)),
        ("java-jwt", seen("typ alg", agent=JAVA)),
        ("Microsoft's JwtSecurityToken", seen("alg kid typ", "jti iss sub nbf exp iss aud", lifetime=3600)),
        ("ruby-jwt", seen("alg", agent=RUBY)),
        (
            "rack-oauth2",
            seen("typ alg", "iss sub aud jti iat exp", jti="0123456789abcdef" * 2, lifetime=180, agent=RUBY),
        ),
        ("golang-jwt", seen("alg kid typ", agent=GO)),
        ("zitadel/oidc", seen("alg kid", "iss sub aud iat exp", lifetime=3600, audience="list", agent=GO)),
        ("Apigee (GenerateJWT)", seen("typ alg kid", "sub iss aud iat exp jti", jti=UUID)),
        ("Epic", seen("alg jku kid typ", "aud exp iat iss jti nbf sub", jti=UUID, lifetime=120)),
        ("golang.org/x/oauth2", Traits(basic=True, user_agent=GO, content_type=FORM)),
        ("Authlib", Traits(basic=True, user_agent=PYTHON, content_type=CHARSET)),
        ("Authlib", Traits(basic=True, user_agent="python-httpx/0.28.1", content_type=CHARSET)),
    ],
)
def test_a_library_is_known_by_what_it_sends_by_itself(library: str, sent: Traits) -> None:
    assert names(sent)[0] == library


@pytest.mark.parametrize(
    ("sent", "alike"),
    [
        (seen("alg kid typ", agent=PYTHON), ["PyJWT", "python-jose", "Authlib (authlib.jose)"]),
        (seen("typ alg", agent=PYTHON), ["PyJWT", "joserfc"]),
        (seen("alg kid", agent=NODE, claims="iss sub aud jti exp"), ["jose", "jsrsasign"]),
        (seen("typ alg kid", agent=PHP), ["firebase/php-jwt"]),
        (seen("typ alg kid", agent=PHP, fraction=True), ["lcobucci/jwt"]),
        (seen("alg kid", agent=JAVA, claims="iss sub aud exp jti"), ["Nimbus oauth2-oidc-sdk", "jjwt"]),
        (Traits(basic=True, user_agent=PYTHON, content_type=FORM), ["requests-oauthlib (BackendApplicationClient)"]),
    ],
)
def test_what_looks_alike_is_named_together(sent: Traits, alike: list[str]) -> None:
    assert names(sent)[: len(alike)] == alike
    assert len(names(sent)) <= 3


@pytest.mark.parametrize(
    "sent",
    [
        Traits(),
        Traits(user_agent=PYTHON, content_type=FORM),
        Traits(user_agent="Mozilla/5.0", content_type=FORM, basic=True),
        seen("alg kid typ"),
        seen("alg typ"),
        seen("alg kid"),
        seen("alg kid", "iss sub aud exp jti", lifetime=300),
        seen("alg kid", "iss sub aud jti iat exp", jti=UUID, lifetime=300),
        seen("alg typ", "iss sub aud jti exp iat", jti=UUID, lifetime=300),
        seen("alg typ kid", "iss sub aud iat exp jti", jti=UUID, lifetime=300),
        seen("alg kid", "aud exp iss jti sub", jti=UUID, lifetime=300),
        seen("kid typ alg cty", agent=NODE),
        seen("alg kid typ", agent="curl/8.5.0"),
    ],
)
def test_what_anybody_might_have_sent_names_nobody(sent: Traits) -> None:
    assert names(sent) == []


def test_a_user_agent_of_another_language_speaks_against_a_library() -> None:
    authlib = seen("typ alg", "iss aud sub iat exp jti", jti="a" * 36, lifetime=3600)

    assert names(authlib) == ["Authlib (PrivateKeyJWT)"]
    assert "Authlib (PrivateKeyJWT)" not in names(
        seen("typ alg", "iss aud sub iat exp jti", jti="a" * 36, lifetime=3600, agent=NODE)
    )


def test_the_change_is_reported_in_the_librarys_own_words() -> None:
    sent = seen("typ alg", "iss aud sub iat exp jti", jti="a" * 36, lifetime=3600, agent=PYTHON)

    assert str(hint(sent, "kid-missing")) == (
        'This looks like Authlib (PrivateKeyJWT): PrivateKeyJWT(token_url, alg="RS512", headers={"kid": "…"})'
    )


def test_libraries_with_the_same_words_share_them() -> None:
    found = hint(seen("alg typ", claims="iss sub aud exp", agent=PYTHON), "jti-missing")

    assert found == Hint(
        libraries=("PyJWT", "python-jose", "Authlib (authlib.jose)"),
        change='"jti": str(uuid.uuid4()) among the claims',
    )


def test_libraries_with_other_words_say_them_each() -> None:
    found = hint(seen("alg", agent=NODE), "typ-missing")

    assert found is not None
    assert found.change == (
        "jose: new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid, typ: 'JWT' }); "
        "jsrsasign: JWS.sign('RS512', { alg: 'RS512', kid: '…', typ: 'JWT' }, claims, pem)"
    )


def test_the_http_client_speaks_where_no_jwt_library_does() -> None:
    found = hint(Traits(user_agent=PYTHON, content_type="application/json"), "json-body")

    assert str(found) == "This looks like requests: requests.post(url, data={…}), not json="


def test_there_is_not_hint_for_a_mistake_that_no_library_makes() -> None:
    assert hint(seen("typ alg", "iss aud sub iat exp jti", jti="a" * 36, agent=PYTHON), "jwks-unreachable") is None


def test_traits_are_read_from_a_request_and_its_jwt() -> None:
    request = Request(
        method="POST",
        base="http://127.0.0.1",
        target="/oauth2/token",
        path="/token",
        headers={"content-type": CHARSET, "user-agent": PYTHON},
    )
    claims = {"iss": "a", "aud": ["u"], "exp": NOW + 300.5, "iat": NOW, "jti": "j"}
    jwt = Jwt(header={"typ": "JWT", "alg": "RS512"}, claims=claims, signing_input=b"", signature=b"")

    assert traits_of(request, jwt, NOW) == Traits(
        header="typ alg",
        claims="iss aud exp iat jti",
        jti="j",
        lifetime=300.5,
        audience="list",
        fraction=True,
        content_type=CHARSET,
        user_agent=PYTHON,
    )


@pytest.mark.parametrize("exp", [None, "soon", True, 10**400, -1e308, [], {}])
def test_claims_of_any_kind_are_read_without_harm(exp: Any) -> None:
    request = Request(method="POST", base="http://a", target="/", path="/")
    text = json.dumps({"exp": exp, "iat": exp, "jti": [1], "aud": {"a": 1}, "x" * 100_000: 1})
    jwt = Jwt(header={"alg" * 9999: "x"}, claims=json.loads(text), signing_input=b"", signature=b"")

    read = traits_of(request, jwt, NOW)

    assert (len(read.claims), len(read.header), read.audience) == (300, 300, "")
    assert recognise(read) == ()


@pytest.mark.parametrize(
    "times", [{"iat": 5}, {"exp": 5, "iat": None}, {"exp": None, "iat": 5}, {"exp": "5", "iat": 0}]
)
def test_without_two_times_there_is_not_lifetime(times: dict[str, Any]) -> None:
    request = Request(method="POST", base="http://a", target="/", path="/")

    assert traits_of(request, Jwt(header={}, claims=times, signing_input=b"", signature=b""), NOW).lifetime is None


def test_every_change_cures_a_mistake_that_is_found() -> None:
    found = {mistake for finder in FINDERS for mistake in finder.mistakes}

    assert {name for library in (*LIBRARIES, *HTTP_CLIENTS) for name in library.changes} - found == set()


def test_every_library_and_every_change_is_said_once() -> None:
    every = [*LIBRARIES, *HTTP_CLIENTS]

    assert len({library.name for library in every}) == len(every)
    assert all(change and not change.endswith(".") for library in every for change in library.changes.values())


@pytest.mark.parametrize(("lifetime", "known"), [(602, ["jwcrypto"]), (603, []), (598, ["jwcrypto"]), (597, [])])
def test_a_lifetime_that_nearly_is_the_default_speaks_for_a_library(lifetime: float, known: list[str]) -> None:
    assert names(seen("alg kid", "aud exp iat iss jti sub", lifetime=lifetime)) == known
