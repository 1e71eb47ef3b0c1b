"""The pages that only the site has: one for each error, mistake and library, so that a search for it ends there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.diagnosis.libraries import HTTP_CLIENTS, LIBRARIES, Library
from mock_servers.diagnosis.table import FINDERS
from tools.pages.markdown import code, link, listed, literal, prose, table
from tools.site import calls

_LONGEST_NAME: Final = 100
_FRONT: Final = "---\norphan: true\n---\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {**_errors(), **_mistakes(), **_libraries(), "calls/index.md": calls.page()}


def sentences() -> dict[str, list[Entry]]:
    """Return the rows of all services by what a client reads: the sentence, else the code or the status."""
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        error = entry.error
        found.setdefault(error.sentence or error.code or f"{error.status} without a body", []).append(entry)
    return found


def names(titles: Iterable[str]) -> dict[str, str]:
    """Return a file name for each title; of those that differ in what a name cannot have, each its own."""
    found: dict[str, str] = {}
    for title in titles:
        name = re.sub(r"[^a-z0-9_]+", "-", title.lower()).strip("-")[:_LONGEST_NAME].rstrip("-")
        alike = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", each) is not None for each in found.values())
        found[title] = f"{name}-{alike + 1}" if alike else name
    return found


def mistakes() -> dict[str, str]:
    """Return what each mistake is, by its id; those that have a description of one sentence."""
    return {name: finder.words_of(name) for finder in FINDERS for name in finder.mistakes if finder.words_of(name)}


def libraries() -> tuple[Library, ...]:
    """Return every library that has a page."""
    return tuple(each for each in (*LIBRARIES, *HTTP_CLIENTS) if each.changes)


def _errors() -> dict[str, str]:
    by_sentence = sentences()
    named = names(by_sentence)
    index = listed(link(title, f"{name}.md") for title, name in sorted(named.items(), key=lambda each: each[0].lower()))
    found = {f"error/{named[title]}.md": _error(title, rows, named[title]) for title, rows in by_sentence.items()}
    return {**found, "error/index.md": f"# Errors by their sentence\n\n{_ERRORS}\n{index}"}


_ERRORS: Final = """\
Find the sentence that you got. Its page has the usual cause, the cure, and the mistakes that lead to it. The same
errors, [grouped by service](../errors/README.md), are on one page for each service.
"""


_EXPLAIN_MINE: Final = """\
<a href="../explain.html#errors/{}">Explain mine</a>: paste your request, here in the browser. Nothing leaves it.

"""


def _error(title: str, rows: Sequence[Entry], name: str) -> str:
    sections = "\n".join(_row(entry, alone=len(rows) == 1) for entry in rows)
    return f"""{_FRONT}# {literal(title)}

{_EXPLAIN_MINE.format(name)}{sections}
{calls.section(rows)}## Find your own cause

Paste the request and the answer. Nothing leaves your machine:

```sh
nhsauth explain "@request.txt" --answer "@answer.txt"
```

[How to do that](../diagnosis.md#a-request-that-the-real-service-refused) · [all errors](index.md)
"""


def _row(entry: Entry, *, alone: bool) -> str:
    error = entry.error
    what = f"{error.status} {error.code}".strip()
    lines = [
        f"{entry.service[0].upper()}{entry.service[1:]} answers this as {code(what)}.\n",
        f"**Usual cause.** {prose(entry.problem.cause)}\n",
        f"**Cure.** {prose(entry.problem.cure)}\n",
        f"**How sure we are.** {error.evidence}: {EVIDENCE[error.evidence]}.\n",
    ]
    if not entry.played:
        lines.append("**Recognised, not played.** No mock answers this: an API behind the gateway does.\n")
    lines[:0] = [] if alone else [f"## {entry.service[0].upper()}{entry.service[1:]}: {literal(what)}\n"]
    if entry.mistakes:
        lines.append("**Mistakes that lead here:**\n")
        lines.append(listed(link(words, f"../mistake/{name}.md") for name, words in entry.mistakes.items()))
    return "\n".join(lines)


def _mistakes() -> dict[str, str]:
    reported, by_sentence = mistakes(), sentences()
    named = names(by_sentence)
    index = listed(f"{link(words, f'{name}.md')} ({code(name)})" for name, words in reported.items())
    found = {f"mistake/{name}.md": _mistake(name, words, by_sentence, named) for name, words in reported.items()}
    return {**found, "mistake/index.md": f"# Mistakes that the mock recognises\n\n{_MISTAKES}\n{index}"}


_MISTAKES: Final = """\
The mock looks for these mistakes whenever it refuses a request. It reports them to you, and never to the client:
see [how you find out what went wrong](../diagnosis.md).
"""


def _mistake(name: str, words: str, by_sentence: Mapping[str, Sequence[Entry]], named: Mapping[str, str]) -> str:
    answers = [(title, rows) for title, rows in by_sentence.items() if any(name in each.mistakes for each in rows)]
    lines = [f"{_FRONT}# {literal(words.removesuffix('.'))}\n", f"The findings of the mock call it {code(name)}.\n"]
    if answers:
        cures = (
            (link(title, f"../error/{named[title]}.md"), " ".join({each.problem.cure: None for each in rows}))
            for title, rows in answers
        )
        lines += ["## What the service answers\n", table(("answer", "cure"), ((at, prose(cure)) for at, cure in cures))]
    changes = [(each, each.changes[name]) for each in libraries() if name in each.changes]
    if changes:
        names_of = names(each.name for each in libraries())
        rows = ((link(each.name, f"../library/{names_of[each.name]}.md"), _change(said)) for each, said in changes)
        lines += ["## What to change in your library\n", table(("library", "write"), rows)]
    lines.append("[All mistakes](index.md)\n")
    return "\n".join(lines)


def _change(said: str) -> str:
    return code(said) if "`" not in said else said


def _libraries() -> dict[str, str]:
    named = names(each.name for each in libraries())
    found = {f"library/{named[each.name]}.md": _library(each) for each in libraries()}
    index = listed(link(each.name, f"{named[each.name]}.md") for each in libraries())
    return {**found, "library/index.md": f"# Client libraries\n\n{_LIBRARIES}\n{index}"}


_LIBRARIES: Final = """\
What to write in each client library when the service refuses its requests. [One table of all](../libraries.md) has the
same.
"""


def _library(library: Library) -> str:
    reported, language = mistakes(), f" in {library.language}" if library.language else ""
    rows = ((_of_mistake(name, reported), _change(said)) for name, said in library.changes.items())
    return f"""{_FRONT}# {literal(library.name)}{language}

{" ".join(_habits(library))}

When the platform, CIS2 or NHS login refuses a request of {literal(library.name)}, change this:

{table(("mistake", "write"), rows)}
[All libraries](index.md) · [whole log-ins with client libraries](../interop.md)
"""


def _of_mistake(name: str, expected: Mapping[str, str]) -> str:
    return link(expected[name].removesuffix("."), f"../mistake/{name}.md") if name in expected else code(name)


def _habits(library: Library) -> Iterator[str]:
    """Yield what it does by itself."""
    if library.lifetime:
        yield f"Its assertions live for {library.lifetime} seconds unless you change that."
    if library.audience == "list":
        yield "It sends the audience as a list."
    if library.basic:
        yield "It sends client id and secret in a Basic header."
