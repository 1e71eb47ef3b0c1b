"""An authorization request is refused in the provider's own words, by page or by redirect, and never to a stranger."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Ask = Callable[..., TestResponse]
REDIRECT = "https://app.example/callback"
MISMATCH = "The redirection URI provided does not match a pre-registered value."
CLIENT_INVALID = (
    "The client identifier provided is invalid, the client failed to authenticate, the client did not include its "
    "credentials, provided multiple client credentials, or used unsupported credentials type."
)
INVALID_SCOPE = "The requested scope is invalid, unknown, or malformed."


def sentence_on(page: TestResponse) -> str:
    return page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"client_id": None}, "invalid_request", "Missing parameter, client_id"),
        ({"client_id": ""}, "invalid_request", "Missing parameter, client_id"),
        ({"client_id": "x" * 10_000}, "invalid_client", CLIENT_INVALID),
        ({"client_id": "other"}, "invalid_client", CLIENT_INVALID),
        ({"redirect_uri": None}, "invalid_request", "Missing parameter: redirect_uri"),
        ({"redirect_uri": ""}, "invalid_request", "Missing parameter: redirect_uri"),
        ({"redirect_uri": "/callback"}, "relative_redirect_uri", "The redirection URI provided is not absolute."),
        ({"redirect_uri": "https://app.example/" + "x" * 10_000}, "redirect_uri_mismatch", MISMATCH),
    ],
)
def test_cis2_shows_a_page_while_it_knows_no_redirect_uri(
    authorize: Ask, platform: Mock, changes: dict[str, str | None], code: str, sentence: str
) -> None:
    page = authorize(**changes)

    error = platform.exchanges.last.refusal
    assert error is not None
    assert (page.status_code, "Location" in page.headers) == (400, False)
    assert (error.code, error.description, error.evidence) == (code, sentence, "I")
    assert sentence in sentence_on(page)


@pytest.mark.parametrize(
    "uri",
    [
        "https://APP.example/callback",
        "https://app.example/Callback",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example/callback/",
        "https://app.example/callback#here",
        "https://app.example/callback?next=1",
        "https://app.example@evil.example/callback",
        "https://evil.example/https://app.example/callback",
        "https://app.example/x/../callback",
        "https://app.example.evil.example/callback",
        "https://\u0430pp.example/callback",
        "http://app.example/callback",
        "//app.example/callback",
        "https://[app.example/callback",
        "javascript:alert(1)",
        " https://app.example/callback",
        "https://app.example/callback\r\nX: y",
    ],
)
@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev"])
def test_a_look_alike_redirect_uri_is_never_followed(authorize: Ask, provider: str, uri: str) -> None:
    page = authorize(provider, redirect_uri=uri)

    assert (page.status_code, page.headers.get("Location"), page.mimetype) == (400, None, "text/html")


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_target_is_named_on_cis2s_page(authorize: Ask, name: str) -> None:
    request = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": REDIRECT, "scope": "openid"}

    page = authorize(pairs=[*request.items(), (name, request[name])])

    assert page.status_code == 400
    assert f"Invalid Request, duplicate request parameter found : {name}" in sentence_on(page)


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"response_type": None}, "invalid_request", "Missing parameter, response_type"),
        ({"response_type": ""}, "invalid_request", "Missing parameter, response_type"),
        ({"response_type": "token"}, "unsupported_response_type", "Response type is not supported."),
        ({"response_type": "x" * 10_000}, "unsupported_response_type", "Response type is not supported."),
        ({"scope": None}, "invalid_request", "Missing expected scope=openid from request"),
        ({"scope": ""}, "invalid_request", "Missing expected scope=openid from request"),
        ({"scope": "profile"}, "invalid_request", "Missing expected scope=openid from request"),
        ({"scope": "openid offline_access"}, "invalid_scope", INVALID_SCOPE),
        ({"scope": "openid " + "x" * 10_000}, "invalid_scope", INVALID_SCOPE),
        ({"prompt": "none login"}, "invalid_request", "Prompt parameter is invalid or unsupported"),
        ({"prompt": "x" * 10_000}, "invalid_request", "Prompt parameter is invalid or unsupported"),
        ({"prompt": "none"}, "login_required", "The request requires login."),
        ({"max_age": "soon"}, "invalid_request", "Invalid max_age parameter"),
        ({"max_age": "-1"}, "invalid_request", "Invalid max_age parameter"),
    ],
)
def test_cis2_shows_the_client_by_redirect(
    authorize: Ask, changes: dict[str, str | None], error: str, description: str
) -> None:
    answer = authorize(**changes)

    query = answer.headers["Location"].removeprefix(f"{REDIRECT}?")
    assert answer.status_code == 302
    assert query == _query(error=error, error_description=description, state="s-1")


def _query(**parameters: str) -> str:
    return urlencode(parameters, quote_via=quote, safe="")


@pytest.mark.parametrize("name", ["response_type", "scope", "state", "nonce", "prompt"])
def test_a_repeated_parameter_is_named_by_cis2_in_the_redirect(authorize: Ask, name: str) -> None:
    request = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": REDIRECT, "scope": "openid"}

    answer = authorize(pairs=[*request.items(), (name, "login"), (name, "login")])

    assert (
        _query(error_description=f"Invalid Request, duplicate request parameter found : {name}")
        in (answer.headers["Location"])
    )


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"response_type": None}, {"error": "invalid_request", "state": "s-1"}),
        (
            {"response_type": "token"},
            {
                "error": "unsupported_response_type",
                "error_description": "Unsupported response_type value",
                "state": "s-1",
            },
        ),
        ({"scope": None}, {"error": "invalid_scope", "state": "s-1"}),
        ({"scope": "openid nhs_app_credentials"}, {"error": "invalid_scope", "state": "s-1"}),
        ({"scope": "openid profile basic_demographics"}, {"error": "invalid_scope", "state": "s-1"}),
        ({"prompt": "none"}, {"error": "sso_login_required", "state": "s-1"}),
        ({"prompt": "later"}, {"error": "invalid_request", "state": "s-1"}),
        ({"display": "popup"}, {"error": "invalid_request", "state": "s-1"}),
        ({"response_mode": "form_post"}, {"error": "invalid_request", "state": "s-1"}),
        ({"request": "eyJ"}, {"error": "request_not_supported", "state": "s-1"}),
        ({"request_uri": "https://app.example/r"}, {"error": "request_uri_not_supported", "state": "s-1"}),
        ({"registration": "{}"}, {"error": "registration_not_supported", "state": "s-1"}),
        ({"vtr": "P9.Cp.Cd"}, {"error": "invalid_request", "state": "s-1"}),
        ({"vtr": "[]"}, {"error": "invalid_request", "state": "s-1"}),
        ({"vtr": "[" * 10_000}, {"error": "invalid_request", "state": "s-1"}),
        ({"vtr": '["P8.Cp"]'}, {"error": "invalid_request", "state": "s-1"}),
    ],
)
def test_nhs_login_shows_the_client_by_redirect(
    authorize: Ask, changes: dict[str, str | None], reported: dict[str, str]
) -> None:
    answer = authorize("nhs_login", **changes)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{REDIRECT}?{_query(**reported)}")


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("cis2", {"state": None, "nonce": None}),
        ("cis2", {"max_age": "300", "acr_values": "AAL2_OR_AAL3_ANY", "prompt": "login"}),
        ("cis2", {"state": "x" * 10_000}),
        ("nhs_login", {"scope": "openid unheard_of"}),
        ("nhs_login", {"state": None, "nonce": None}),
        ("nhs_login", {"state": "", "nonce": ""}),
        ("nhs_login", {"vtr": '["P0.Cp"]', "display": "touch", "max_age": "soon"}),
        ("Cis2-mock-internal-dev", {"state": None, "nonce": None}),
    ],
)
def test_a_good_request_shows_the_log_in_page(authorize: Ask, provider: str, changes: dict[str, str | None]) -> None:
    page = authorize(provider, **changes)

    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "form-action" not in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_nhs_login_takes_the_request_as_a_form(platform: Mock, http: Client) -> None:
    form = {
        "response_type": "code",
        "client_id": "nhsauth-app",
        "redirect_uri": REDIRECT,
        "scope": "openid",
        "state": "s",
        "nonce": "n",
    }

    assert http.post("/authorize", data=form, base_url=platform.url).status_code == 200


def test_cis2_takes_no_request_as_a_form(platform: Mock, http: Client) -> None:
    answer = http.post(f"{PATH}/authorize", data={"client_id": "nhsauth-app"}, base_url=platform.url)

    assert answer.status_code == 405
    assert "Required Method: GET found: POST" in sentence_on(answer)


@pytest.fixture
def strict(ring: KeyRing) -> Mock:
    """A platform whose NHS login wants state and nonce, as documented."""
    return Mock(Configuration(nhs_login=ProviderSettings(strict_authorize=True)), ring=ring)


def ask_strictly(strict: Mock, **changes: str | None) -> TestResponse:
    strict.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    sound = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": REDIRECT, "scope": "openid"}
    query = {**sound, "state": "s-1", "nonce": "n-1", **changes}
    return Client(strict).get("/authorize", query_string=_query(**{k: v for k, v in query.items() if v is not None}))


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"state": None}, {"error": "invalid_request"}),
        ({"state": ""}, {"error": "invalid_request"}),
        ({"nonce": None}, {"error": "invalid_request", "state": "s-1"}),
        ({"nonce": ""}, {"error": "invalid_request", "state": "s-1"}),
    ],
)
def test_nhs_login_refuses_without_state_or_nonce_when_set_so(
    strict: Mock, changes: dict[str, str | None], reported: dict[str, str]
) -> None:
    answer = ask_strictly(strict, **changes)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{REDIRECT}?{_query(**reported)}")


def test_the_platform_itself_needs_no_nonce_at_nhs_login(strict: Mock) -> None:
    page = ask_strictly(
        strict,
        client_id="test-client-nhs-login",
        redirect_uri=f"{strict.url}/oauth2/callback",
        nonce=None,
        max_age="300",
    )

    assert page.status_code == 200
    assert not any("nonce" in each for each in strict.exchanges.last.advice)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": None}, "The request has no state, which NHS login documents as mandatory"),
        ({"nonce": None}, "The request has no nonce, which NHS login documents as mandatory"),
        ({"state": None, "nonce": None}, "The request has no state and no nonce, which NHS login"),
        ({}, None),
    ],
)
def test_nhs_login_without_state_or_nonce_gets_advice(
    authorize: Ask, platform: Mock, changes: dict[str, str | None], words: str | None
) -> None:
    authorize("nhs_login", **changes)

    given = [each for each in platform.exchanges.last.advice if "documents as mandatory" in each]
    assert [each.startswith(words) for each in given if words] == [True] * (words is not None)
    assert len(given) == (words is not None)


def test_what_the_page_repeats_is_escaped(authorize: Ask) -> None:
    page = authorize(state='"><script>alert(1)</script>')

    assert "<script>" not in sentence_on(page)


def heading_of(page: TestResponse) -> str:
    return page.get_data(as_text=True).partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev"])
@pytest.mark.parametrize(
    ("changes", "heading"),
    [
        ({"client_id": None}, "The application did not say which one it is"),
        ({"client_id": "other"}, "The application is not known here"),
        ({"redirect_uri": None}, "The application did not say where to send you back"),
        ({"redirect_uri": "/callback"}, "The address to send you back to is not complete"),
        ({"redirect_uri": "https://evil.example/"}, "The address to send you back to is not registered"),
    ],
)
def test_a_page_says_in_plain_words_what_is_wrong(
    authorize: Ask, provider: str, changes: dict[str, str | None], heading: str
) -> None:
    assert heading_of(authorize(provider, **changes)) == heading


def test_a_page_shows_the_providers_code_beneath(authorize: Ask) -> None:
    page = authorize(redirect_uri="https://evil.example/").get_data(as_text=True)

    assert "Status 400, <code>redirect_uri_mismatch</code>" in page


def test_a_redirect_uri_is_reported_beside_those_that_are_registered(authorize: Ask, platform: Mock) -> None:
    good = f"https://app.example/{'a' * 150}/"
    platform.apps.change("nhsauth-app", redirect_uris=("https://other.example/", f"{good}callback"))

    authorize(redirect_uri=f"{good}back")

    assert platform.exchanges.last.diagnosis == (
        f'redirect_uri "{good}back" is not one that the client has registered: "https://other.example/", '
        f'"{good}callback"; they part after "{good}". Case, port, path and a slash at the end count.'
    )


def test_many_registered_redirect_uris_are_counted(authorize: Ask, platform: Mock) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=tuple(f"https://{number}.example/" for number in range(12)))

    authorize()

    assert '"https://4.example/" and 7 more' in (platform.exchanges.last.diagnosis or "")


def test_a_client_without_redirect_uris_is_reported_so(authorize: Ask, platform: Mock) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=())

    authorize()

    assert "registered: there is none. Case" in (platform.exchanges.last.diagnosis or "")


@pytest.mark.parametrize(
    ("uri", "advised"),
    [
        ("http://app.example/callback", True),
        ("http://localhost:3000/callback", False),
        ("http://127.0.0.1:8080/callback", False),
        ("http://[::1]:3000/callback", False),
        ("com.example.app:/callback", False),
        (REDIRECT, False),
    ],
)
@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_redirect_uri_in_the_clear_gets_advice(
    authorize: Ask, platform: Mock, provider: str, uri: str, *, advised: bool
) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=(uri,))

    page = authorize(provider, redirect_uri=uri)

    advice = [each for each in platform.exchanges.last.advice if each.startswith(f'redirect_uri "{uri}"')]
    assert (page.status_code, len(advice)) == (200, int(advised))
    assert all("is plain http" in each and "should be https" in each and "only https" not in each for each in advice)
