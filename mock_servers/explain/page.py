"""The answer to a paste as HTML, for a page: the same in a visitor's browser as from a mock that runs.

It has no style, no script and no secret. Its buttons copy where the page runs `copy.js`. The names of classes are those
of `style.css`.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.catalogue.slugs import slug_of
from mock_servers.commands import cmd, powershell, shell
from mock_servers.commands.command import Sent
from mock_servers.explain.answering import secrets_in
from mock_servers.explain.any_text import Explained, explain
from mock_servers.explain.checks.check import STATES, Check, State
from mock_servers.explain.confidential import HARMLESS_CLAIMS
from mock_servers.explain.request_explanation import Parts, RequestExplanation
from mock_servers.explain.said import known_sentences
from mock_servers.explain.value import ValueExplanation
from mock_servers.explain.whole import Lent
from mock_servers.journal.leaked_private_key import is_private
from mock_servers.reading.captured import UnreadableError
from mock_servers.reading.reader import LARGEST, read
from mock_servers.rules import ServiceError
from mock_servers.wire.wording import printable

Link = Callable[[ServiceError], str]
"""Returns where more is said of an error; empty where there is nothing."""

_MARKS: Final[Mapping[State, tuple[str, str]]] = {
    "passed": ("passed", "\u2713"),
    "proved": ("passed", "\u2713"),
    "refused": ("stopped", "\u2717"),
    "perhaps": ("stopped", "\u2717"),
    "contradicted": ("stopped", "\u2717"),
    "next": ("foreseen", "\u2717"),
    "not reached": ("unasked", "\u2013"),
    "unknown": ("open", "?"),
    "missing": ("open", "?"),
}
"""By what came of a check, its class and its mark."""
_SHELLS: Final = (
    ("bash", "bash", shell.curl),
    ("powershell", "PowerShell", powershell.request),
    ("cmd", "Command prompt (cmd)", cmd.curl),
)
_TAIL: Final = 3
"""More checks than these at the end that were not reached are shown in a fold."""
_BY_ORDER: Final = "By the order: the first fault wins, and a later check has refused."
_HAS_SECRET: Final = re.compile(r"PRIVATE KEY|client.?secret|refresh.?token", re.IGNORECASE)
_BASIC: Final = re.compile(r"\bBasic\s+([A-Za-z0-9+/]{16,}={0,2})")
_PRIVATE_JWK: Final = re.compile(r'"d"\s*:\s*"[A-Za-z0-9_-]{40,}"')
_KEY: Final = "Replace your private key if this is the real one: it belongs in no code and in no post."
_PAIR: Final = "Replace the client secret: the Authorization header in your text has it, and Base64 hides nothing."
_KEY_SET: Final = "The key set that you gave has private keys. Give the public one, and replace these if they are real."
_ON_A_PAGE: Final = (
    ("with --jwks", "in the box for it"),
    ("--at sets it", "the box for the moment sets it"),
    ("--jwks", "the box for the key set"),
)
"""What the command calls its options, and how a page calls its boxes."""


def site_link(error: ServiceError) -> str:
    """Return the page of an error on the documentation's site, beside the page that explains."""
    slug = slug_of(error)
    return f"error/{slug}.html" if slug else ""


def server_link(prefix: str) -> Link:
    """Return the links to the errors on a mock's own pages, which begin with `prefix`."""
    return lambda error: f"{prefix}/_nhsauth/errors?{urlencode({'text': error.sentence or error.code or error.status})}"


def page_answer(text: str, key_set: bytes | None, moment: float | None, link: Link = site_link) -> str:
    """Return a fragment of HTML that says why a request was refused, or what a value is; offline, without a style.

    `key_set` is the signer's key set, `moment` when the request was made, in seconds since 1970.
    """
    try:
        explained = explain(text, Lent(keys=key_set, at=moment))
    except UnreadableError as reason:
        return _section("explained-answer", "The answer", f'<p class="headline">{_text(str(reason))}</p>')
    return fragment(explained, warnings(text, key_set), link)


def warnings(text: str, key_set: bytes | None = None) -> tuple[str, ...]:
    """Return what must be said of each secret that a paste shows, before anything else."""
    found = list[str]()
    if len(text) <= LARGEST and _HAS_SECRET.search(text):
        found += secrets_in(read(text, known_sentences()))
    found += [_KEY] if _PRIVATE_JWK.search(text) or is_private(text.strip()) else []
    found += [_PAIR] if any(map(_is_pair, _BASIC.findall(text))) else []
    found += [_KEY_SET] if key_set is not None and _PRIVATE_JWK.search(key_set.decode(errors="replace")) else []
    return tuple(dict.fromkeys(found))


def _is_pair(encoded: str) -> bool:
    try:
        return b":" in base64.b64decode(encoded, validate=True)
    except ValueError:
        return False


def fragment(explained: Explained, warned: Sequence[str] = (), link: Link = site_link) -> str:
    """Return an explanation as HTML: warnings, the answer and what belongs to it, the checks, and all the rest."""
    if isinstance(explained, RequestExplanation):
        parts = [*_answer(explained, warned), *_command(explained), *_also(explained)]
        details = list(_of_request(explained))
    else:
        parts, details = list(_answer(explained.parts, warned)), list(_of_value(explained))
    body = "".join(f"<div><dt>{_text(name)}</dt><dd>{words}</dd></div>\n" for name, words in details)
    fold = f'<details class="details">\n<summary>Details</summary>\n<dl class="summary">\n{body}</dl>\n</details>'
    sections = [*_warnings(warned), *parts, *_checks(explained.checks, link), *([fold] if body else [])]
    return '<div class="explained">\n' + "\n".join(sections) + "\n</div>\n"


# the answer first


def _warnings(warned: Sequence[str]) -> Iterator[str]:
    if warned:
        heading = "Your text shows a secret"
        yield _section("explained-warning", heading, _list("ul", warned), "problem")


def _answer(parts: Parts | RequestExplanation, warned: Sequence[str]) -> Iterator[str]:
    yield _section("explained-answer", "The answer", f'<p class="headline">{_text(parts.answer)}</p>')
    steps = [each for each in parts.do if each not in warned and not _is_command(each)]
    body = [_list("ol", steps)] if steps else []
    if isinstance(parts, RequestExplanation) and parts.command is not None and any(map(_is_command, parts.do)):
        body += _shells(parts.command, is_open=True)
    if body:
        yield _section("explained-do", "Do this", "\n".join(body))
    for name, heading, sentences in (
        ("why", "Why", parts.why),
        ("fine", "What is fine", parts.fine),
        ("next", "Next", parts.next),
        ("time", "Time", (parts.moment,) if parts.moment else ()),
    ):
        if sentences:
            yield _section(f"explained-{name}", heading, _list("ul", sentences))


def _is_command(step: str) -> bool:
    return "\n" in step


def _command(explained: RequestExplanation) -> Iterator[str]:
    """Show how such a request is sent right, where that is none of the steps already."""
    if explained.command is not None and not any(map(_is_command, explained.do)):
        blocks = "\n".join(_shells(explained.command, is_open=False))
        yield _section("explained-command", "Such a request, sent right", blocks)


def _shells(command: Sent, *, is_open: bool) -> Iterator[str]:
    yield '<p class="hint">The shell puts in what stands in its variables: set them first.</p>'
    for place, (name, title, write) in enumerate(_SHELLS):
        opened, target = " open" if is_open and place == 0 else "", f"command-{name}"
        code = f'<pre class="command"><code id="{target}">{escape(write(command))}</code></pre>'
        label = f'data-copy="{target}" aria-label="Copy the command for {title}"'
        button = f'<button type="button" class="link copy" {label}>Copy</button>'
        yield (f'<details{opened}>\n<summary>{title}</summary>\n<div class="copied">{code}\n{button}</div>\n</details>')


def _also(explained: RequestExplanation) -> Iterator[str]:
    """Answer for the other exchanges of the text, one of each kind."""
    folds = []
    for each in explained.also:
        times = f"{each.times} more: " if each.times > 1 else ""
        said = f", answered {each.said}" if each.said else ""
        rest = _list("ul", [each.answer, *each.do[:1], *each.why])
        folds.append(f"<details>\n<summary>{_text(f'{times}{each.request}{said}')}</summary>\n{rest}\n</details>")
    if explained.others:
        folds.append(f"<p>{explained.others} exchanges with other hosts are left out.</p>")
    if folds:
        yield _section("explained-also", "Further requests of your text", "\n".join(folds))


# the checks


def _checks(checks: Sequence[Check], link: Link) -> Iterator[str]:
    if not checks:
        return
    tail = next((n for n, each in enumerate(reversed(checks)) if each.state != "not reached"), len(checks))
    shown = len(checks) - tail if tail > _TAIL else len(checks)
    rows = "".join(_row(each, link) for each in checks[:shown])
    by_order = f" {_BY_ORDER}" if any(each.state == "proved" for each in checks) else ""
    body = f'<p class="hint">{_count(checks)}. Each links to the error by which the service refuses.{by_order}</p>\n'
    body += f'<ol class="checks">\n{rows}</ol>'
    if shown < len(checks):
        rows = "".join(_row(each, link) for each in checks[shown:])
        body += f"\n<details>\n<summary>{tail} further checks, not reached</summary>\n"
        body += f'<ol class="checks" start="{shown + 1}">\n{rows}</ol>\n</details>'
    yield _section("explained-checks", "The service\u2019s checks, in their order", body)


def _count(checks: Sequence[Check]) -> str:
    counts = Counter(each.state for each in checks)
    return " \u00b7 ".join(
        f"{counts[state]} {words[0].lower()}{words[1:]}" for state, words in STATES.items() if counts[state]
    )


def _row(check: Check, link: Link) -> str:
    kind, mark = _MARKS[check.state]
    target = link(check.error) if check.error is not None else ""
    title = _text(check.title)
    named = f'<a href="{escape(target)}">{title}</a>' if target else f"<span>{title}</span>"
    value = f" <code>{_text(check.value)}</code>" if check.value else ""
    words = f"<p>{_text(check.words)}</p>" if check.words else ""
    state = f'<span class="state"><span aria-hidden="true">{mark}</span> {STATES[check.state]}</span>'
    return f'<li class="check {kind}">{state} {named}{value}{words}</li>\n'


# the details


def _of_request(explained: RequestExplanation) -> Iterator[tuple[str, str]]:
    if explained.request:
        yield "Request", _text(explained.request)
    if explained.said:
        yield "The service answered", _text(explained.said)
    if explained.stopped_by:
        yield "Rule", " or ".join(f"<code>{_text(each)}</code>" for each in explained.stopped_by)
    for each in explained.findings:
        parts = [each.seen, each.cause, each.cure, each.change or ""]
        evidence = f"Evidence {each.evidence}: {EVIDENCE[each.evidence]}, {each.row}" if each.evidence else ""
        difference = f'\n<pre class="difference" tabindex="0">{_text(each.difference)}</pre>' if each.difference else ""
        yield f"{each.id}, {each.certainty}", f"{_list('ul', filter(None, [*parts, evidence]))}{difference}"
    open_ones = [each.words for each in explained.unknown if not each.missing]
    for name, words in (
        ("Only the service knows", open_ones),
        ("Then", explained.then),
        ("Note", explained.notes),
        ("Advice", explained.advice),
    ):
        if words:
            yield name, _list("ul", words)


def _of_value(explained: ValueExplanation) -> Iterator[tuple[str, str]]:
    known = explained.known
    yield "What it is", f"{_text(known['seen'])} ({_text(known['certainty'])})"
    for name in ("header", "claims") if known["jwt"] else ():
        times = known["jwt"]["times"]
        members = [_member(member, value, times) for member, value in known["jwt"][name].items()]
        yield f"{name.capitalize()} of the JWT", _list("ul", members)
    for each in known["findings"]:
        yield f"{each['id']}, {each['certainty']}", _list("ul", [each["seen"], each["cause"], each["cure"]])
    for each in (*known["verdicts"], *known["elsewhere"]):
        yield f"As {each['as']}", _list("ul", _verdict(each))


def _verdict(verdict: Mapping[str, Any]) -> Iterator[str]:
    yield {"refused": "It would be refused.", "accepted": "It would be accepted.", "undecided": "Nothing objects."}[
        verdict["would_be"]
    ]
    error = verdict["error"]
    if error:
        yield f"{error['status']} {error['code']} {error['description']}"
        yield f"Evidence {error['evidence']}: {EVIDENCE[error['evidence']]}"
    yield from filter(None, (verdict["diagnosis"], verdict.get("cure")))


def _member(name: str, value: Any, times: Mapping[str, str]) -> str:
    """Name a member of a JWT; what it says of a person is nobody's business."""
    if name not in HARMLESS_CLAIMS:
        return f"{name} is there"
    words = f" ({times[name]})" if name in times else ""
    return f"{name}: {value}{words}"


# HTML


def _section(name: str, heading: str, body: str, kind: str = "part") -> str:
    return f'<section class="{kind}" aria-labelledby="{name}">\n<h2 id="{name}">{heading}</h2>\n{body}\n</section>'


def _list(tag: str, sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(each)}</li>\n" for each in sentences)
    return f"<{tag}>\n{items}</{tag}>"


def _text(words: str) -> str:
    """Return words as HTML: nothing of them is markup, and every character is visible."""
    for option, box in _ON_A_PAGE:
        words = words.replace(option, box)
    return escape(printable(words))
