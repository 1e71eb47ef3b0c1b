"""The page that explains, in Chromium, from a web server that knows nothing: our own Python answers in the browser."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

import pytest
import time_machine

from mock_servers.explain.page import page_answer
from mock_servers.reading.plain import decoded
from tests.pastes import TRUTH, paste, private_key

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.site

SITE = Path(__file__).parents[2] / "build" / "site"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOADED = 240_000
"""Milliseconds that Python has to start, on a machine that runs much else."""
MOST_TABS = 6
SENTENCE = "Malformed JWT in subject_token"
KEPT = """async () => [
  localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length,
  (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length,
]"""
"""What a page can keep of a visit."""
STORY = "01-forum-login-value-exchange.txt"


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    asked: list[str]

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Serve a file, and remember that it was asked for."""
        self.asked.append(self.path)
        super().do_GET()


@dataclass
class Served:
    """A folder on a port; `asked` are the paths that were asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


def served(folder: Path) -> Iterator[Served]:
    asked: list[str] = []
    handler = type("Handler", (_Quiet,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}", asked)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    assert (SITE / "explain.html").is_file(), "make docs-site first"
    if shutil.which("npm") is None and not any((SITE / "explain").glob("engine-*.js")):
        pytest.skip("without npm the site has a page that explains nothing")
    yield from served(SITE)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host that nothing may ask."""
    yield from served(tmp_path_factory.mktemp("elsewhere"))


@dataclass
class Visit:
    """A page that has loaded all, each request of it, and what the browser complained of."""

    page: "Page"
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def explain(self, text: str) -> str:
        """Type a text, ask, and return the HTML of the answer."""
        self.page.evaluate("document.getElementById('answer').textContent = ''")
        self.page.fill("#text", text)
        self.page.click("button[type=submit]")
        return self.answer()

    def answer(self) -> str:
        """Wait for an answer."""
        self.page.wait_for_selector("#answer > *", timeout=LOADED)
        html: str = self.page.inner_html("#answer")
        return html


def visited(context: "BrowserContext", url: str) -> Visit:
    visit = Visit(context.new_page())
    context.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.set_default_timeout(LOADED)
    visit.page.goto(url)
    return visit


@pytest.fixture(scope="module")
def visit(browser: "Browser", site: Served) -> Iterator[Visit]:
    """A visit for many tests: Python starts once."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    visit = visited(context, f"{site.url}/explain.html")
    visit.page.get_by_text("Ready.", exact=True).wait_for()
    yield visit
    context.close()


def as_browser_writes(visit: Visit, html: str) -> str:
    """Write HTML as a browser does that has read it."""
    written: str = visit.page.evaluate(
        "(html) => new DOMParser().parseFromString(`<div>${html}</div>`, 'text/html').body.firstChild.innerHTML", html
    )
    return written


def answer_at(text: str, second: int) -> str:
    """Return what a machine answers whose clock shows this second."""
    with time_machine.travel(second, tick=False):
        return page_answer(text, None, None)


def test_the_request_that_cost_people_days_is_explained(visit: Visit) -> None:
    visit.explain(paste(STORY))

    assert "You sent the authorization code as subject_token. Send the id_token" in visit.page.inner_text("#answer")


@pytest.mark.parametrize("name", TRUTH)
def test_each_paste_is_answered_to_the_letter_as_on_a_machine(visit: Visit, name: str) -> None:
    text = paste(name)
    # A text area has one kind of line end: both answer the same text.
    typed = decoded(text.encode()).replace("\r\n", "\n").replace("\r", "\n")
    begun = int(time.time())
    seen = visit.explain(typed)
    ended = int(time.time())

    # An answer may name the second in which it was given.
    assert seen in [as_browser_writes(visit, answer_at(typed, second)) for second in range(begun, ended + 1)]


def test_only_files_of_the_site_are_asked_for(visit: Visit, site: Served) -> None:
    visit.explain(paste(STORY))
    others = [each for each in visit.requests if not each.startswith((f"{site.url}/explain", f"blob:{site.url}/"))]

    assert [each for each in others if each != "data:,"] == []
    assert len([each for each in visit.requests if "/explain/pyodide-" in each]) == 4
    assert visit.complaints == []


def test_nothing_is_asked_while_it_explains_and_nothing_is_kept(visit: Visit, site: Served) -> None:
    before = len(visit.requests), len(site.asked)
    visit.explain(paste(STORY))
    kept = visit.page.evaluate(KEPT)

    assert (len(visit.requests), len(site.asked)) == before
    assert kept == [0, 0, "", 0, 0, 0]
    assert visit.page.url == f"{site.url}/explain.html"


def test_page_and_worker_are_refused_every_other_host(browser: "Browser", site: Served, elsewhere: Served) -> None:
    context = browser.new_context()
    visit = visited(context, f"{site.url}/explain.html")
    visit.page.get_by_text("Ready.", exact=True).wait_for()
    (worker,) = visit.page.workers
    ask = f"fetch('{elsewhere.url}/', {{mode: 'no-cors'}}).then(() => 'answered', (error) => error.name)"

    assert visit.page.evaluate(ask) == "TypeError"
    assert worker.evaluate(ask) == "TypeError"
    assert (
        worker.evaluate(f"import('{elsewhere.url}/x.js').then(() => 'answered', (error) => error.name)") == "TypeError"
    )
    assert elsewhere.asked == []
    assert len([each for each in visit.complaints if "Content Security Policy" in each]) >= 2
    context.close()


def test_keys_alone_are_enough(visit: Visit) -> None:
    page = visit.page
    page.evaluate("document.getElementById('answer').textContent = ''")
    page.fill("#text", "")
    page.focus("#text")
    page.keyboard.type(SENTENCE)
    page.keyboard.press("Control+Enter")
    by_shortcut = visit.answer()
    page.evaluate("document.getElementById('answer').textContent = ''")
    focused: list[str] = []
    while "Explain" not in focused[-1:] and len(focused) < MOST_TABS:
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Enter")

    assert focused[-1] == "Explain"
    assert visit.answer() == by_shortcut


def test_what_is_pasted_is_explained_at_once(visit: Visit) -> None:
    page = visit.page
    page.evaluate("document.getElementById('answer').textContent = ''")
    page.fill("#text", "")
    page.evaluate("(text) => navigator.clipboard.writeText(text)", SENTENCE)
    page.focus("#text")
    page.keyboard.press("Control+v")

    assert "not a JWT" in visit.answer()


@pytest.mark.parametrize("shell", ["bash", "powershell", "cmd"])
def test_a_command_is_copied_as_it_stands(visit: Visit, shell: str) -> None:
    visit.explain(paste(STORY))
    page = visit.page
    code = page.locator(f"#command-{shell}")
    fold = page.locator("details", has=code)
    fold.evaluate("(each) => { each.open = true; }")
    shown = code.inner_text()
    fold.get_by_role("button").click()
    page.wait_for_function("async (shown) => (await navigator.clipboard.readText()) === shown", arg=shown)

    assert "/oauth2/token" in shown


def test_of_a_secret_is_warned_before_anything_else(visit: Visit) -> None:
    visit.explain(f"POST https://int.api.service.nhs.uk/oauth2/token\n\n{private_key()}\n\nInvalid client_id")

    assert visit.page.locator("#answer h2").first.inner_text() == "Your text shows a secret"


def dropped(page: "Page", name: str, kind: str, content: str) -> None:
    page.evaluate(
        """([name, type, content]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([content], name, { type }));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [name, kind, content],
    )


def test_a_file_is_explained_where_it_is_dropped(visit: Visit) -> None:
    page = visit.page
    page.evaluate("document.getElementById('answer').textContent = ''")
    dropped(page, "error.log", "text/plain", paste(STORY))
    answer = visit.answer()

    assert page.inner_text("#file-name").startswith("Explaining error.log")
    assert answer == as_browser_writes(visit, page_answer(decoded(paste(STORY).encode()), None, None))
    page.click("#no-file")
    assert not page.is_visible("#file")


def test_of_a_picture_the_words_are_wanted(visit: Visit) -> None:
    dropped(visit.page, "screen.png", "image/png", "x")

    assert "type the words" in visit.page.inner_text("#status")


def test_a_key_set_and_a_moment_that_cannot_be_read_are_named(visit: Visit) -> None:
    page = visit.page
    page.evaluate("document.querySelector('.more').open = true")
    page.fill("#keys", "{}")
    by_keys = visit.explain(SENTENCE)
    page.fill("#keys", "")
    page.fill("#at", "yesterday")
    by_moment = visit.explain(SENTENCE)
    page.fill("#at", "")

    assert "key set" in by_keys
    assert "ISO 8601" in by_moment


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light"), (390, "light"), (1280, "dark")])
def test_axe_finds_no_fault_with_an_answer(visit: Visit, width: int, scheme: Literal["light", "dark"]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit.explain(paste(STORY))
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    found = axe.run(page, options={"runOnly": STANDARDS}).response
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert wide <= 0


def test_a_link_opens_an_error_and_leaves_what_was_typed(browser: "Browser", site: Served) -> None:
    context = browser.new_context()
    visit = visited(context, f"{site.url}/explain.html#errors/malformed-jwt-in-subject_token")
    visit.answer()
    opened = visit.page.input_value("#text")
    visit.page.fill("#text", "what I have typed")
    visit.page.evaluate("location.hash = '#errors/invalid-client_id'")

    assert opened == f"{SENTENCE}\n"
    assert visit.page.input_value("#text") == "what I have typed"
    context.close()


def test_where_no_worker_can_be_made_the_page_itself_explains(browser: "Browser", site: Served) -> None:
    context = browser.new_context()
    context.add_init_script("delete globalThis.Worker")
    visit = visited(context, f"{site.url}/explain.html")

    assert "not a JWT" in visit.explain(SENTENCE)
    assert visit.page.workers == []
    context.close()


@pytest.mark.parametrize("lacks", ["JavaScript", "WebAssembly"])
def test_without_what_it_needs_the_page_shows_other_ways(browser: "Browser", site: Served, lacks: str) -> None:
    context = browser.new_context(java_script_enabled=lacks != "JavaScript")
    context.add_init_script("delete globalThis.WebAssembly")
    page = context.new_page()
    page.goto(f"{site.url}/explain.html")

    assert "pipx run" in page.inner_text("main")
    assert page.get_by_role("link", name="Search the errors").is_visible()
    assert not page.is_visible("#box")
    context.close()


def test_from_a_file_it_says_what_to_do(page: "Page") -> None:
    page.goto((SITE / "explain.html").as_uri())

    assert "python -m http.server" in page.inner_text("#without p")
    assert not page.is_visible("#box")
