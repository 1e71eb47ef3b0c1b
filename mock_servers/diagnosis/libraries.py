"""The default behaviour of client libraries, and how to make each of them send what the services require.

Data only: most of it was seen by running the library, some was read in its source. `fingerprints` compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The traits of a library; an empty member says nothing.

    `header` and `claims` are patterns over the names of the members in their order, with spaces between; `kid`, `jti`,
    `content_type` and `user_agent` patterns over those values. `writes` is a claim that it always adds, `lifetime` the
    default in seconds, `audience` is `text` or `list`. `fraction`: its times have fractions. `basic`: it puts the
    client into an Authorization header. `sku` is what Microsoft's libraries send as x-client-sku;
    `client_info`: they ask for that at a log-in. `changes` says what to write, by the id of the mistake.
    """

    name: str
    language: str
    header: str = ""
    claims: str = ""
    writes: str = ""
    kid: str = ""
    jti: str = ""
    lifetime: int | None = None
    audience: str = ""
    fraction: bool = False
    basic: bool = False
    content_type: str = ""
    user_agent: str = ""
    sku: str = ""
    client_info: bool = False
    changes: Mapping[str, str] = field(default_factory=dict)


PYTHON: Final = "Python"
NODE: Final = "JavaScript"
JAVA: Final = "Java"
DOTNET: Final = ".NET"
RUBY: Final = "Ruby"
PHP: Final = "PHP"
GO: Final = "Go"

AGENTS: Final = {
    r"python|authlib|aiohttp": PYTHON,
    r"axios|node|undici|got |oauth4webapi|openid-client|superagent": NODE,
    r"java|apache-httpclient|okhttp|reactornetty|spring": JAVA,
    r"\.net|restsharp": DOTNET,
    r"ruby|faraday|rack::|httparty|rest-client": RUBY,
    r"guzzle|php": PHP,
    r"go-http-client": GO,
}
"""Which language speaks, by how the User-Agent begins; case does not count."""

UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HASH: Final = r"[A-Za-z0-9_-]{43}"
_CHARSET: Final = r"application/x-www-form-urlencoded;charset=UTF-8"
_CHARSET_AFTER_BLANK: Final = r"application/x-www-form-urlencoded; charset=UTF-8"

LIBRARIES: Final = (
    Library(
        name="Authlib (PrivateKeyJWT)",
        language=PYTHON,
        header=r"typ (kid )?alg",
        claims=r"iss aud sub iat exp jti.*",
        jti=r"[A-Za-z0-9]{36}",
        lifetime=3600,
        audience="text",
        content_type=_CHARSET,
        changes={
            "alg-not-rs512": 'PrivateKeyJWT(token_url, alg="RS512", headers={"kid": "…"})',
            "cis2-alg-or-key": 'PrivateKeyJWT(token_url, alg="RS512") for the registered algorithm',
            "kid-missing": 'PrivateKeyJWT(token_url, alg="RS512", headers={"kid": "…"})',
            "lifetime-too-long": 'override sign() and pass claims={"exp": int(time.time()) + 240}; its hour is fixed',
            "cis2-lifetime": 'override sign() and pass claims={"exp": int(time.time()) + 240}; its hour is fixed',
            "same-assertion-again": "register PrivateKeyJWT itself, not a string it signed: it signs per request",
            "charset-suffix": 'fetch_token(…, headers={"Content-Type": "application/x-www-form-urlencoded"})',
        },
    ),
    Library(
        name="Authlib",
        language=PYTHON,
        basic=True,
        content_type=_CHARSET,
        changes={
            "credentials-in-basic": 'token_endpoint_auth_method="client_secret_post"',
            "secret-style-client-credentials": "token_endpoint_auth_method=PrivateKeyJWT(token_url, "
            'alg="RS512", headers={"kid": "…"}), and the private key as client_secret',
            "nhs-login-auth": 'token_endpoint_auth_method=PrivateKeyJWT(token_url, alg="RS512"), and the private '
            "key as client_secret",
        },
    ),
    Library(
        name="PyJWT",
        language=PYTHON,
        header=r"alg (jku )?(kid )?typ( x5t)?|typ alg( kid)?",
        changes={
            "alg-not-rs512": 'jwt.encode(claims, key, algorithm="RS512", headers={"kid": "…"})',
            "kid-missing": 'jwt.encode(claims, key, algorithm="RS512", headers={"kid": "…"})',
            "typ-missing": 'leave "typ" out of headers={…}: jwt.encode writes "JWT" by itself',
            "jti-missing": '"jti": str(uuid.uuid4()) among the claims',
            "jti-number": '"jti": str(uuid.uuid4()) among the claims',
            "jti-not-unique": '"jti": str(uuid.uuid4()) among the claims, a new one for each call',
            "exp-unit": '"exp": int(time.time()) + 240, or an aware datetime, which jwt.encode converts',
            "lifetime-too-long": '"exp": int(time.time()) + 240',
            "clock-behind-or-bst": '"exp": datetime.now(UTC) + timedelta(minutes=4): aware, not utcnow()',
        },
    ),
    Library(
        name="python-jose",
        language=PYTHON,
        header=r"alg (kid )?typ",
        changes={
            "alg-not-rs512": 'jwt.encode(claims, key, algorithm="RS512", headers={"kid": "…"})',
            "kid-missing": 'jwt.encode(claims, key, algorithm="RS512", headers={"kid": "…"})',
            "jti-missing": '"jti": str(uuid.uuid4()) among the claims',
            "lifetime-too-long": '"exp": int(time.time()) + 240',
        },
    ),
    Library(
        name="Authlib (authlib.jose)",
        language=PYTHON,
        header=r"alg (kid )?typ",
        changes={
            "alg-not-rs512": 'jwt.encode({"alg": "RS512", "kid": "…"}, claims, key)',
            "kid-missing": 'jwt.encode({"alg": "RS512", "kid": "…"}, claims, key)',
            "jti-missing": '"jti": str(uuid.uuid4()) among the claims',
        },
    ),
    Library(
        name="joserfc",
        language=PYTHON,
        header=r"typ alg( kid)?",
        changes={
            "alg-not-rs512": 'jwt.encode({"alg": "RS512", "kid": "…"}, claims, key, algorithms=["RS512"])',
            "kid-missing": 'jwt.encode({"alg": "RS512", "kid": "…"}, claims, key, algorithms=["RS512"])',
            "jti-missing": '"jti": str(uuid.uuid4()) among the claims',
        },
    ),
    Library(
        name="jwcrypto",
        language=PYTHON,
        header=r"(?!.*typ).*alg.*",
        claims=r"(aud )?(exp )?(iat )?(iss )?(jti )?(nbf )?(sub)?",
        lifetime=600,
        changes={
            "typ-missing": 'JWT(header={"alg": "RS512", "kid": "…", "typ": "JWT"}, claims=…)',
            "kid-missing": 'JWT(header={"alg": "RS512", "kid": "…", "typ": "JWT"}, claims=…)',
            "alg-not-rs512": 'JWT(header={"alg": "RS512", "kid": "…", "typ": "JWT"}, claims=…)',
            "lifetime-too-long": '"exp" among the claims: the default_claims give ten minutes',
        },
    ),
    Library(
        name="msal",
        language=PYTHON,
        header=r"alg (kid |x5t )*typ",
        claims=r"aud iss sub exp iat jti",
        jti=UUID,
        lifetime=600,
        fraction=True,
        changes={
            "lifetime-too-long": "create_normal_assertion(…, expires_in=240)",
            "kid-missing": 'JwtAssertionCreator(key, "RS512", headers={"kid": "…"})',
            "alg-not-rs512": 'JwtAssertionCreator(key, "RS512", headers={"kid": "…"})',
        },
    ),
    Library(
        name="msal (a client_credential that is text)",
        language=PYTHON,
        sku="MSAL.Python",
        changes={
            "credentials-in-basic": "plain requests with a form: msal puts the secret where its own servers want it",
            "secret-style-client-credentials": "ConfidentialClientApplication(…, client_credential="
            '{"client_assertion": sign}), where sign() returns a new assertion that PyJWT signed with RS512',
        },
    ),
    Library(
        name="msal (a log-in)",
        language=PYTHON,
        client_info=True,
        changes={
            "scope-unknown": 'ConfidentialClientApplication(…, exclude_scopes=["offline_access"])',
        },
    ),
    Library(
        name="oauthlib (ServiceApplicationClient)",
        language=PYTHON,
        header=r"alg typ",
        claims=r"iss aud sub exp iat.*",
        lifetime=3600,
        changes={
            "grant-type": "BackendApplicationClient or plain requests: ServiceApplicationClient speaks the jwt-bearer "
            "grant alone, which nobody here knows",
            "jti-missing": "sign the assertion with PyJWT: this one writes no jti",
        },
    ),
    Library(
        name="requests-oauthlib (BackendApplicationClient)",
        language=PYTHON,
        basic=True,
        content_type=r"application/x-www-form-urlencoded",
        user_agent=r"python-requests/.*",
        changes={
            "credentials-in-basic": "fetch_token(…, include_client_id=True, client_secret=…)",
            "secret-style-client-credentials": "fetch_token(…, include_client_id=True, client_assertion_type=…, "
            "client_assertion=…)",
            "nhs-login-auth": "fetch_token(…, include_client_id=True, client_assertion_type=…, client_assertion=…)",
        },
    ),
    Library(
        name="requests (auth=…)",
        language=PYTHON,
        basic=True,
        content_type=r"application/x-www-form-urlencoded",
        user_agent=r"python-requests/.*",
        changes={
            "credentials-in-basic": 'requests.post(url, data={…, "client_id": …, "client_secret": …}), without auth=',
            "secret-style-client-credentials": "requests.post(url, data={…}) with a signed client_assertion, without "
            "auth=",
        },
    ),
    Library(
        name="requests_oauth2client",
        language=PYTHON,
        header=r"alg typ kid",
        claims=r"iss sub aud iat exp jti",
        jti=UUID,
        lifetime=60,
        changes={
            "alg-not-rs512": 'PrivateKeyJwt(client_id, private_jwk, alg="RS512")',
            "wrong-kid": 'PrivateKeyJwt takes the kid of the JWK: Jwk(…, kid="…")',
        },
    ),
    Library(
        name="jose",
        language=NODE,
        header=r"(?!.*typ)(alg( kid)?|kid alg)",
        changes={
            "typ-missing": "new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid, typ: 'JWT' })",
            "kid-missing": "new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid, typ: 'JWT' })",
            "alg-not-rs512": "new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid, typ: 'JWT' })",
            "jti-missing": ".setJti(crypto.randomUUID())",
            "lifetime-too-long": ".setExpirationTime('4m')",
            "exp-unit": ".setExpirationTime('4m'): a number is taken as seconds since 1970",
        },
    ),
    Library(
        name="Auth.js (next-auth)",
        language=NODE,
        header=r"alg( kid)?",
        claims=r"jti aud exp iat nbf iss sub",
        jti=_HASH,
        lifetime=60,
        audience="list",
        content_type=_CHARSET,
        changes={"typ-missing": "it has no option for typ: exchange the token yourself, with jose's SignJWT"},
    ),
    Library(
        name="openid-client",
        language=NODE,
        header=r"alg( kid)?",
        claims=r"jti aud exp iat nbf iss sub",
        jti=_HASH,
        lifetime=60,
        audience="text",
        content_type=_CHARSET,
        user_agent=r"openid-client/.*",
        changes={
            "kid-missing": "client.PrivateKeyJwt({ key, kid: '…' })",
            "typ-missing": "PrivateKeyJwt(key, { [client.modifyAssertion]: (header) => { header.typ = 'JWT' } })",
            "alg-not-rs512": "import the key for RS512: importPKCS8(pem, 'RS512'); the alg comes from the key",
            "aud-near-miss": "PrivateKeyJwt(key, { [client.modifyAssertion]: (header, payload) => { payload.aud = "
            "tokenUrl } }): by itself it sends the issuer",
            "cis2-aud-without-443": "PrivateKeyJwt(key, { [client.modifyAssertion]: (header, payload) => { "
            "payload.aud = config.serverMetadata().token_endpoint } })",
            "charset-suffix": "config[client.customFetch] = (url, o) => fetch(url, { ...o, headers: { ...o.headers, "
            "'content-type': 'application/x-www-form-urlencoded' } })",
        },
    ),
    Library(
        name="oauth4webapi",
        language=NODE,
        header=r"alg( kid)?",
        claims=r"jti aud exp iat nbf iss sub",
        jti=_HASH,
        lifetime=60,
        audience="text",
        content_type=_CHARSET,
        user_agent=r"oauth4webapi/.*",
        changes={
            "kid-missing": "oauth.PrivateKeyJwt({ key, kid: '…' })",
            "typ-missing": "PrivateKeyJwt(key, { [oauth.modifyAssertion]: (header) => { header.typ = 'JWT' } })",
            "alg-not-rs512": "import the key for RS512: importPKCS8(pem, 'RS512'); the alg comes from the key",
            "aud-near-miss": "PrivateKeyJwt(key, { [oauth.modifyAssertion]: (header, payload) => { payload.aud = "
            "as.token_endpoint } }): by itself it sends the issuer",
            "cis2-aud-without-443": "PrivateKeyJwt(key, { [oauth.modifyAssertion]: (header, payload) => { "
            "payload.aud = as.token_endpoint } })",
            "charset-suffix": "[oauth.customFetch]: (url, o) => fetch(url, { ...o, headers: { ...o.headers, "
            "'content-type': 'application/x-www-form-urlencoded' } })",
        },
    ),
    Library(
        name="jsonwebtoken",
        language=NODE,
        header=r"alg typ( kid)?",
        writes="iat",
        changes={
            "kid-missing": "jwt.sign(claims, key, { algorithm: 'RS512', keyid: '…', jwtid: randomUUID() })",
            "alg-not-rs512": "jwt.sign(claims, key, { algorithm: 'RS512', keyid: '…', jwtid: randomUUID() })",
            "jti-missing": "jwtid: randomUUID() among the options",
            "lifetime-too-long": "expiresIn: 240, a number of seconds",
            "exp-unit": "expiresIn: 240, a number: text without a unit counts as milliseconds",
            "clock-behind-or-bst": "expiresIn: 240, a number: text without a unit counts as milliseconds",
        },
    ),
    Library(
        name="node-jose",
        language=NODE,
        header=r"(typ )?alg kid",
        kid=_HASH,
        changes={
            "alg-not-rs512": "JWS.createSign({ format: 'compact', fields: { alg: 'RS512', typ: 'JWT' } }, key)",
            "typ-missing": "JWS.createSign({ format: 'compact', fields: { alg: 'RS512', typ: 'JWT' } }, key)",
            "wrong-kid": "JWK.asKey(pem, 'pem', { kid: '…' }): by default it writes the key's thumbprint",
        },
    ),
    Library(
        name="jsrsasign",
        language=NODE,
        header=r"(?!.*typ)(alg( kid)?|kid alg)",
        changes={
            "typ-missing": "JWS.sign('RS512', { alg: 'RS512', kid: '…', typ: 'JWT' }, claims, pem)",
            "kid-missing": "JWS.sign('RS512', { alg: 'RS512', kid: '…', typ: 'JWT' }, claims, pem)",
        },
    ),
    Library(
        name="msal-node",
        language=NODE,
        header=r"alg x5t\S* typ",
        claims=r"aud exp iss sub nbf jti( iat)?",
        lifetime=600,
        changes={
            "alg-not-rs512": "it signs by PS256 or RS256 alone: sign the assertion yourself, with jose's SignJWT",
            "kid-missing": "it writes x5t and no kid: sign the assertion yourself, with jose's SignJWT",
        },
    ),
    Library(
        name="msal-node (a log-in)",
        language=NODE,
        sku=r"msal\.js\.node",
        client_info=True,
        changes={
            "scope-unknown": "take offline_access out of the scope of the URL that getAuthCodeUrl(…) returns",
        },
    ),
    Library(
        name="msal-node (clientSecret)",
        language=NODE,
        sku=r"msal\.js\.node",
        changes={
            "secret-style-client-credentials": "auth: { clientAssertion: async () => … }, which returns a new "
            "assertion that jose's SignJWT signed with RS512",
        },
    ),
    Library(
        name="Nimbus oauth2-oidc-sdk",
        language=JAVA,
        header=r"(?!.*typ)(alg( kid)?|kid alg)",
        content_type=_CHARSET_AFTER_BLANK,
        changes={
            "typ-missing": "new JWSHeader.Builder(JWSAlgorithm.RS512).keyID(…).type(JOSEObjectType.JWT)",
            "kid-missing": "new JWSHeader.Builder(JWSAlgorithm.RS512).keyID(…).type(JOSEObjectType.JWT)",
            "alg-not-rs512": "new JWSHeader.Builder(JWSAlgorithm.RS512).keyID(…).type(JOSEObjectType.JWT)",
            "charset-suffix": 'httpRequest.setContentType("application/x-www-form-urlencoded") before send()',
        },
    ),
    Library(
        name="Spring Security",
        language=JAVA,
        header=r"(?!.*typ).*alg.*",
        claims=r"iss sub aud jti iat exp",
        jti=UUID,
        lifetime=60,
        changes={
            "typ-missing": 'converter.setJwtClientAssertionCustomizer(c -> c.getHeaders().type("JWT"))',
            "alg-not-rs512": 'give the JWK its alg: new RSAKey.Builder(…).algorithm(JWSAlgorithm.RS512).keyID("…")',
            "kid-missing": 'give the JWK its kid: new RSAKey.Builder(…).algorithm(JWSAlgorithm.RS512).keyID("…")',
            "charset-suffix": "Spring Framework 6.2 leaves the charset away; before that set the header yourself",
        },
    ),
    Library(
        name="jjwt",
        language=JAVA,
        header=r"(?!.*typ)(alg( kid)?|kid alg)",
        changes={
            "typ-missing": 'Jwts.builder().header().type("JWT").keyId("…").and()',
            "kid-missing": 'Jwts.builder().header().type("JWT").keyId("…").and()',
            "alg-not-rs512": "signWith(privateKey, Jwts.SIG.RS512)",
            "jti-missing": ".id(UUID.randomUUID().toString())",
        },
    ),
    Library(
        name="java-jwt",
        language=JAVA,
        header=r"(kid )?typ alg|alg typ|(kid )?alg typ|typ (kid )?alg",
        changes={
            "kid-missing": 'JWT.create().withKeyId("…")',
            "alg-not-rs512": "sign(Algorithm.RSA512(null, privateKey))",
            "jti-missing": ".withJWTId(UUID.randomUUID().toString())",
        },
    ),
    Library(
        name="Microsoft's JwtSecurityToken",
        language=DOTNET,
        header=r"alg (kid )?(x5t )?typ",
        claims=r".*nbf exp iss aud",
        lifetime=3600,
        audience="text",
        changes={
            "kid-missing": 'new X509SecurityKey(…) { KeyId = "…" }, or new RsaSecurityKey(rsa) { KeyId = "…" }',
            "alg-not-rs512": "new SigningCredentials(key, SecurityAlgorithms.RsaSha512)",
            "jti-missing": "new Claim(JwtRegisteredClaimNames.Jti, Guid.NewGuid().ToString())",
            "lifetime-too-long": "expires: DateTime.UtcNow.AddMinutes(4)",
            "clock-ahead": "leave notBefore out: it writes nbf = now, which a fast clock puts into the future",
            "charset-suffix": "new FormUrlEncodedContent(…): StringContent with an encoding adds the charset",
        },
    ),
    Library(
        name="ruby-jwt",
        language=RUBY,
        header=r"(?!.*typ).*alg.*",
        changes={
            "typ-missing": "JWT.encode(claims, key, 'RS512', { kid: '…', typ: 'JWT' })",
            "kid-missing": "JWT.encode(claims, key, 'RS512', { kid: '…', typ: 'JWT' })",
            "alg-not-rs512": "JWT.encode(claims, key, 'RS512', { kid: '…', typ: 'JWT' })",
            "jti-missing": "jti: SecureRandom.uuid among the claims",
        },
    ),
    Library(
        name="rack-oauth2",
        language=RUBY,
        header=r"typ alg( kid)?",
        claims=r"iss sub aud jti iat exp",
        jti=r"[0-9a-f]{32}",
        lifetime=180,
        changes={
            "alg-not-rs512": "it lets json-jwt choose, which is RS256: sign the assertion yourself, with alg RS512",
            "kid-missing": "give it a JSON::JWK with a kid as private_key: of a bare OpenSSL key it knows none",
            "cis2-aud-without-443": "Ruby's URI drops :443: make the aud of the string of discovery",
            "subject-token-type": "subject_token_type: 'urn:ietf:params:oauth:token-type:id_token'",
        },
    ),
    Library(
        name="firebase/php-jwt",
        language=PHP,
        header=r"typ alg( kid)?",
        changes={
            "kid-missing": "JWT::encode($claims, $key, 'RS512', '…'): the fourth argument is the kid",
            "alg-not-rs512": "JWT::encode($claims, $key, 'RS512', '…')",
            "jti-missing": "'jti' => Uuid::uuid4()->toString() among the claims",
        },
    ),
    Library(
        name="lcobucci/jwt",
        language=PHP,
        header=r"typ alg( kid)?",
        fraction=True,
        changes={
            "kid-missing": "$builder->withHeader('kid', '…')",
            "alg-not-rs512": "new Signer\\Rsa\\Sha512()",
            "jti-missing": "$builder->identifiedBy(…)",
        },
    ),
    Library(
        name="golang-jwt",
        language=GO,
        header=r"alg (kid )?typ",
        changes={
            "kid-missing": 'token.Header["kid"] = "…"',
            "alg-not-rs512": "jwt.NewWithClaims(jwt.SigningMethodRS512, claims)",
            "jti-missing": "RegisteredClaims{ID: uuid.NewString()}",
            "lifetime-too-long": "ExpiresAt: jwt.NewNumericDate(time.Now().Add(4 * time.Minute))",
        },
    ),
    Library(
        name="zitadel/oidc",
        language=GO,
        header=r"alg( kid)?",
        claims=r"iss sub aud iat exp",
        lifetime=3600,
        audience="list",
        changes={
            "typ-missing": "its client assertion has no option for typ: sign it yourself, with golang-jwt",
            "jti-missing": "its client assertion has no jti: sign it yourself, with golang-jwt",
            "lifetime-too-long": "its client assertion lives an hour: sign it yourself, with golang-jwt",
        },
    ),
    Library(
        name="golang.org/x/oauth2",
        language=GO,
        basic=True,
        user_agent=r"Go-http-client/.*",
        changes={
            "credentials-in-basic": "Endpoint{AuthStyle: oauth2.AuthStyleInParams}: else it tries Basic first",
            "code-spent-or-late": "Endpoint{AuthStyle: oauth2.AuthStyleInParams}: else it sends one code twice, "
            "by Basic and then by form",
        },
    ),
    Library(
        name="Apigee (GenerateJWT)",
        language="",
        header=r"typ alg kid",
        claims=r"sub iss aud iat exp jti",
        audience="text",
        changes={"lifetime-too-long": "<ExpiresIn>240s</ExpiresIn>"},
    ),
    Library(
        name="Epic",
        language="",
        header=r"alg jku kid typ",
        claims=r"aud exp iat iss jti nbf sub",
        lifetime=120,
    ),
)
"""Libraries that make tokens or whole token requests; of two similar ones the more popular comes first."""

HTTP_CLIENTS: Final = (
    Library(
        name="requests",
        language=PYTHON,
        user_agent=r"python-requests/.*",
        changes={
            "json-body": "requests.post(url, data={…}), not json=",
            "query-string-params": "requests.post(url, data={…}), not params=",
            "content-type-missing": "requests.post(url, data={…}): with text as data it names no type",
        },
    ),
    Library(
        name="httpx",
        language=PYTHON,
        user_agent=r"python-httpx/.*",
        changes={
            "json-body": "httpx.post(url, data={…}), not json=",
            "query-string-params": "httpx.post(url, data={…}), not params=",
            "content-type-missing": "httpx.post(url, data={…}), not content=",
            "cis2-aud-without-443": "httpx drops :443 from its URLs: keep the string of discovery for aud",
        },
    ),
    Library(
        name="axios",
        language=NODE,
        user_agent=r"axios/.*",
        changes={
            "json-body": "axios.post(url, new URLSearchParams({ … }).toString()): an object goes out as JSON",
            "query-string-params": "axios.post(url, new URLSearchParams({ … }).toString()), not params",
            "charset-suffix": "axios.post(url, body, { headers: { 'Content-Type': "
            "'application/x-www-form-urlencoded' } })",
            "retry-resends-assertion": "axiosRetry(client, { onRetry: (_, error, config) => { config.data = signed() } "
            "}): sign within the retry",
        },
    ),
    Library(
        name="node's fetch",
        language=NODE,
        user_agent=r"node|undici",
        changes={
            "json-body": "fetch(url, { method: 'POST', body: new URLSearchParams({ … }) })",
            "query-string-params": "fetch(url, { method: 'POST', body: new URLSearchParams({ … }) })",
            "charset-suffix": "fetch(url, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, … })",
            "content-type-missing": "fetch(url, { method: 'POST', body: new URLSearchParams({ … }) }): text alone goes "
            "out as text/plain",
        },
    ),
    Library(
        name="Go's net/http",
        language=GO,
        user_agent=r"Go-http-client/.*",
        changes={
            "json-body": "http.PostForm(url, url.Values{…})",
            "query-string-params": "http.PostForm(url, url.Values{…})",
        },
    ),
    Library(
        name="curl",
        language="",
        user_agent=r"curl/.*",
        changes={
            "json-body": "curl -d 'grant_type=…' -d 'client_assertion=…' URL, not --json",
            "query-string-params": "curl -d 'grant_type=…' URL: without -G, and nothing behind a ?",
        },
    ),
    Library(
        name="Postman",
        language="",
        user_agent=r"PostmanRuntime/.*",
        changes={
            "json-body": "Body → x-www-form-urlencoded",
            "query-string-params": "Body → x-www-form-urlencoded, not Params",
            "same-assertion-again": "sign in a pre-request script, so that each Send has an assertion of its own",
        },
    ),
)
"""Those that carry a request, known by their User-Agent."""
