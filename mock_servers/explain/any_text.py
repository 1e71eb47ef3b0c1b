"""Explains any text: a value by itself, a request or file by its own reader, any other by the facts found in it.

The command, the page in a browser and a mock's page all get their explanation here, and their lines.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from mock_servers.explain.answered import Answered, of_answer
from mock_servers.explain.answering import Answering, View
from mock_servers.explain.explanation import explained_value
from mock_servers.explain.judging import host_of
from mock_servers.explain.not_found import is_file, nothing_found
from mock_servers.explain.offline import offline, token_url_of
from mock_servers.explain.recognition import bare_value
from mock_servers.explain.request_explanation import WIDTH, Parts, RequestExplanation
from mock_servers.explain.said import Said, begun, is_others, is_ours, known_sentences, said_in
from mock_servers.explain.supposing import Supposed, supposed, without_placeholders
from mock_servers.explain.value import ValueExplanation, is_value
from mock_servers.explain.whole import Lent, explain_captured, leaked, signed_at, usual
from mock_servers.jose import jwts
from mock_servers.journal.finding import Style, unpainted
from mock_servers.reading import curl, exchanges
from mock_servers.reading.captured import Captured, UnreadableError
from mock_servers.reading.commands import curl_command
from mock_servers.reading.facts import Facts
from mock_servers.reading.reader import LARGEST, read
from mock_servers.wire.wording import printable

_SERVER: Final = re.compile(
    r"\b(nginx|Apache|Squid|HAProxy|Zscaler|Envoy|IIS|Cloudflare|BIG-IP)\b[/\d.]*", re.IGNORECASE
)
_UNAUTHORIZED: Final = 401
_REFUSED: Final = 400
_NOT_ALLOWED: Final = 405
_MOVED: Final = (301, 302, 303)
_TIMES: Final = frozenset(["iat", "exp", "nbf", "auth_time"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a value is sent: in which parameter (one of ROLES), to which URL; each as the value says unless given."""

    role: str | None = None
    token_url: str | None = None


Explained = RequestExplanation | ValueExplanation


def explain(
    text: str, lent: Lent | None = None, sent: Sent | None = None, clock: Callable[[], float] = time.time
) -> Explained:
    """Explain a value by itself, or any other text. Raises UnreadableError for what cannot be read."""
    given, how = lent or Lent(), sent or Sent()
    if not is_one(text, how.role) or (given.answer is not None and how.role is None):
        return explain_text(text, given, clock)
    url = how.token_url or token_url_of(text)
    now = given.at if given.at is not None else _value_signed_at(text, clock())
    return explained_value(offline(url, now, given.keys), text, how.role)


def is_one(text: str, role: str | None = None) -> bool:
    """Whether a text is one value by itself, or is sent as one."""
    return role is not None or (is_value(text) and not is_file(text))


def _value_signed_at(value: str, latest: float) -> float:
    """Return when a JWT was signed: that it has expired since is no mistake."""
    jwt = jwts.decoded(bare_value(value))
    return (signed_at(jwt, latest) if jwt is not None else None) or latest


def written(
    explained: Explained,
    width: int = WIDTH,
    *,
    every: bool = False,
    details: bool = False,
    style: Style = unpainted,
) -> Iterator[str]:
    """Yield an explanation as lines: the answer in bold, what belongs to it, and below a blank line the details.

    `every`: of a file with many exchanges the answer to each. Nothing in a line steers a terminal, but its `style`.
    """
    lines: Iterable[str]
    below: Iterable[str]
    if isinstance(explained, RequestExplanation):
        lines, below = explained.lines(width, every=every), map(printable, explained.details())
    else:
        lines, below = explained.lines(width), explained.details(style)
    for place, line in enumerate(lines):
        yield style(printable(line), bold=place == 0)
    if details:
        yield from ("", *below)


def explain_text(text: str, lent: Lent | None = None, clock: Callable[[], float] = time.time) -> RequestExplanation:
    """Explain a text; where nothing is found in it, the explanation says so, and its `by` is None."""
    given = lent or Lent()
    if not exchanges.is_request(text):
        if len(text) > LARGEST:
            raise UnreadableError(f"The text has more than {LARGEST} characters; allowed: a part of it, or a HAR file")
        return _of_facts(text, given, clock)
    try:
        return _of_exchanges(text, given, clock)
    except UnreadableError as reason:
        if len(text) > LARGEST:
            raise
        reported = _of_facts(text, given, clock)
        return replace(reported, why=(f"{str(reason).rstrip('.?')}.",)) if reported.by is None else reported


def _of_exchanges(text: str, lent: Lent, clock: Callable[[], float]) -> RequestExplanation:
    """Explain what is a request, or a file of requests, as a whole."""
    found = exchanges.read(text, lambda host: host_of(f"https://{host}") is not None, lent.read_file)
    own = lent if len(found.exchanges) > 1 else _with_facts(text, lent)
    others = _by_others(own.facts, own.said) if own.facts is not None and found.exchanges[0].answer is None else None
    if others is not None:
        return RequestExplanation(refused=True, **asdict(others))
    kinds: dict[object, list[Captured]] = {}
    for place, each in enumerate(found.exchanges):
        kinds.setdefault(place if lent.every else _kind(each), []).append(each)
    explained = [replace(explain_captured(each[0], own, clock), times=len(each)) for each in kinds.values()]
    explained.sort(key=lambda each: not each.refused)
    advice = tuple(leaked(text)) if found.exchanges[0].source == "curl" else ()
    first = explained[0]
    return replace(first, also=tuple(explained[1:]), others=found.others, advice=(*first.advice, *advice))


def _kind(captured: Captured) -> tuple[object, ...]:
    """Return by what two exchanges are of one kind: who was asked for what, and what the answer said."""
    form = parse_qsl(captured.body.decode(errors="replace")) if captured.answer is not None else captured.body
    grant = dict(form).get("grant_type") if isinstance(form, list) else form
    answered = of_answer(captured.answer) if captured.answer is not None else None
    return (captured.method, captured.url.partition("?")[0], grant, answered)


def _with_facts(text: str, lent: Lent) -> Lent:
    facts = read(text, known_sentences())
    said = begun(facts, said_in(facts))
    return replace(lent, facts=facts, said=lent.said or said)


def _of_facts(text: str, lent: Lent, clock: Callable[[], float]) -> RequestExplanation:
    own = _with_facts(text if lent.answer is None else f"{text}\n\n{lent.answer}", lent)
    facts, said = own.facts or Facts(text=""), own.said
    others = _by_others(facts, said)
    if others is not None:
        return RequestExplanation(refused=True, **asdict(others))
    request = _request(facts, said, lent) if said is None or not said.is_several else None
    keys = lent.keys or (json.dumps(facts.key_sets[0]).encode() if facts.key_sets else None)
    own = replace(own, answer=None, at=lent.at if lent.at is not None else _date(facts), keys=keys)
    if request is not None and host_of(request.captured.url) is not None and (said is not None or not is_others(facts)):
        logged = _logged(facts, said) if request.captured.at is None else request.captured.at
        request = replace(request, captured=replace(request.captured, at=logged))
        explanation = _of_api(request, own, clock) or explain_captured(request.captured, own, clock)
        return explanation if request.is_place_known else replace(explanation, request="")
    return _of_sentence(facts, said) if said is not None else nothing_found(text)


def _of_api(request: Supposed, own: Lent, clock: Callable[[], float]) -> RequestExplanation | None:
    """Explain a 401 of an API behind the gateway by its request, where that shows more than the sentence says."""
    if own.said is None or any(row.played or row.error.status != _UNAUTHORIZED for row in own.said.rows):
        return None
    explanation = explain_captured(
        request.captured, replace(own, said=None, heard=own.said.spoken or own.said.words), clock
    )
    return explanation if any(each.certainty != "possible" for each in explanation.findings) else None


def _of_sentence(facts: Facts, said: Said) -> RequestExplanation:
    """Explain a refusal of which no request is known."""
    rules = tuple(dict.fromkeys(rule for row in said.rows for _, rule in row.rules))
    reported = RequestExplanation(
        said=said.words, stopped_by=rules, by="answer", refused=True, findings=usual(said.rows)
    )
    view = View(
        explanation=reported,
        answered=Answered(sentence=said.words, bare=True),
        rows=said.rows,
        facts=facts,
        spoken=said.spoken,
    )
    return replace(reported, **asdict(Answering(view).parts()))


def _request(facts: Facts, said: Said | None, lent: Lent) -> Supposed | None:
    """Return the request of a text: that of a curl command as curl would send it, else what the facts make of it."""
    command = curl_command(facts.text)
    found = supposed(facts, said)
    if command:
        try:
            return Supposed(captured=without_placeholders(curl.read(command, lent.read_file)), tokens={})
        except UnreadableError:
            pass
    return found


def _date(facts: Facts) -> float | None:
    """Return when the refusal came by the service's clock: the Date of its answer."""
    return next((each.at for each in reversed(facts.moments) if each.is_date), None)


def _logged(facts: Facts, said: Said | None) -> float | None:
    """Return when the refusal came by the client's clock: the time of its log, where that has a zone."""
    until = said.start if said is not None else len(facts.text)
    moments = [each for each in facts.moments if each.start < until and each.has_zone and not each.is_date]
    logged = [each for each in moments if each.name not in _TIMES]
    return logged[-1].at if logged else None


# answers that none of the services has given


def _by_others(facts: Facts, said: Said | None) -> Parts | None:
    """Return what is said of an answer that came from a proxy, or came to a request that a redirect has changed."""
    statuses = [each.status for each in facts.statuses]
    if not is_ours(facts) or not any(each >= _REFUSED for each in statuses):
        return None
    if said is None and _NOT_ALLOWED in statuses and set(_MOVED) & set(statuses):
        return _redirected(facts, next(each for each in statuses if each in _MOVED))
    server = _SERVER.search(facts.page) or next(
        (found for each in facts.headers if each.name == "server" and (found := _SERVER.search(each.value))), None
    )
    if said is None and facts.page:
        name = server[0] if server else "a proxy, a firewall or a log-in"
        return Parts(
            answer=f"This page comes from {name} in front of the service, which itself answers JSON. Look in the error "
            "log of that proxy.",
            do=(
                "Look there for its upstream: name resolution, TLS (SNI), firewall.",
                "Post to the service's own URL from the same machine, without the proxy, and compare.",
            ),
            why=("The token service answers JSON with a message_id. It has perhaps not been reached at all.",),
        )
    return None


def _redirected(facts: Facts, status: int) -> Parts:
    """Return what is said of a POST that a redirect has made a GET: where the redirect went, when the text says so."""
    target = next((each.value for each in facts.headers if each.name == "location"), "")
    is_upgrade = host_of(target) is not None and any(
        each.url == target.replace("https://", "http://", 1) != target for each in facts.addresses
    )
    because = ("The token endpoint allows POST only, so it answers the GET with 405.",)
    went = f"Your POST was redirected with a {status}, and the client followed it with a GET without a body."
    if is_upgrade:
        return Parts(answer=f"{went} Use https:// in the URL.", do=(f"Post to {target}.",), why=because)
    return Parts(
        answer=f"{went} Post straight to the token URL, or let the proxy forward the request.",
        do=(
            "Post directly to the service's own URL, so that nothing redirects.",
            "If a proxy has to redirect, let it answer 307 or 308: these keep method and body.",
        ),
        why=because,
    )
