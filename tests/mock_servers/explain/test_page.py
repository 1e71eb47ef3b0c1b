"""What a page shows of a paste: the parts in their order, the service's checks, and commands; no secret."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from contract_tests.jwts import unsigned
from mock_servers.apim import flows as apim
from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.search import search
from mock_servers.catalogue.slugs import slug_of
from mock_servers.explain.any_text import Explained, explain
from mock_servers.explain.checks.check import STATES
from mock_servers.explain.checks.words import CHECKS
from mock_servers.explain.page import fragment, page_answer, server_link
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.said import known_sentences
from mock_servers.gateway import own_api
from mock_servers.gateway.flows import NOWHERE
from mock_servers.identity_provider.flows import FLOWS as PROVIDER_FLOWS
from mock_servers.reading.facts import Facts
from mock_servers.reading.reader import LARGEST, read
from mock_servers.rules import Flow
from tests.pastes import NOW, TRUTH, paste, private_key, secret

VOID = {"br", "img", "input", "meta"}
ALLOWED = {"div", "section", "h2", "p", "ol", "ul", "li", "details", "summary", "dl", "dt", "dd", "pre", "code", "span"}
ORDER = ["warning", "answer", "do", "why", "fine", "next", "time", "command", "also", "checks"]
NAMED = ("sub", "nhsid_useruid", "nhs_number", "name", "given_name", "family_name", "birthdate", "email", "uid", "sid")
KEY_SET = b'{"keys": [{"kty": "RSA", "kid": "1", "n": "AQ", "e": "AQAB"}]}'


class Outline(HTMLParser):
    """The elements of a fragment, each closed where it was opened, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open = list[str]()
        self.elements = list[tuple[str, dict[str, str | None]]]()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag]


@cache
def shown(name: str) -> str:
    return page_answer(paste(name), None, None)


@cache
def explained(name: str) -> Explained:
    return explain(paste(name))


@cache
def facts(name: str) -> Facts:
    return read(paste(name), known_sentences())


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def rows(html: str) -> list[tuple[str, str]]:
    """The checks: what came of each, and what holds where it passes."""
    found = re.findall(
        r'<li class="check [a-z]+"><span class="state">.*?</span> (.*?)</span> <(?:a|span).*?>(.*?)</', html
    )
    return [(unescape(state), unescape(title)) for state, title in found]


def values_of_people(name: str) -> Iterator[str]:
    for token in facts(name).tokens:
        for claim, value in token.claims.items():
            if claim in NAMED and isinstance(value, str) and len(value) > 5 and value != token.claims.get("iss"):
                yield value


@pytest.mark.parametrize("name", TRUTH)
def test_a_page_says_first_what_the_command_says_first(name: str) -> None:
    found = explained(name)
    answer = found.answer if isinstance(found, RequestExplanation) else found.parts.answer
    first = answer.partition(". ")[0]

    assert first in text(shown(name)).replace(" in the box for it", " with --jwks")


@pytest.mark.parametrize("name", TRUTH)
def test_it_is_plain_html_in_the_order_of_the_parts(name: str) -> None:
    outline = Outline(shown(name))
    order = [str(each["id"]).removeprefix("explained-") for each in outline.of("h2")]

    assert {tag for tag, _ in outline.elements} <= ALLOWED | {"a", "button"}
    assert order == sorted(order, key=ORDER.index)
    assert "answer" in order
    assert not any({"style", "onclick"} & given.keys() for _, given in outline.elements)
    ids = [given["id"] for _, given in outline.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {str(each["aria-labelledby"]) for each in outline.of("section")} <= set(ids)
    assert {str(each["data-copy"]) for each in outline.of("button")} <= set(ids)


@pytest.mark.parametrize("name", TRUTH)
def test_nothing_in_it_is_secret(name: str) -> None:
    html = unescape(shown(name))

    assert [each.text for each in facts(name).tokens if each.text and each.text.rpartition(".")[2] in html] == []
    assert not re.search(r"eyJ[\w-]{12,}", html)
    assert secret() not in html
    assert private_key().split("\n")[1] not in html
    assert [value for value in values_of_people(name) if value in html] == []


@pytest.mark.parametrize("name", TRUTH)
def test_the_check_that_refused_is_the_one_that_the_answer_names(name: str) -> None:
    found = explained(name)
    refused = [each for each in found.checks if each.state in ("refused", "perhaps")]

    if isinstance(found, RequestExplanation) and found.checks:
        assert {each.rule for each in refused} == set(found.stopped_by)
        assert all(each.state == ("refused" if len(refused) == 1 else "perhaps") for each in refused)
        assert [(STATES[each.state], each.title) for each in found.checks] == rows(shown(name))
    reached = [each.state for each in found.checks]
    if "not reached" in reached:
        assert {"refused", "perhaps"} & set(reached[: reached.index("not reached")])


@pytest.mark.parametrize("name", TRUTH)
def test_each_link_goes_to_an_error_of_the_catalogue(name: str) -> None:
    known = {f"error/{slug_of(entry.error)}.html" for entry in entries()}
    on_server = fragment(explained(name), (), server_link("/_worlds/w"))

    assert {str(each["href"]) for each in Outline(shown(name)).of("a")} <= known
    for each in Outline(on_server).of("a"):
        url = urlsplit(str(each["href"]))
        assert url.path == "/_worlds/w/_nhsauth/errors"
        assert search(parse_qs(url.query)["text"][0]).entries


def test_each_error_has_a_name_of_its_own() -> None:
    read_as = {entry.error.sentence or (entry.error.code, entry.error.status) for entry in entries()}

    assert len({slug_of(entry.error) for entry in entries()}) == len(read_as)
    assert all(re.fullmatch(r"[a-z0-9_-]+", slug_of(entry.error)) for entry in entries())


def test_an_order_that_is_known_shows_what_has_passed() -> None:
    """The README's story: the code was sent instead of the id_token."""
    html = shown("01-forum-login-value-exchange.txt")
    found = {title: state for state, title in rows(html)}

    assert found["alg is RS512"] == "Passed"
    assert found["iss is the API key of an approved app"] == "Passed, by the order"
    assert found["subject_token is a JWT"] == "Refused here"
    assert found["The app has a product for people of this level"] == "Not reached"
    assert "27 characters" in text(html)


def test_a_good_request_shows_what_only_the_service_knows() -> None:
    found = {title: state for state, title in rows(shown("34-does-this-jwt-look-right-good.txt"))}

    assert found["aud is the URL that was posted to"] == "Passed"
    assert found["The signature is that key's"] == "Only the service knows"
    assert "Refused here" not in found.values()


def test_what_the_text_lacks_is_not_what_the_service_knows() -> None:
    curl = (
        "curl https://int.api.service.nhs.uk/oauth2/token -d grant_type=client_credentials -d client_assertion=$JWT "
        "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )
    found = {title: state for state, title in rows(page_answer(curl, None, NOW))}

    assert found["client_assertion is a JWT"] == found["alg is RS512"] == "Not in your text"
    assert found["iss is the API key of an approved app"] == "Not in your text"
    assert found["The app has not used up its quota"] == "Only the service knows"


def test_a_value_by_itself_has_its_checks() -> None:
    claims = {"iss": "k" * 32, "sub": "k" * 32, "jti": "1", "iat": NOW, "exp": NOW + 300, "name": "Dr Nobody"}
    html = page_answer(unsigned({"alg": "RS256", "kid": "k", "typ": "JWT"}, claims), None, None)

    assert {title: state for state, title in rows(html)}["alg is RS512"] == "Refused here"
    assert "Dr Nobody" not in html
    assert "name is there" in html


@pytest.mark.parametrize(
    ("shown_secret", "words"),
    [
        (private_key(), "Replace your private key"),
        ("client_secret=" + secret(), "Rotate the client secret"),
        ("'refresh_token': 'ab" + secret() + "'", "Log that person out"),
        ("Authorization: Basic bXktY2xpZW50LWlkOm15LXNlY3JldA==", "Replace the client secret"),
        ('{"kty": "RSA", "n": "AQ", "d": "' + "A" * 60 + '"}', "Replace your private key"),
    ],
)
def test_a_secret_is_warned_of_before_anything_else_and_once(shown_secret: str, words: str) -> None:
    html = page_answer(f"POST https://int.api.service.nhs.uk/oauth2/token\n\n{shown_secret}\n\nInvalid", None, NOW)

    first, *_ = Outline(html).of("h2")
    assert first["id"] == "explained-warning"
    assert html.count(words) == 1
    assert secret() not in html


def test_private_keys_in_the_key_set_are_warned_of() -> None:
    private = KEY_SET.replace(b'"n"', b'"d": "' + b"A" * 60 + b'", "n"')

    assert "Your text shows a secret" in page_answer("Malformed JWT in subject_token", private, NOW)
    assert "Your text shows a secret" not in page_answer("Malformed JWT in subject_token", KEY_SET, NOW)


def test_the_command_is_written_for_three_shells_with_variables() -> None:
    html = shown("36-client-secret-curl.txt")
    commands = dict(re.findall(r'<code id="command-(\w+)">(.*?)</code>', html, re.DOTALL))

    assert list(commands) == ["bash", "powershell", "cmd"]
    assert '"client_assertion=$CLIENT_ASSERTION"' in unescape(commands["bash"])
    assert "'client_assertion' = $env:CLIENT_ASSERTION" in unescape(commands["powershell"])
    assert '"client_assertion=%CLIENT_ASSERTION%"' in unescape(commands["cmd"])
    assert html.index("explained-do") < html.index("command-bash") < html.index("explained-why")
    assert html.count('<button type="button"') == 3


@pytest.mark.parametrize(
    "hostile",
    [
        '<img src=x onerror=alert(1)> {"error_description": "<b>bold</b>"}',
        "<script>alert(1)</script> Malformed JWT in subject_token</p></div>",
        "curl 'https://int.api.service.nhs.uk/oauth2/token\"><script>x</script>' -d 'grant_type=<script>y</script>'",
        unsigned({"alg": "<script>z</script>", "kid": '"><b>', "typ": "JWT"}, {"iss": "<b>", "<b>": "<i>"}),
    ],
)
def test_nothing_of_a_paste_becomes_markup(hostile: str) -> None:
    outline = Outline(page_answer(hostile, None, NOW))

    assert {tag for tag, _ in outline.elements} <= ALLOWED | {"a", "button"}


def test_a_page_speaks_of_its_boxes_and_not_of_options() -> None:
    assert not any("--jwks" in shown(name) or "--at" in text(shown(name)).split() for name in TRUTH)


def test_what_cannot_be_read_is_said_in_a_sentence() -> None:
    assert "more than" in page_answer("x " * LARGEST, None, None)


def test_each_check_has_words_of_its_own() -> None:
    """A rule that lost its name would fall back to that, and its value would be gone."""
    flows: tuple[Flow[Any, Any], ...] = (*apim.FLOWS, *PROVIDER_FLOWS, *own_api.FLOWS, NOWHERE)
    rules = {rule.name for flow in flows for policy in flow.policies for rule in policy.rules}
    wanted = {"client-credentials", "token-exchange", "authorization-code", "refresh", "authorize", "own-api"}
    judged = {rule.name for flow in flows if flow.name in wanted for policy in flow.policies for rule in policy.rules}

    assert set(CHECKS) - rules == set()
    assert judged - set(CHECKS) == set()
