"""What the text around a refusal shows of its cause; each beside a text that does not show it."""

import pytest

from mock_servers.explain.any_text import explain_text
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing

INT = "https://int.api.service.nhs.uk/oauth2/token"
PATIENT = "https://int.api.service.nhs.uk/personal-demographics/FHIR/R4/Patient"
CIS2 = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
REALM = "openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token"
EXPIRED = "Invalid 'exp' claim in client_assertion JWT - JWT has expired"
TOKEN_EXPIRED = "keymanagement.service.access_token_expired"
FAULT = f'{{"fault":{{"faultstring":"Access Token expired","detail":{{"errorcode":"{TOKEN_EXPIRED}"}}}}}}'
DATE = "Date: Tue, 20 Jan 2026 09:01:47 GMT"
FAULT_UNKNOWN = '{"issue": [{"diagnostics": "Invalid Access Token"}]}'
PLAIN_BASE64 = (
    "eyJhbGciOiJSUzUxMiJ9.eyJpc3MiOiJhIiwic3ViIjoiYSJ9Cg==.qzvSAms+nnYe9M4fSFw47mzEh1LZyTX/X1GQk0uvYrrZVDXSzlY0"
)
URL_SAFE = str.maketrans("+/", "-_", "=")
CIS2_CLAIMS = (
    "{{ iss: 'a.apps.national', sub: 'a.apps.national', aud: 'https://{}' }}\n"
    '400 {{"error": "invalid_client", "error_description": "Audience validation failed"}}'
)
OTHER_PORT = (
    "Registered: http://localhost:3000/cb\nPOST https://api.service.nhs.uk/oauth2/authorize"
    "?redirect_uri=http://localhost:3001/cb\nredirect_uri is invalid"
)
UNKNOWN_APP = "Invalid 'iss'/'sub' claims in client_assertion JWT"
EXP_FAR = "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"
SPENT = "Non-unique 'jti' claim in client_assertion JWT"
UNREACHABLE = "The JWKS endpoint, for your client_assertion can't be reached"
BASIC = f"POST {INT}\nAuthorization: Basic UWszdlQ4bVpwMTpzM2NyM3RzM2NyM3Q="
NO_TYPE = "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'"
WRONG_SIGNATURE = "JWT signature verification failed"
NO_KID = "Invalid 'kid' header in client_assertion JWT - no matching public key"
KEY_SET = '{"keys":[{"kty":"RSA","kid":"wharfe-1"}]}'
CURL = f"curl -L http{INT[5:]} -d grant_type=client_credentials"
SCOPE = "Required scope(s): OauthV2.VerifyAccessToken.scopeSet"
CODE = "6f0dd7f7-1f30-47a2-9ab1-0d0e7a6d5b11"
CALLBACK = f"GET /cb?code={CODE}&state=9f2c"
REDEEMED = 'POST https://auth.sandpit.signin.nhs.uk/token 400 {"error":"invalid_grant"}'
OUTCOME = '{{"resourceType":"OperationOutcome","issue":[{{"code":"x","details":{{"coding":[{{"code":"{}"}}]}}}}]}}'


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            f"{EXPIRED}\nhostClock: 2026-01-20T08:49:10Z\nDate: Tue, 20 Jan 2026 09:01:47 GMT",
            "Your clock is 13 min behind",
        ),
        (f"{EXPIRED}, the VM has no ntpd but was restored from a snapshot", "Your machine's clock is probably behind"),
        (
            f"2026-11-26 10:15:02 got token, expires_in=599\n2026-11-26 11:07:41 {FAULT}",
            "Your code probably used the access token 53 min after it came",
        ),
        (
            f"{FAULT}, we refresh it every 60 minutes",
            "Your code probably keeps the access",
        ),
        (
            f"int says {UNKNOWN_APP}. {INT}. It works fine against api.service.nhs.uk",
            "The API key is probably that of your",
        ),
        (
            f"{UNKNOWN_APP} at {INT}, I only changed the URL from prod",
            "The API key is probably that of your app in prod",
        ),
        (f"{WRONG_SIGNATURE}: openssl dgst -sha256 -sign key.pem", "Your code signs with SHA-256"),
        (f"{WRONG_SIGNATURE}. We generated a new key pair in the vault.", "Your service probably signs with a new key"),
        (
            f'{NO_KID}\nkid: "Wharfe-1"\n{{"keys":[{{"kty":"RSA","kid":"wharfe-1"}}]}}',
            'kid is "Wharfe-1", but the key set',
        ),
        (
            "at oauth4webapi/build/index.js Missing or invalid 'aud' claim in client_assertion JWT",
            "oauth4webapi sends the issuer as aud by default",
        ),
        (f"{CALLBACK}\n{CALLBACK}\n{REDEEMED}", "The same code was probably used twice"),
        (f"useEffect(() => finishLogin(), [])\n{REDEEMED}", "The same code was probably used twice"),
        (
            f"{SCOPE}. We use CIS2 log-in, not client_credentials; AAL2",
            "The person probably logged in at assurance level 2",
        ),
        (
            "Malformed JWT",
            "One of these: the value sent as client_assertion is not a JWT; or the value sent as subject_",
        ),
        (
            "new JwtSecurityToken(issuer, audience): Missing 'kid' header in client_assertion JWT",
            "The header of your client_assertion has no kid; Microsoft's JwtSecurityToken writes none by itself.",
        ),
        (f"{SPENT}: jti = str(int(time.time()))", "Your code probably makes jti from the clock"),
        (
            f"{EXPIRED}: exp = datetime.utcnow().timestamp() + 300",
            "Your code treats UTC as local time: in British",
        ),
        (f"{EXP_FAR}: exp = DateTime.Now.AddMinutes(5)", "Your code treats local time as UTC: in British"),
        (f"{EXP_FAR}: exp: Date.now() + 300000", "exp is in milliseconds."),
        (f"{EXP_FAR}: exp: Math.floor(Date.now()), // 1000 / 300", "exp is in milliseconds."),
        (f"{EXP_FAR}: exp: Math.floor(Date.now() / 100) + 300", "exp is not in seconds."),
        (f"{EXPIRED}: exp: Date.now() / 60000", "exp is not in seconds."),
        (f"{EXP_FAR}: exp=time.Now().Add(time.Hour).Unix()", "exp is set an hour ahead;"),
        (f"{EXP_FAR}: exp = now + timedelta(hours=12)", "exp is set 12 hours ahead;"),
        (f"{EXP_FAR}: exp = now + 3600", "exp is set an hour ahead;"),
        (f"{EXP_FAR}: exp = now + 60 * 60 * 24", "exp is set 24 hours ahead;"),
        (f"{EXP_FAR}: exp = DateTime.UtcNow.AddHours(ttl)", "exp is set in hours;"),
        (f"authorization: Bearer null\n{FAULT_UNKNOWN}", 'The token in the Authorization header is the text "null"'),
        (f"Malformed JWT in client_assertion\n{PLAIN_BASE64}", "The JWT is in plain Base64"),
        (
            f'Malformed JWT in client_assertion\n{PLAIN_BASE64}\n"grant_type=client_credentials&client_assertion="+jwt',
            "The JWT is in plain Base64",
        ),
        (
            CIS2_CLAIMS.format(f"{CIS2}/{REALM}"),
            "aud of your client_assertion lacks the port :443",
        ),
        (
            OTHER_PORT,
            "redirect_uri has the host localhost:3001",
        ),
        (f"{EXPIRED}. We sign the assertion once at startup.", "Your code probably signed one client_assertion"),
        (
            f"{EXPIRED}\nclass A:\n    ASSERTION = jwt.encode(claims, KEY)",
            "Your code probably signed one client_assertion",
        ),
        (f'{SPENT}\n"jti": f"{{API_KEY}}-{{now}}"', "Your code probably makes jti from the clock"),
        (f"{UNREACHABLE}. It opens here, on the VPN", "Your key set URL is probably inside your own network"),
        (f"{BASIC}\ngrant_type=client_credentials&scope=a\n{NO_TYPE}", "You sent the client's credentials in an"),
        (f"GET {PATIENT} answers 401", "One of these: "),
        (f"GET {PATIENT}\n429", "One of these: your app has sent more requests"),
        (
            f"GET {PATIENT}\nHTTP/1.1 403\n{OUTCOME.format('ACCESS_DENIED_LEVEL')}",
            "The person logged in at a lower level",
        ),
        (
            f"GET {PATIENT}\nHTTP/1.1 400\n{OUTCOME.format('INVALID_SEARCH_DATA')}",
            "The API itself refused this call with",
        ),
        ("Invalid value - '1234' in header 'X-Request-ID'", "The X-Request-ID header is not a UUID."),
        (
            f"POST {INT}\ncontent-type: application/json\n415\ngrant_type=client_credentials&client_assertion=abc",
            'Content-Type is "application/json"',
        ),
        (
            f"{CURL}\n< HTTP/1.1 301 Moved\n< Location: {INT}\n< HTTP/1.1 405 Method Not Allowed",
            "Your POST was redirected with a 301, and the client followed it with a GET without a body. Use https://",
        ),
    ],
)
def test_a_text_shows_the_cause(text: str, answer: str) -> None:
    assert explain_text(text).answer.startswith(answer)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (f"{EXPIRED}, our clock is not slow, we run ntpd", "clock is probably behind"),
        (f"{EXPIRED}\nhostClock: 2026-01-20T09:01:50Z\n{DATE}", "Your clock"),
        (f"{EXPIRED}\nlocal time 2026-01-20 10:01:50\n{DATE}", "Your clock"),
        (f"{UNKNOWN_APP}. It never worked in prod, {INT}", "your app in"),
        (f"{WRONG_SIGNATURE}. We have not generated a new key pair.", "new key"),
        (f"{WRONG_SIGNATURE}. No new key was published.", "old key set"),
        (f"{WRONG_SIGNATURE}. We published the public key in May.", "old key set"),
        (f"{SPENT}, we have no retry, retries: 0", "retry sent"),
        (f"{SPENT}, the assertion is not cached, it is never reused", "sends it again"),
        (f"{SPENT}, jti = uuid4()", "from the clock"),
        (f"{EXPIRED}\n    assertion = jwt.encode(claims, KEY)", "one client_assertion"),
        (f"{EXPIRED}: exp = DateTime.Now.AddMinutes(5)", "local time"),
        (f"{EXP_FAR}: exp: Math.floor((Date.now() + 300000) / 1000)", "milliseconds"),
        (f"{EXP_FAR}: exp = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis())", "milliseconds"),
        (f"{EXP_FAR}: exp: Date.now() / 1000 + 300", "not in seconds"),
        (f"{EXP_FAR}: exp: Date.now() / 1000 + 300, iat: Date.now()", "milliseconds"),
        (f"{EXP_FAR}: exp: Date.now() / 1000 + 300, iat: Date.now() / 100", "not in seconds"),
        (f"authorization: Bearer <token>\n{FAULT_UNKNOWN}", "never filled in"),
        (f"Malformed JWT in client_assertion\n{PLAIN_BASE64.translate(URL_SAFE)}", "Base64"),
        (
            CIS2_CLAIMS.format(f"{CIS2}:443/{REALM}"),
            "lacks the port",
        ),
        (f"{EXP_FAR}: exp = datetime.utcnow().timestamp()", "local time"),
        (f"{EXP_FAR}: exp = new DateTimeOffset(DateTime.Now).ToUnixTimeSeconds()", "local time"),
        (f"{EXPIRED}: exp = datetime.utcnow() + timedelta(minutes=5)", "local time"),
        (f"{UNREACHABLE}. It is public, not on the VPN", "inside your own network"),
        (f"{UNKNOWN_APP}, products Hello World - Sandbox and PDS - Integration", "sandbox"),
        (f"{SCOPE}. We use CIS2 log-in, not client_credentials", "issued to an application"),
        (f'{NO_KID}\nkid: "wharfe-1"\n{KEY_SET}', "but the key set"),
        (f"{CALLBACK}\n{REDEEMED}", "used twice"),
        (f"GET {PATIENT}\n429", "Authorization"),
        (f"GET {PATIENT}\nHTTP/1.1 400\n{OUTCOME.format('INVALID_VALUE')}", "no Authorization"),
    ],
)
def test_a_text_that_does_not_show_it_has_no_such_answer(text: str, claimed: str) -> None:
    assert claimed not in explain_text(text).answer


@pytest.mark.parametrize(
    "text",
    [
        f'{NO_KID}\nkid: "wharfe-2", we tried kid: "wharfe-3"\n{KEY_SET}',
        f"{BASIC}\nGET https://other.example/api\n{NO_TYPE}",
        f"useEffect(() => {{}}, [])\n{CALLBACK}\n{CALLBACK}\n{REDEEMED}",
        f"{EXPIRED}\nserver time 2026-01-20 08:49:10\n{DATE}",
    ],
)
def test_what_may_be_of_another_request_is_said_to_be_likely(text: str) -> None:
    assert "probably" in explain_text(text).answer


def test_a_jwt_that_is_broken_over_lines_is_named_where_it_was_malformed(ring: KeyRing) -> None:
    pair = ring.pair("a-clients-own", bits=2048, kid="test-1")
    jwt = jwts.sign({"alg": "RS512", "typ": "JWT", "kid": "test-1"}, {"iss": "a", "sub": "a", "aud": INT}, pair.private)
    text = "\r\n".join(jwt[at : at + 72] for at in range(0, len(jwt), 72))

    found = explain_text(f"400 Malformed JWT in client_assertion\n\n{text}\n")

    assert found.answer.startswith("The JWT was probably sent with line breaks in it.")


def test_of_cis2_a_port_that_is_left_out_is_named() -> None:
    client = "704258303138.apps.national"
    claims = {"iss": client, "sub": client, "aud": f"https://{CIS2}/{REALM}", "exp": 1795688340, "jti": "a"}
    text = f"Audience validation failed, https://{CIS2}:443/{REALM}\n{claims}"

    assert "lacks the port :443" in explain_text(text).answer


def test_the_header_of_a_401_says_why_where_no_body_does() -> None:
    challenge = f'Bearer realm="null",error="invalid_token",error_description="{TOKEN_EXPIRED}: Access Token expired"'
    sent = f"GET {PATIENT} HTTP/1.1\nAuthorization: Bearer abc"
    text = f"{sent}\n\nHTTP/1.1 401 Unauthorized\nWWW-Authenticate: {challenge}\n\n"

    assert explain_text(text).answer.startswith("The access token has expired")


def test_what_a_program_says_is_quoted_whole() -> None:
    (_, seen) = explain_text(f"{EXP_FAR}\nexp = jwt.NumericDate(time.Now().Add(time.Hour))").why

    assert seen == 'Seen in your paste: "exp = jwt.NumericDate(time.Now().Add(time.Hour))".'


def test_hours_and_minutes_are_said_between_the_two_times_of_the_text() -> None:
    times = "userLoginAt: 2026-01-20T08:58:10Z\nexchangeAt: 2026-01-20T11:22:47Z"
    (_, passed) = explain_text(f"{times}\nInvalid 'exp' claim in subject_token JWT - JWT has expired").why

    assert passed == "2 h 24 min passed between log-in (08:58) and the exchange (11:22)."


def test_a_second_fault_is_named_beside_the_first() -> None:
    header = '{"alg": "RS256", "typ": "JWT", "kid": "a"}'
    claims = f'{{"iss": "{"k" * 32}", "sub": "{"k" * 32}", "aud": "{INT}", "jti": "a", "iat": 1, "exp": 3601}}'
    found = explain_text(
        f"{header}\n{claims}\nInvalid 'alg' header in client_assertion JWT - unsupported JWT algorithm"
    )

    assert 'alg "RS256". Sign with RS512. Next: exp is 3600 s after iat' in found.answer
    assert "signature was not checked" not in str(found)


GRANT = "-d client_id=Qw8sL2Qw8sL2Qw8sL2Qw8sL2Qw8sL2xY -d client_secret=x"
CALL = "curl https://int.api.service.nhs.uk/hello-world/hello/user -H"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz12"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"curl {INT} -d grant_type=refresh_token -d refresh_token={CODE} {GRANT}\n401 refresh_token is invalid",
            "The platform's have 32 letters and digits",
        ),
        (
            (
                f"curl {INT} -d grant_type=authorization_code -d code={CODE} -d redirect_uri=https://a.example/cb "
                f"{GRANT}\n400 authorization_code is invalid"
            ),
            "a code of NHS login",
        ),
        (
            (
                f"curl https://{CIS2}:443/{REALM} -d grant_type=authorization_code -d client_id=969567331415 "
                f"-d client_secret=x -d code=h5Jk-2_LmNpQrStUvWxYz01AbCd -d redirect_uri=https://a.example/cb\n"
                '400 {"error":"invalid_client","error_description":"Client authentication failed"}'
            ),
            "a CIS2 client id without its end",
        ),
        (f"{CALL} 'Authorization: Bearer{TOKEN}'\n401", "no space between Bearer and the token"),
        (f"{CALL} 'Authorization: Bearer\u00a0{TOKEN}'\n401", "is U+00A0 (no-break space)"),
        (f"{CALL} 'Authorization: Basic YWI6Y2Q=, Bearer {TOKEN}'\n401", "two credentials joined"),
        (
            f"{CALL} \"Authorization: Bearer @{{outputs('t')}}\"\n401",
            "a variable that was never filled",
        ),
    ],
)
def test_the_form_of_a_value_shows_what_it_is(text: str, words: str) -> None:
    assert words in " ".join(str(explain_text(text)).split())
