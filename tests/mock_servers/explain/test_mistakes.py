"""Each mistake of the diagnosis benchmark, sent to a real host and explained offline, in each way to write it down."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings

from benchmarks.explained import ExplainedMistake, RealWorld, explained_all
from mock_servers.explain.any_text import explain_text
from mock_servers.explain.judging import place_of
from mock_servers.explain.response import captured_of
from mock_servers.explain.whole import Lent, explain_captured
from mock_servers.jose.keys import KeyRing
from mock_servers.reading.captured import Captured
from mock_servers.traffic.har_file import HarFile
from mock_servers.traffic.observed_values import SeenExchange
from tests.mistakes.listed import in_pairs, made
from tests.mistakes.variations import Variation, variations

NOW = 1_800_000_000.0
AT = Lent(at=NOW)

ONLY_THE_SERVICE_KNOWS = {
    # The key set of the app was not given.
    ("wrong-kid", "client_credentials"),
    ("wrong-kid", "token_exchange"),
    ("other-private-key", "client_credentials"),
    ("other-private-key", "token_exchange"),
    ("jwks-is-not-a-set", "client_credentials"),
    ("jwks-is-not-a-set", "token_exchange"),
    ("cis2-alg-or-key", "cis2"),
    # What was sent before.
    ("same-assertion-again", "client_credentials"),
    ("same-assertion-again", "token_exchange"),
    ("jti-not-unique", "client_credentials"),
    ("jti-not-unique", "token_exchange"),
    # Which codes and tokens were issued, to whom and for what.
    ("refresh-token-spent", "refresh"),
    ("no-refresh-here", "refresh"),
    ("code-spent-or-late", "code"),
    ("code-spent-or-late", "cis2"),
    ("code-spent-or-late", "nhs_login"),
    ("redirect-uri-differs", "cis2"),
    ("redirect-uri-differs", "nhs_login"),
    ("api-key-as-bearer", "api"),
}
"""Mistakes that a mock reports and `explain` does not, by the kind of request: there the rule says where to look."""
BY_ITS_KEY_SET = {("wrong-kid", kind) for kind in ("client_credentials", "token_exchange")} | {
    ("other-private-key", kind) for kind in ("client_credentials", "token_exchange")
}
"""Those of them that the app's key set shows."""


def name(each: ExplainedMistake) -> str:
    return f"{each.mistake.finding} in {each.kind}"


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> RealWorld:
    return RealWorld(ring)


@pytest.fixture(scope="module")
def all_explained(world: RealWorld) -> list[ExplainedMistake]:
    return list(explained_all(world))


@pytest.fixture(scope="module")
def explained_with_keys(ring: KeyRing) -> list[ExplainedMistake]:
    return list(explained_all(RealWorld(ring), with_keys=True))


def as_curl(captured: Captured) -> str:
    words = ["curl", "-X", captured.method, captured.url]
    for header, value in captured.headers:
        words += ["-H", f"{header}: {value}"]
    words += ["--data-raw", captured.body.decode()] if captured.body else []
    return shlex.join(words)


def as_har(captured: Captured) -> str:
    answer = captured.answer
    assert answer is not None
    entry = {
        "request": {
            "method": captured.method,
            "url": captured.url,
            "headers": [{"name": header, "value": value} for header, value in captured.headers],
            "postData": {"mimeType": captured.header("content-type"), "text": captured.body.decode()},
        },
        "response": {
            "status": answer.status,
            "headers": [{"name": header, "value": value} for header, value in answer.headers],
            "content": {"text": answer.body.decode()},
        },
    }
    return json.dumps({"log": {"entries": [entry]}})


def as_raw(captured: Captured) -> str:
    answer, parts = captured.answer, urlsplit(captured.url)
    assert answer is not None
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    head = "".join(f"{header}: {value}\r\n" for header, value in captured.headers if header != "Content-Length")
    answer_headers = "".join(f"{header}: {value}\r\n" for header, value in answer.headers if header != "Content-Length")
    sent = f"{captured.method} {target} HTTP/1.1\r\n{head}\r\n{captured.body.decode()}"
    return f"{sent}\r\nHTTP/1.1 {answer.status} Any\r\n{answer_headers}\r\n{answer.body.decode()}"


def as_response(captured: Captured) -> requests.Response:
    answer = captured.answer
    assert answer is not None
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response._content = answer.body  # noqa: SLF001 - as requests sets it
    response.request = requests.Request(captured.method, captured.url, headers=dict(captured.headers)).prepare()
    response.request.body = captured.body
    return response


READ: dict[str, Callable[[Captured], Captured | str]] = {
    "curl": as_curl,
    "HAR": as_har,
    "raw HTTP": as_raw,
    "requests": lambda captured: captured_of(as_response(captured)),
}


def test_the_rule_that_refused_is_named(all_explained: list[ExplainedMistake]) -> None:
    assert [name(each) for each in all_explained if each.rule not in each.explanation.stopped_by] == []


def test_a_key_set_that_was_lent_clears_no_rule(explained_with_keys: list[ExplainedMistake]) -> None:
    wrong = [
        (name(each), each.explanation.by)
        for each in explained_with_keys
        if each.rule not in each.explanation.stopped_by or each.explanation.by != "answer"
    ]

    assert wrong == []


def test_it_is_named_alone_or_with_those_that_give_the_same_answer(all_explained: list[ExplainedMistake]) -> None:
    shared = {name(each) for each in all_explained if len(each.explanation.stopped_by) > 1}

    assert len(all_explained) - len(shared) >= 60
    assert all(each.explanation.by == "answer" for each in all_explained)


@pytest.mark.parametrize("write", READ.values(), ids=READ)
def test_each_way_of_writing_it_down_is_explained_alike(
    all_explained: list[ExplainedMistake], write: Callable[[Captured], Captured | str]
) -> None:
    differing = []
    for each in all_explained:
        written = write(each.captured)
        if isinstance(written, str):
            _, _, answer = as_raw(each.captured).rpartition("\r\nHTTP/1.1 ")
            lent = replace(AT, answer=f"HTTP/1.1 {answer}") if written.startswith("curl") else AT
            found = explain_text(written, lent)
        else:
            found = explain_captured(written, AT)
        if (found.stopped_by, found.findings) != (each.explanation.stopped_by, each.explanation.findings):
            differing.append((name(each), found.stopped_by, [finding.id for finding in found.findings]))

    assert differing == []


def test_a_file_of_the_watch_explains_as_the_traffic_did(all_explained: list[ExplainedMistake], tmp_path: Path) -> None:
    differing = []
    for each in all_explained:
        place = place_of(each.captured.url)
        assert place is not None
        with HarFile(tmp_path / "it.har", key=b"of these tests") as har:
            har.keep(SeenExchange(each.captured, place, NOW))
        found = explain_text((tmp_path / "it.har").read_text(), AT)
        ids = [
            [(finding.id, finding.certainty) for finding in reported.findings] for reported in (found, each.explanation)
        ]
        if found.stopped_by != each.explanation.stopped_by or ids[0] != ids[1]:
            differing.append((name(each), found.stopped_by, *ids))

    assert differing == []


def test_what_is_certain_is_right(
    all_explained: list[ExplainedMistake], explained_with_keys: list[ExplainedMistake]
) -> None:
    wrong = [
        (name(each), found)
        for each in (*all_explained, *explained_with_keys)
        for found in each.sure
        if found != each.mistake.finding
    ]

    assert wrong == []
    assert sum(bool(each.sure) for each in all_explained) >= 45


def test_the_same_is_reported_as_at_a_mock_but_where_only_the_service_knows(
    all_explained: list[ExplainedMistake],
) -> None:
    missing = {(each.mistake.finding, each.kind) for each in all_explained if not each.is_found}

    assert missing == ONLY_THE_SERVICE_KNOWS


def test_of_those_each_rule_says_where_to_look(all_explained: list[ExplainedMistake]) -> None:
    silent = [name(each) for each in all_explained if not each.is_found and not each.explanation.unknown]

    assert silent == []


def test_the_key_set_of_the_app_shows_more_and_never_for_certain(explained_with_keys: list[ExplainedMistake]) -> None:
    found = {(each.mistake.finding, each.kind): each for each in explained_with_keys}

    assert [key for key in BY_ITS_KEY_SET if not found[key].is_found] == []
    assert [key for key in BY_ITS_KEY_SET if found[key].sure] == []


def test_without_its_answer_nothing_is_said_for_certain_that_was_not_made(
    all_explained: list[ExplainedMistake],
) -> None:
    explained = [(each, explain_captured(replace(each.captured, answer=None), AT)) for each in all_explained]

    assert [
        (name(each), finding.id)
        for each, found in explained
        for finding in found.findings
        if finding.certainty == "certain" and finding.id != each.mistake.finding
    ] == []


def test_no_text_speaks_of_a_mock(
    all_explained: list[ExplainedMistake], explained_with_keys: list[ExplainedMistake]
) -> None:
    texts = {name(each): str(each.explanation) for each in (*all_explained, *explained_with_keys)}
    harmless = ("oauth2-mock", "mock realm", "Cis2-mock", "NHS-Login-mock")

    for word in harmless:
        texts = {which: text.replace(word, "") for which, text in texts.items()}

    assert {which: text for which, text in texts.items() if "mock" in text} == {}


def test_no_secret_stands_in_a_text(all_explained: list[ExplainedMistake]) -> None:
    leaking = []
    for each in all_explained:
        text = json.dumps(each.explanation.as_json())
        body = each.captured.body.decode()
        secrets = [value for value in (*body.replace("=", "&").split("&"),) if len(value) > 40 and "urn" not in value]
        leaking += [(name(each), secret[:10]) for secret in secrets if secret in text]
        leaking += [
            (name(each), secret) for secret in ("nhsauth-secret", "9912003071", "656005750104") if secret in text
        ]

    assert leaking == []


@pytest.mark.slow
def test_of_two_mistakes_at_once_what_is_certain_is_right_too(world: RealWorld) -> None:
    wrong = []
    for kind, mistakes in in_pairs():
        made(world, kind, mistakes)
        assert world.last is not None
        found, refusal = explain_captured(world.last, AT), world.platform.exchanges.last.refusal
        sure = {each.id for each in found.findings if each.certainty == "certain"}
        known = {each.finding for each in mistakes}
        if refusal is None or refusal.rule not in found.stopped_by or sure - known or found.by != "answer":
            wrong.append((kind, known, sure, found.stopped_by))

    assert wrong == []


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(variations())
def test_of_a_good_request_nothing_is_said(world: RealWorld, variation: Variation) -> None:
    world.again()
    variation.send(world)
    assert world.last is not None

    found = explain_captured(replace(world.last, answer=None), AT)

    assert (found.refused, found.stopped_by, found.findings) == (False, (), ())
