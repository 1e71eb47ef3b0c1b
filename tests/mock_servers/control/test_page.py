"""The pages for people: what stands there, who gets them, and that a client's input does no harm on them."""

import base64
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from contract_tests.jwts import unsigned
from mock_servers import pages
from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.search import search
from mock_servers.explain.page import page_answer, server_link
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration
from tests.pastes import paste
from tests.processes import python

Browse = Callable[..., TestResponse]
Explain = Callable[..., TestResponse]
Post = Callable[..., TestResponse]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ORIGIN = "http://127.0.0.1:8080"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
HOSTILE = "<script>alert(1)</script>\x1b[31m\x07\u202e\x00'\"&"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def browse(http: Client, platform: Mock) -> Browse:
    """Visit a page as a browser does."""

    def visit(path: str, accept: str = BROWSER, **options: Any) -> TestResponse:
        return http.get(f"/_nhsauth{path}", base_url=platform.url, headers={"Accept": accept}, **options)

    return visit


@pytest.fixture
def explain(http: Client, platform: Mock) -> Explain:
    """Send the form as a browser does."""

    def send(value: str, *, origin: str | None = ORIGIN, role: str = "", accept: str = BROWSER) -> TestResponse:
        headers = {"Accept": accept} | ({"Origin": origin} if origin is not None else {})
        form = {"value": value, "as": role}
        return http.post("/_nhsauth/explain", data=form, base_url=platform.url, headers=headers)

    return send


def visible(answer: TestResponse) -> str:
    return Elements(answer.text).text


def refuse(post: Post, **form: str) -> None:
    assert post(**{"grant_type": "password", **form}).status_code == 400


# who gets what


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9", ""])
@pytest.mark.parametrize("path", ["/", "/exchanges/1"])
def test_programs_get_json_as_ever(browse: Browse, post: Post, path: str, accept: str) -> None:
    refuse(post)

    answer = browse(path, accept)

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json()["title" if path == "/" else "method"] in ("nhsauth control API", "POST")


@pytest.mark.parametrize("path", ["/", "/exchanges/1"])
def test_a_browser_gets_a_page_that_no_cache_confuses_with_the_json(browse: Browse, post: Post, path: str) -> None:
    refuse(post)

    answer = browse(path)

    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept", "no-store")


def test_the_list_may_run_our_script_and_nothing_else(browse: Browse) -> None:
    answer = browse("/exchanges")

    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert [reported for tag, reported in Elements(answer.text).found if tag == "script"] == [
        {"src": "/_nhsauth/journal.js", "defer": None}
    ]


def test_no_other_page_may_run_any_script(browse: Browse, post: Post) -> None:
    refuse(post)

    for answer in (browse("/exchanges/1"), browse("/exchanges?before=1"), browse("/exchanges/none")):
        assert "<script" not in answer.text
    for answer in (browse("/exchanges/1"), browse("/exchanges/none")):
        assert answer.headers["Content-Security-Policy"] == pages.SECURITY_HEADERS["Content-Security-Policy"]


def test_an_explanation_may_run_the_script_that_copies_and_ask_nobody(explain: Explain) -> None:
    answer = explain("x")

    assert answer.headers["Content-Security-Policy"] == pages.CONSOLE_HEADERS["Content-Security-Policy"]
    assert "connect-src" not in answer.headers["Content-Security-Policy"]
    assert [shown for tag, shown in Elements(answer.text).found if tag == "script"] == [
        {"src": "/_nhsauth/console.js", "defer": None}
    ]


def test_the_script_is_a_file_of_ours(http: Client) -> None:
    answer = http.get(pages.SCRIPT_PATH)

    assert (answer.status_code, answer.content_type) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_foreign_host_gets_no_page(http: Client) -> None:
    answer = http.get("/_nhsauth/", headers={"Accept": BROWSER, "Host": "evil.example"})

    assert (answer.status_code, answer.content_type) == (403, "text/html; charset=utf-8")
    assert "evil.example" in visible(answer)


def test_programs_do_not_load_what_pages_are_made_of() -> None:
    code = (
        "import sys, mock_servers.control.app\n"
        "print([name for name in ('exchange_page', 'attempt', 'explanation_page') "
        "if f'mock_servers.control.{name}' in sys.modules], 'mock_servers.catalogue.entries' in sys.modules)"
    )

    done = python(code)

    assert done.stdout == "[] False\n"


# the list


def test_an_empty_journal_says_so(browse: Browse) -> None:
    assert "None is kept. Send a request to the mock" in visible(browse("/exchanges"))


def test_the_list_shows_the_newest_first_with_what_was_wrong(browse: Browse, post: Post) -> None:
    refuse(post)
    post(grant_type="client_credentials")

    found = Elements(browse("/exchanges").text)

    assert [
        reported["href"] for tag, reported in found.found if tag == "a" and "exchanges/" in str(reported.get("href"))
    ] == [
        "/_nhsauth/exchanges/2",
        "/_nhsauth/exchanges/1",
    ]
    assert "grant_type is invalid" in found.text
    assert 'grant_type is "password"' in found.text


def test_a_long_journal_has_pages(browse: Browse, post: Post) -> None:
    for _ in range(120):
        refuse(post)

    rows = [
        len(re.findall(r'id="exchange-\d+"', browse(path).text))
        for path in ("/exchanges", "/exchanges?before=71", "/exchanges?before=21")
    ]

    assert rows == [50, 50, 20]
    assert "/_nhsauth/exchanges?before=71" in browse("/exchanges").text
    assert "Older exchanges" not in browse("/exchanges?before=21").text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("text=hello", [4]),
        ("text=Missing+or+invalid", [3]),
        ("text=nowhere", []),
        ("refused=true", [3, 2, 1]),
        ("refused=true&text=mine", [1]),
        ("text=&refused=", [4, 3, 2, 1]),
    ],
)
def test_the_list_can_be_narrowed(browse: Browse, post: Post, http: Client, query: str, ids: list[int]) -> None:
    refuse(post, client_id="mine")
    refuse(post)
    post(grant_type="client_credentials")
    http.get("/hello-world/hello/world", base_url=ORIGIN)

    answer = browse(f"/exchanges?{query}")

    assert [int(each) for each in re.findall(r'id="exchange-(\d+)"', answer.text)] == ids
    assert ('id="none" hidden' in answer.text) is (ids != [])


def test_older_ones_are_narrowed_in_the_same_way(browse: Browse, post: Post) -> None:
    for _ in range(60):
        refuse(post)

    (older,) = re.findall(
        r'href="/_nhsauth(/exchanges\?before[^"]*)"', browse("/exchanges?text=password&refused=true").text
    )

    assert older == "/exchanges?before=11&amp;text=password&amp;refused=true"
    assert len(re.findall(r'id="exchange-\d+"', browse(older.replace("&amp;", "&")).text)) == 10


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=1&before=2", "page=2", "refused=yes"])
def test_a_page_that_there_is_not_is_a_problem_for_people(browse: Browse, query: str) -> None:
    answer = browse(f"/exchanges?{query}")

    assert (answer.status_code, answer.content_type) == (400, "text/html; charset=utf-8")
    assert query.partition("=")[0] in visible(answer)


# one exchange


@pytest.fixture
def founding(platform: Mock, post: Post) -> str:
    """The founding mistake; returns the code that was sent in the wrong place."""
    code = platform.issue_code(
        "cis2", LogInRequest(user="656005750104", client_id="nhsauth-app"), f"{ORIGIN}/_nhsauth/callback"
    )
    post(
        grant_type=EXCHANGE,
        subject_token_type="urn:ietf:params:oauth:token-type:id_token",
        subject_token=code,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=platform.client_assertion("nhsauth-app"),
    )
    return code


@pytest.mark.parametrize(
    "words",
    [
        "invalid_request Malformed JWT in subject_token",
        "read in the service's source or its own tests",
        "certain code-as-subject-token",
        "is the authorization code that CIS2 issued",
        "This is an authorization code.",
        "Exchange it at http://127.0.0.1:8080/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_",
        "Try it corrected",
        "as a request for token exchange",
        "ValidateClientAssertion passed, 13 of 13",
        "ValidateSubjectToken stopped at rule 2 of 10",
        "Stopped here decode_subject_token",
        "VerifySubjectToken not reached",
        '"RS512"',
        "2027-01-15T08:05:00Z, 300 s ahead",
        "Signature: 512 bytes",
        "message_id",
    ],
)
@pytest.mark.usefixtures("founding")
def test_the_page_of_an_exchange_shows_all(browse: Browse, words: str) -> None:
    assert words in visible(browse("/exchanges/1"))


def test_the_reason_of_the_refusal_comes_before_what_would_be_refused_next(ring: KeyRing) -> None:
    client = Client(mock := Mock(Configuration(nhs_login=ProviderSettings(strict_authorize=True)), ring=ring))
    client.get("/authorize?client_id=nobody", base_url=mock.url).close()

    text = visible(client.get("/_nhsauth/exchanges/1", base_url=mock.url, headers={"Accept": BROWSER}))

    reason = 'client_id "nobody" is no client of NHS login: register the app. Send the client id'
    assert text.index(reason) < text.index("Next: certain state-lost")


def test_the_page_is_found_by_the_message_id(browse: Browse, founding: str, platform: Mock) -> None:
    message_id = platform.exchanges.last.message_id

    assert founding not in browse(f"/exchanges/{message_id}").text
    assert visible(browse(f"/exchanges/{message_id}")) == visible(browse("/exchanges/1"))


def test_the_page_of_a_success_has_advice_and_no_problem(
    browse: Browse, client_credentials: Callable[..., TestResponse], platform: Mock
) -> None:
    client_credentials(
        client_assertion=platform.client_assertion("nhsauth-app", alterations=Alterations(without=("jti",)))
    )
    client_credentials()

    text = visible(browse("/exchanges/2"))

    assert "Repeat this request" in text
    assert "There is a problem" not in text
    assert "Would stop next" not in text


def test_two_texts_stand_under_each_other_with_a_mark_where_they_part(
    platform: Mock, browse: Browse, post: Post
) -> None:
    near = Alterations(claims={"aud": f"{platform.token_url}/"})
    assertion = platform.client_assertion("nhsauth-app", alterations=near)
    assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    post(grant_type="client_credentials", client_assertion_type=assertion_type, client_assertion=assertion)

    page = browse(f"/exchanges/{platform.exchanges.last.id}").get_data(as_text=True)

    (shown,) = re.findall(r'<pre class="difference" tabindex="0">(.*?)</pre>', page, re.DOTALL)
    sent, wanted, mark = shown.splitlines()
    assert (sent, wanted) == (f"sent:   {platform.token_url}/", f"wanted: {platform.token_url}")
    assert mark.index("^") == len(wanted)


def test_an_exchange_that_is_not_kept_is_a_problem_for_people(browse: Browse) -> None:
    answer = browse("/exchanges/rrt-0")

    assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
    assert "No exchange that is kept has the number or message id" in visible(answer)


def test_no_token_code_or_secret_stands_on_a_page_whole(
    browse: Browse, founding: str, platform: Mock, post: Post, http: Client
) -> None:
    assertion = platform.client_assertion("nhsauth-app")
    access_token = post(
        grant_type="client_credentials",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=assertion,
    ).get_json()["access_token"]
    http.get(
        "/hello-world/hello/user", base_url=ORIGIN, headers={"Authorization": f"Bearer {access_token}", "Cookie": "a=b"}
    )
    post(grant_type="refresh_token", client_id="nhsauth-app", client_secret="nhsauth-secret", refresh_token="r" * 32)
    values = [founding, assertion, assertion.rpartition(".")[2], access_token, "nhsauth-secret", "r" * 32]

    for record in platform.exchanges:
        text = browse(f"/exchanges/{record.id}").text + browse("/exchanges").text
        assert [value[:12] for value in values if value in text] == []
        assert "eyJ" not in re.sub(r"eyJ.{3}… \(\d+ characters\)", "", text)


def test_without_diagnosis_the_page_says_that_it_cannot_show_why(ring: KeyRing) -> None:
    platform = Mock(Configuration(diagnosis=False), ring=ring)
    http = Client(platform)
    http.post("/oauth2/token", data={"grant_type": "password"})

    lines = [
        visible(http.get(path, headers={"Accept": BROWSER}))
        for path in ("/_nhsauth/exchanges", "/_nhsauth/exchanges/1")
    ]

    assert all("diagnosis = false" in text for text in lines)
    assert "grant_type is invalid" in lines[1]


# what does no harm


def jwt(claims: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg": "RS512"}').rstrip(b"=").decode()
    return f"{header}.{base64.urlsafe_b64encode(claims.encode(errors='surrogatepass')).rstrip(b'=').decode()}.AAAA"


@pytest.mark.parametrize(
    "value",
    [
        HOSTILE,
        HOSTILE * 20,
        jwt('{"iss": "<img src=x onerror=alert(1)>", "\\ud800": "\\u001b[2J\\u202e", "<b>": ["<i>", {"</td>": 1}]}'),
        jwt('{"exp": 1e400, "iat": [], "nbf": {"<a>": 1}}'),
        jwt('{"<img>": ' + '["<img>", ' * 10_000 + "1" + "]" * 10_000 + "}"),
        jwt('{"<img>": ' + '["<img>", ' * 50 + "1" + "]" * 50 + "}"),
        "\ud800".encode(errors="surrogatepass").decode(errors="replace"),
    ],
)
@pytest.mark.parametrize("name", ["client_assertion", "grant_type", "client_id", "<script>x</script>", "redirect_uri"])
def test_the_pages_hold_no_element_of_any_input(
    browse: Browse, post: Post, name: str, value: str, explain: Explain
) -> None:
    post(**{"grant_type": "client_credentials", name: value})

    for answer in (browse("/exchanges/1"), browse("/exchanges"), explain(value)):
        assert answer.status_code == 200
        tags = {tag for tag, _ in Elements(answer.text).found}
        assert tags.isdisjoint({"img", "b", "i"})
        assert [
            reported for tag, reported in Elements(answer.text).found if tag == "script" and "src" not in reported
        ] == []
        assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", answer.text) is None


def test_a_megabyte_of_claims_becomes_a_page_of_some_kilobytes(browse: Browse, post: Post, explain: Explain) -> None:
    claims = ",".join(f'"claim{number}": ["{"x" * 90}", "{"y" * 90}"]' for number in range(3000))
    value = jwt(f"{{{claims}}}")
    assert len(value) > 800_000

    post(grant_type="client_credentials", client_assertion=value)

    assert len(browse("/exchanges/1").text) < 60_000
    assert len(explain(value).text) < 40_000


def test_a_form_beyond_a_megabyte_is_a_problem_for_people(explain: Explain) -> None:
    answer = explain("x" * (1 << 20))

    assert (answer.status_code, answer.content_type) == (413, "text/html; charset=utf-8")


# the form


def test_the_form_posts_to_the_mock_and_its_value_goes_into_no_url(browse: Browse) -> None:
    found = Elements(browse("/explain").text).found

    assert [reported for tag, reported in found if tag == "form" and reported["method"] != "get"] == [
        {
            "class": "aside explain",
            "method": "post",
            "action": "/_nhsauth/explain",
            "enctype": "multipart/form-data",
        }
    ]


def test_a_value_is_explained_on_a_page_that_does_not_repeat_it(explain: Explain, platform: Mock) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(headers={"alg": "RS256"}))

    answer = explain(assertion)

    text = visible(answer)
    assert text.count("A client assertion") >= 1
    assert "Refused here alg is RS512" in " ".join(text.split())
    assert "unsupported JWT algorithm - must be 'RS512'" in text
    assert assertion.rpartition(".")[2] not in answer.text


def test_the_form_says_as_what_a_value_is_sent(explain: Explain, platform: Mock) -> None:
    code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), f"{ORIGIN}/_nhsauth/callback")

    text = visible(explain(code, role="subject_token"))

    assert "Refused here subject_token is a JWT" in " ".join(text.split())
    assert "code-as-subject-token" in text


def test_the_page_says_of_a_paste_what_the_page_on_the_site_says(explain: Explain) -> None:
    text = paste("01-forum-login-value-exchange.txt")

    assert page_answer(text, None, None, server_link("")) in explain(text).text


def sent_with(http: Client, platform: Mock, **form: Any) -> TestResponse:
    headers = {"Accept": BROWSER, "Origin": ORIGIN}
    return http.post(
        "/_nhsauth/explain", data=form, base_url=platform.url, headers=headers, content_type="multipart/form-data"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_is_read_in_place_of_a_paste_or_after_it(http: Client, platform: Mock, encoding: str) -> None:
    file = ("Malformed JWT in subject_token".encode(encoding), "answer.txt")

    for value in ("", "The service at int.api.service.nhs.uk says:"):
        answer = sent_with(http, platform, value=value, file=(io.BytesIO(file[0]), file[1]), answer="", jwks="", at="")

        assert answer.status_code == 200
        assert "Refused here subject_token is a JWT" in " ".join(visible(answer).split())


def test_a_key_set_and_a_moment_are_used(http: Client, platform: Mock) -> None:
    jwt = platform.client_assertion("nhsauth-app")
    key_set = json.dumps(http.get("/_nhsauth/apps/nhsauth-app/jwks", base_url=platform.url).get_json())

    pages_of = [
        " ".join(visible(sent_with(http, platform, value=jwt, **more)).split())
        for more in ({"jwks": key_set}, {"at": "2020-01-01T00:00:00Z"})
    ]

    assert "Passed The signature is that key's" in pages_of[0]
    assert "Refused here exp is at most 5 minutes ahead" in pages_of[1]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"file": (b"\x89PNG\r\n", "error.png")}, "type the words"),
        ({"value": "x y", "jwks": "no JSON"}, "jwks is"),
        ({"value": "x y", "at": "soon"}, 'at is "soon"'),
        ({"value": "x y", **{f"more{number}": "1" for number in range(12)}}, "more than 10 fields"),
        ({"file": (b"", "empty.txt")}, "value is missing"),
    ],
)
def test_what_a_page_cannot_read_is_said(http: Client, platform: Mock, form: dict[str, Any], words: str) -> None:
    sent = {name: (io.BytesIO(each[0]), each[1]) if isinstance(each, tuple) else each for name, each in form.items()}

    answer = sent_with(http, platform, **sent)

    assert answer.status_code == 400
    assert words in visible(answer)


def test_a_file_beyond_a_megabyte_is_a_problem_for_people(http: Client, platform: Mock) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.har"\r\n\r\n'
    answer = http.post(
        "/_nhsauth/explain",
        data=head + b"x" * (1 << 20) + b"\r\n--b--\r\n",
        base_url=platform.url,
        headers={"Accept": BROWSER, "Origin": ORIGIN},
        content_type="multipart/form-data; boundary=b",
    )

    assert answer.status_code == 413


def test_a_value_of_the_mock_is_taken_apart_and_one_of_nobody_is_not(explain: Explain, platform: Mock) -> None:
    own = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))
    other = unsigned({"alg": "RS512", "kid": "k"}, {"iss": "https://idp.example/", "name": "Dr Nobody"})

    assert "The JWT, part by part" in visible(explain(own))
    assert "Dr Nobody" not in explain(other).text


def test_a_message_id_reaches_the_exchange(explain: Explain, post: Post, platform: Mock) -> None:
    refuse(post)

    answer = explain(f"  {platform.exchanges.last.message_id}\n")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/_nhsauth/exchanges/1")


def test_a_message_id_of_another_mock_is_reported_to_be_unknown(explain: Explain) -> None:
    assert "No exchange that is kept has it" in visible(explain("rrt-1"))


def test_a_program_may_send_the_form_and_read_json(explain: Explain) -> None:
    assert explain("x", accept="application/json").get_json()["kind"] == "unknown"


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:8081", ""])
def test_a_form_from_anywhere_else_is_refused(explain: Explain, origin: str | None) -> None:
    assert explain("x", origin=origin).status_code == 403


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"value": ""}, "value is missing"),
        ({"value": "x", "as": "nothing"}, 'as is "nothing"'),
        ({"v": "x"}, "v is un"),
    ],
)
def test_a_form_that_cannot_be_read_is_a_problem_for_people(
    http: Client, platform: Mock, form: dict[str, str], words: str
) -> None:
    headers = {"Accept": BROWSER, "Origin": ORIGIN}

    answer = http.post("/_nhsauth/explain", data=form, base_url=platform.url, headers=headers)

    assert answer.status_code == 400
    assert words in visible(answer)


def test_no_other_call_takes_a_form(http: Client, platform: Mock) -> None:
    answer = http.post(
        "/_nhsauth/client-assertions", data={"a": "b"}, base_url=platform.url, headers={"Origin": ORIGIN}
    )

    assert answer.status_code == 415


def test_reading_pages_changes_nothing(browse: Browse, founding: str, explain: Explain, platform: Mock) -> None:
    before = platform.store.snapshot()

    browse("/exchanges")
    browse("/exchanges/1")
    explain(founding)

    assert platform.store.snapshot() == before
    assert len(platform.exchanges) == 1


# the catalogue


def test_the_page_of_an_exchange_reaches_what_is_known_of_its_error(browse: Browse, founding: str) -> None:
    found = Elements(browse("/exchanges/1").text).found
    links = [str(reported["href"]) for tag, reported in found if tag == "a" and "errors?" in str(reported.get("href"))]

    text, of_finding = (visible(browse(link.removeprefix("/_nhsauth"))) for link in links)

    assert founding
    assert "Malformed JWT in subject_token" in of_finding
    assert "1 found Malformed JWT in subject_token" in text
    assert "code-as-subject-token" in text


def test_a_whole_answer_finds_its_error_and_is_shown_harmlessly(browse: Browse) -> None:
    answer = browse("/errors", query_string={"text": f'{HOSTILE}{{"error_description": "Missing client_assertion"}}'})

    assert "Missing client_assertion" in visible(answer)
    assert "<script" not in answer.text
    assert "\x1b" not in answer.text


def test_programs_get_the_errors_as_the_command_shows_them(http: Client, platform: Mock) -> None:
    found = http.get("/_nhsauth/errors?text=429", base_url=platform.url).get_json()

    assert found == [entry.as_json() for entry in search("429").entries]
    assert found


def test_the_errors_come_in_parts(browse: Browse) -> None:
    path, sentences = "/errors", []
    while path:
        text = browse(path).text
        sentences.append(text.count('<details class="finding"'))
        path = next(iter(re.findall(r'<a href="/_nhsauth([^"]*)">Next</a>', text)), "")

    assert (max(sentences), sum(sentences)) == (20, len(entries()))


@pytest.mark.parametrize("number", ["0", "x", "-1"])
def test_a_part_of_the_errors_that_there_is_not_is_a_problem_for_people(browse: Browse, number: str) -> None:
    assert browse(f"/errors?from={number}").status_code == 400


def test_a_page_says_when_no_error_has_the_words(browse: Browse) -> None:
    assert "No error has these words." in visible(browse("/errors?text=subject+tokn"))
    assert "No error has these words." not in visible(browse("/errors?text=subject_token"))


def test_a_page_says_what_is_recognised_and_not_played(browse: Browse) -> None:
    assert "recognised, not played" in visible(browse("/errors?text=ASID"))


def test_a_text_that_no_error_is_about_finds_none(browse: Browse) -> None:
    assert "0 found" in visible(browse("/errors?text=nonsense"))
