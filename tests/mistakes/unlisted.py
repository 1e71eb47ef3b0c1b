"""Mistakes that no list had when the finders were first written, each in three variants; the tests know two of them.

Kinds are those of `listed.GOOD`: every token request there is, /authorize, and an API.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from tests.mistakes.listed import (
    APP,
    ASSERTION_TYPE,
    GOOD,
    PROVIDERS,
    REDIRECT,
    SIGNED,
    Draft,
    Mistake,
    World,
    mistake,
    token_exchange,
)

OTHERS: Final = tuple(f"https://{each}.api.service.nhs.uk" for each in ("ref", "internal-dev", "internal-qa"))
"""Environments of the platform that are not the one called."""
TOKEN_REQUESTS: Final = (*SIGNED, "code", "refresh", *PROVIDERS)
_BY_SECRET: Final = ("code", "refresh")
_ALL: Final = "all"
"""What a mistake touches that leaves nothing else to be seen."""

Make = Callable[[Draft], object]


def _put(name: str, value: str | Callable[[Draft], str]) -> Make:
    """Put a value into the form once everything else is there."""

    def make(draft: Draft) -> None:
        draft.finish.append(lambda done: done.form.update({name: value if isinstance(value, str) else value(done)}))

    return make


def _bearer(value: str | Callable[[Draft], str]) -> Make:
    return lambda draft: draft.headers.update(
        Authorization=f"Bearer {value if isinstance(value, str) else value(draft)}"
    )


def _each(finding: str, kinds: str | tuple[str, ...], *makes: Make) -> list[Mistake]:
    return [mistake(finding, kinds, _ALL, make) for make in makes]


def _joined_by(by: str) -> Callable[[str], str]:
    return lambda text: text.replace("&", by)


def _with_body(change: Callable[[str], bytes | str], **headers: str) -> Make:
    def make(draft: Draft) -> None:
        draft.body = change
        draft.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    return make


def _content_type(value: str) -> Make:
    return lambda draft: setattr(draft, "content_type", value)


def _path(value: str) -> Make:
    return lambda draft: setattr(draft, "path", value)


def _renamed(old: str, new: str) -> Make:
    return lambda draft: draft.finish.append(lambda done: done.form.update({new: done.form.pop(old)}))


def _wrapped(name: str, wrap: Callable[[str], str]) -> Make:
    return _put(name, lambda draft: wrap(draft.form[name]))


# keys


def _published(change: Callable[[dict[str, Any]], Any]) -> Make:
    def make(draft: Draft) -> None:
        apps = draft.world.platform.apps
        (public,) = apps.jwks(apps.get(APP))["keys"]
        apps.change(APP, jwks={"keys": [change(public)]})
        draft.world.platform.store.jwks.clear()

    return make


def _without(*names: str, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda jwk: {name: value for name, value in {**jwk, **more}.items() if name not in names}


def _redirected(path: str) -> Make:
    query = f"client_id={APP}&redirect_uri={quote(REDIRECT)}&response_type=code&state=s"
    return lambda draft: draft.world.platform.apps.change(
        APP, key_name=None, jwks_url=f"{draft.world.platform.url}{path}?{query}"
    )


def _private(world: World) -> bytes:
    return world.key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(draft: Draft) -> str:
    return _private(draft.world).decode()


def _private_base64(draft: Draft) -> str:
    return base64.b64encode(_private(draft.world)).decode()


def _private_jwk(_: Draft) -> str:
    return json.dumps({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB", "d": "AQAB"})


_PUBLIC_JWK: Final = '{"kty": "RSA", "n": "x"}'


def _public(draft: Draft) -> str:
    return draft.world.key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _public_on_one_line(draft: Draft) -> str:
    return _public(draft).replace("\n", "\\n")


# tokens


def _cis2_tokens(draft: Draft) -> dict[str, Any]:
    world = draft.world
    world.platform.apps.change(APP, grant_types=("authorization_code", "refresh_token"))
    members: dict[str, Any] = GOOD["cis2"](world).send().get_json()
    return members


def _nhs_login(member: str) -> Callable[[Draft], str]:
    return lambda draft: str(GOOD["nhs_login"](draft.world).send().get_json()[member])


def _token_of(base: str, member: str) -> Callable[[Draft], str]:
    """Exchange an id_token in another environment of the platform, which answers under its real name alone."""

    def make(draft: Draft) -> str:
        world = draft.world
        for host in world.platform.names.hosts:
            world.platform.names.origins.add(host.origin)
        url = f"{base}/oauth2/token"
        origin = world.platform.providers["cis2"].provider.home
        form = {
            **{name: value for name, value in token_exchange(world).form.items() if name != "subject_token"},
            "subject_token": world.platform.id_token("cis2", LogInRequest(client_id=APP), base=origin),
            "client_assertion": world.platform.client_assertion(APP, token_url=url),
        }
        members: dict[str, Any] = world.http.post("/oauth2/token", data=form, base_url=base).get_json()
        return str(members[member])

    return make


def _in_query(begins_at: int, path: str | None = None) -> Make:
    """Move what the header holds, from a place on, into the URL."""

    def make(draft: Draft) -> None:
        draft.path = path or draft.path
        draft.query.update(access_token=draft.headers.pop("Authorization")[begins_at:])

    return make


def _assertion(draft: Draft, **changes: Any) -> str:
    world = draft.world
    claims = {"iss": APP, "sub": APP, "aud": world.token_url("oauth2"), "jti": "x", "exp": int(world.now) + 60}
    return jwts.sign({"alg": "RS512", "typ": "JWT", "kid": "a"}, {**claims, **changes}, world.key.private)


def _basic_with(make: Callable[[Draft], str]) -> Make:
    def step(draft: Draft) -> None:
        draft.key = None
        draft.form = {"grant_type": draft.form["grant_type"]}
        draft.headers["Authorization"] = f"Basic {base64.b64encode(make(draft).encode()).decode()}"

    return step


def _foreign(iss: str, **claims: Any) -> Callable[[Draft], str]:
    def make(draft: Draft) -> str:
        token = draft.world.id_token(alterations=Alterations(claims={"iss": iss, **claims}))
        draft.world.platform.store.issued.clear()
        return token

    return make


def _clock(hours: float, *, iat: bool) -> Make:
    def make(draft: Draft) -> None:
        then = int(draft.world.now + hours * 3600)
        draft.claims |= {"exp": then + 300, **({"iat": then} if iat else {})}

    return make


def _claims(**ahead: float) -> Make:
    return lambda draft: draft.claims.update({name: int(draft.world.now + each) for name, each in ahead.items()})


def _late(seconds: int) -> Make:
    def make(draft: Draft) -> None:
        now = int(draft.world.now)
        draft.claims |= {"iat": now, "exp": now + seconds}
        draft.finish.append(lambda done: done.world.platform.clock.advance(seconds + 2))

    return make


def _at_level(provider: str, level: str, scope: str) -> Make:
    def make(draft: Draft) -> None:
        draft.world.platform.apps.change(APP, scopes=(scope,))
        draft.form["subject_token"] = draft.world.id_token(provider, wanted=LogInRequest(client_id=APP, level=level))

    return make


_OPAQUE: Final = (
    *(_each("variable-not-filled-in", "code", *(_put("code", value) for value in ("undefined", "${CODE}", "null")))),
    *(
        _each(
            "variable-not-filled-in",
            (*_BY_SECRET,),
            *(_put("client_secret", value) for value in ("None", "<secret>", "process.env.SECRET")),
        )
    ),
    *(
        _each(
            "variable-not-filled-in",
            "refresh",
            *(_put("refresh_token", value) for value in ("undefined", "{{refresh_token}}", "[object Object]")),
        )
    ),
    *(
        _each(
            "variable-not-filled-in",
            PROVIDERS,
            *(_put("code", value) for value in ("undefined", "/run/secrets/code.txt", "%CODE%")),
        )
    ),
)
_VALUES: Final = (
    *_OPAQUE,
    *_each(
        "mangled-jwt",
        SIGNED,
        *(_put("client_assertion", value) for value in ("undefined", "./assertion.jwt", "{{ assertion }}")),
    ),
    *_each(
        "mangled-jwt",
        "token_exchange",
        *(_put("subject_token", value) for value in ("null", "${ID_TOKEN}", "YOUR_ID_TOKEN")),
    ),
    *_each(
        "app-not-known-here",
        SIGNED,
        *(
            lambda draft, value=value: draft.claims.update(iss=value, sub=value)
            for value in ("<your API key>", "${API_KEY}", "your-api-key-here")
        ),
    ),
    *_each(
        "wrong-kid",
        SIGNED,
        *(lambda draft, value=value: draft.jose.update(kid=value) for value in ("your-kid", "${KID}", "{kid}")),
    ),
    *_each("bearer-shape", "api", _bearer("undefined"), _bearer("${TOKEN}"), _bearer("$(cat token.txt)")),
    *_each("empty-parameter", SIGNED, *(_put("client_assertion", value) for value in ("", " ", "\t"))),
    *_each("empty-parameter", "token_exchange", *(_put("subject_token", value) for value in ("", " ", "\n"))),
    *_each("empty-parameter", ("code", *PROVIDERS), *(_put("code", value) for value in ("", " ", "  "))),
    *_each("empty-parameter", "refresh", *(_put("refresh_token", value) for value in ("", " ", "\n\n"))),
    *_each("empty-parameter", _BY_SECRET, *(_put("client_secret", value) for value in ("", " ", "\r\n"))),
    *_each(
        "private-key-sent", SIGNED, *(_put("client_assertion", make) for make in (_pem, _private_base64, _private_jwk))
    ),
    *_each(
        "private-key-sent",
        "token_exchange",
        *(_put("subject_token", make) for make in (_pem, _private_base64, _private_jwk)),
    ),
    *_each(
        "private-key-sent", _BY_SECRET, *(_put("client_secret", make) for make in (_pem, _private_base64, _private_jwk))
    ),
    *_each("private-key-sent", "api", _bearer(_private_base64), _bearer(lambda draft: _pem(draft).replace("\n", ""))),
    *_each(
        "public-key-sent",
        SIGNED,
        _put("client_assertion", _public),
        _put("client_assertion", _PUBLIC_JWK),
        _put("client_assertion", _public_on_one_line),
    ),
    *_each(
        "public-key-sent",
        _BY_SECRET,
        *(_put("client_secret", each) for each in (_public, _PUBLIC_JWK, _public_on_one_line)),
    ),
    *_each(
        "json-as-value",
        "token_exchange",
        _put("subject_token", lambda draft: json.dumps(_cis2_tokens(draft))),
        _put("subject_token", '{"error": "invalid_grant", "error_description": "used"}'),
        _put("subject_token", '{"sub": "656005750104", "name": "PRIYA"}'),
    ),
    *_each(
        "json-as-value",
        "refresh",
        _put("refresh_token", lambda draft: json.dumps({"refresh_token": draft.form["refresh_token"]})),
        _put("refresh_token", '{"error": "invalid_client"}'),
        _put("refresh_token", '{"access_token": "x", "expires_in": "599"}'),
    ),
    *_each(
        "json-as-value",
        SIGNED,
        _put("client_assertion", lambda draft: json.dumps(draft.claims)),
        _put("client_assertion", '{"client_assertion": "x.y.z"}'),
        _put("client_assertion", '{"error": "no key"}'),
    ),
    *_each(
        "mangled-jwt",
        (*SIGNED, *PROVIDERS),
        _wrapped("client_assertion", lambda jwt: base64.b64encode(jwt.encode()).decode()),
        _wrapped("client_assertion", lambda jwt: f"b'{jwt}'"),
        _wrapped("client_assertion", lambda jwt: jwt.replace(".", "%2E")),
        _wrapped("client_assertion", lambda jwt: f"{jwt}\n"),
        _wrapped("client_assertion", lambda jwt: f'b"{jwt}"\n'),
    ),
    *_each(
        "wrapped-value",
        ("code", *PROVIDERS),
        _wrapped("code", lambda code: f"code={code}&state=mine"),
        _wrapped("code", lambda code: f" {code}"),
        _wrapped("code", lambda code: f"{code}\n"),
        _wrapped("code", lambda code: f'"{code}"'),
    ),
    *_each(
        "wrapped-value",
        "refresh",
        _wrapped("refresh_token", lambda token: f'"{token}"'),
        _wrapped("refresh_token", lambda token: f"{token}\n"),
        _wrapped("refresh_token", lambda token: base64.b64encode(token.encode()).decode()),
    ),
)
_BODIES: Final = (
    *_each(
        "multipart-body", TOKEN_REQUESTS, *map(_content_type, ("multipart/form-data; boundary=x", "multipart/mixed"))
    ),
    *_each(
        "encoded-twice",
        TOKEN_REQUESTS,
        _with_body(quote_plus),
        _with_body(quote),
        _with_body(lambda text: quote(text, safe="")),
    ),
    *_each(
        "parameters-joined",
        TOKEN_REQUESTS,
        *(_with_body(_joined_by(each)) for each in ("\n", "\r\n", "|")),
    ),
    *_each(
        "compressed-body",
        TOKEN_REQUESTS,
        _with_body(lambda text: gzip.compress(text.encode()), Content_Encoding="gzip"),
        _with_body(lambda text: gzip.compress(text.encode())),
        _with_body(lambda text: zlib.compress(text.encode()), Content_Encoding="deflate"),
    ),
    *_each(
        "parameter-name",
        TOKEN_REQUESTS,
        *(_renamed("grant_type", name) for name in ("grantType", "grant-type", "GrantType")),
    ),
    *_each(
        "parameter-name",
        SIGNED,
        *(_renamed("client_assertion", name) for name in ("assertion", "clientAssertion", "client-assertion")),
    ),
    *_each(
        "parameter-name", "refresh", *(_renamed("refresh_token", name) for name in ("refreshToken", "RefreshToken"))
    ),
    *_each(
        "client-assertion-type",
        SIGNED,
        _put("client_assertion_type", ASSERTION_TYPE.replace(":", "%3A")),
        _put("client_assertion_type", f"{ASSERTION_TYPE} "),
        _put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt"),
    ),
    *_each(
        "grant-type",
        TOKEN_REQUESTS,
        _wrapped("grant_type", lambda grant: f"{grant} "),
        _wrapped("grant_type", lambda grant: f"{grant}\n"),
    ),
)
_KEY_SETS: Final = (
    *_each(
        "jwk-without-kid",
        SIGNED,
        _published(_without("kid")),
        _published(_without(kid=7)),
        _published(_without(kid="")),
    ),
    *_each(
        "weak-or-odd-key",
        SIGNED,
        _published(_without("kty")),
        _published(_without("n", "e", "kty", x5c=["MIIC"])),
        _published(_without("n", "e", pem="-----BEGIN PUBLIC KEY-----")),
    ),
    *_each("jwks-is-not-a-set", SIGNED, _redirected("/oauth2/authorize"), _redirected("/oauth2-mock/authorize")),
)
_TIMES: Final = (
    *_each(
        "clock-behind-or-bst",
        SIGNED,
        _clock(-1, iat=True),
        _clock(-5.5, iat=True),
        _clock(-3.5, iat=False),
    ),
    *_each("clock-ahead", SIGNED, _clock(1, iat=True), _clock(5.5, iat=True), _clock(10.5, iat=True)),
    *_each("not-yet-valid", SIGNED, _claims(iat=3600), _claims(nbf=30), _claims(nbf=600, iat=600)),
    *_each("lifetime-too-short", SIGNED, _late(5), _late(1), _late(10)),
    *_each(
        "exp-unit",
        SIGNED,
        *(lambda draft, more=more: draft.claims.update(exp=int(draft.world.now / 60) + more) for more in (5, 4, 1)),
    ),
)
_TOKENS: Final = (
    *_each(
        "code-as-subject-token",
        "token_exchange",
        _put("subject_token", lambda draft: draft.world.code_of("cis2")),
        _put("subject_token", lambda draft: draft.world.code_of("nhs_login")),
        _put("subject_token", lambda draft: draft.world.platform_code()),
    ),
    *_each(
        "provider-token-at-api",
        "api",
        _bearer(lambda draft: _cis2_tokens(draft)["access_token"]),
        _bearer(_nhs_login("access_token")),
        _bearer(lambda draft: _cis2_tokens(draft)["refresh_token"]),
    ),
    *_each(
        "token-of-other-service",
        "refresh",
        _put("refresh_token", lambda draft: _cis2_tokens(draft)["refresh_token"]),
        _put("refresh_token", _nhs_login("refresh_token")),
    ),
    *_each("token-of-other-environment", "api", *(_bearer(_token_of(base, "access_token")) for base in OTHERS)),
    *_each(
        "token-of-other-environment",
        "refresh",
        *(_put("refresh_token", _token_of(base, "refresh_token")) for base in OTHERS),
    ),
    *_each(
        "assertion-as-bearer",
        "api",
        _bearer(lambda draft: draft.world.platform.client_assertion(APP)),
        _bearer(_assertion),
        _bearer(lambda draft: _assertion(draft, aud=draft.world.token_url("cis2"))),
    ),
    *_each("token-in-query", "api", _in_query(7), _in_query(0), _in_query(7, path="/oauth2/userinfo")),
    *_each(
        "credentials-in-basic",
        "client_credentials",
        _basic_with(lambda draft: f"{APP}:{_assertion(draft)}"),
        _basic_with(lambda draft: f":{_assertion(draft)}"),
        _basic_with(lambda draft: f"{_assertion(draft)}:"),
    ),
    *_each(
        "other-jwt-as-assertion",
        SIGNED,
        _put("client_assertion", _foreign("https://auth.login.nhs.uk")),
        _put("client_assertion", _foreign("https://am.nhsidentity.spineservices.nhs.uk:443/openam")),
        _put("client_assertion", _foreign("https://login.example/realms/x", tokenName=None, typ="ID")),
    ),
    *_each(
        "scopes-none-left",
        "token_exchange",
        _at_level("cis2", "aal1", "urn:nhsd:apim:user-nhs-cis2:aal3:hello-world"),
        _at_level("nhs_login", "P0", "urn:nhsd:apim:user-nhs-login:P9:hello-world"),
        _at_level("nhs_login", "P5", "urn:nhsd:apim:user-nhs-login:P9:hello-world"),
    ),
)
_PATHS: Final = (
    *_each("wrong-path", "api", _path("/patient-care/x"), _path("/nothing-here"), _path("/helloworld/hello/user")),
    *_each(
        "wrong-path", (*SIGNED, *_BY_SECRET), _path("/oauth2/tokens"), _path("/oauth2/tokn"), _path("/oauth/token2")
    ),
)
UNLISTED: Final[tuple[Mistake, ...]] = (*_VALUES, *_BODIES, *_KEY_SETS, *_TIMES, *_TOKENS, *_PATHS)
