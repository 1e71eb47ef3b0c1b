"""The sources and pages use the field's words: none of those below, as a word or as a part of a name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
HERE: Final = Path(__file__).relative_to(ROOT).as_posix()
FOLDERS: Final = (
    *("mock_servers", "pytest_nhsauth", "contract_tests", "tests", "benchmarks", "tools", "examples", "docs"),
    *(".github", ".ci"),
)
KINDS: Final = {".py", ".md", ".html", ".js", ".mjs", ".toml", ".yml"}
LEFT_OUT: Final = {"node_modules", "__pycache__"}

WORDS: Final = {
    "told": "says, reports, shows, returns; of a program: configured",
    "untold": "not reported, unknown",
    "tells": "says, reports, shows, returns",
    "telling": "specific; saying, reporting",
    "whoever": "the caller, any client, the next process",
    "whatever": "any, every",
    "leads": "redirects, causes, reaches",
    "led": "redirected, caused, reached",
    "crew": "threads",
    "nap": "delay",
    "portfolio": "developer apps",
    "witness": "recorder",
    "overheard": "observed",
    "folded": "compact",
}
"""A word, and what to write instead; a name may hold it between underscores, too."""
PHRASES: Final = {
    "belongs into": "goes in",
    "by then": "name the moment",
    "knows nothing of": "does not depend on",
    "is none itself": "say what it is",
    "bytes that are no text": "not valid UTF-8",
    "will do": "is accepted, is enough",
}
ALLOWED: Final = {
    "mock_servers/http/engine.py": {"leads"},  # one thread leads, the others follow
    "mock_servers/http/framing.py": {"folded"},  # obs-fold of RFC 9112: a header line that goes on in the next
    "mock_servers/state/developer_apps.py": {"portfolio"},  # the name of a counter in stored states
    "tests/mock_servers/state/test_sqlite.py": {"told"},  # a value of the state that an earlier version has written
    "tests/interop/mutated.py": {"folded"},
    "tests/mock_servers/http/test_framing.py": {"folded"},
    "tests/mock_servers/http/test_request_heads.py": {"folded"},
}
"""By file, words that have their plain meaning there."""
PATTERN: Final = re.compile(
    "|".join(
        [
            *(rf"(?<![a-z])(?:{word})(?![a-z])" for word in WORDS),
            *(rf"\b{phrase}\b" for phrase in PHRASES),
        ]
    ),
    re.IGNORECASE,
)


def files() -> Iterator[Path]:
    for path in (*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))):
        if path.suffix in KINDS and not LEFT_OUT & set(path.parts) and path.relative_to(ROOT).as_posix() != HERE:
            yield path


def found_in(name: str, text: str) -> list[str]:
    """Each forbidden word with its line, but for those that are allowed in this file."""
    allowed = ALLOWED.get(name, set())
    lines = enumerate(text.splitlines(), start=1)
    return [
        f"{name}:{number}: {found[0]}"
        for number, line in lines
        for found in PATTERN.finditer(line)
        if found[0].lower() not in allowed
    ]


def found() -> dict[str, list[str]]:
    named = {path.relative_to(ROOT).as_posix(): path for path in files()}
    each = {name: found_in(name, path.read_text(encoding="utf-8")) for name, path in sorted(named.items())}
    return {name: words for name, words in each.items() if words}


def test_no_source_and_no_page_uses_a_word_of_our_own_dialect() -> None:
    assert [line for lines in found().values() for line in lines] == []


@pytest.mark.parametrize(
    "text", ["as it was told", "def _told_of(x)", "Whoever asks", "TELLS_SID = 1", "it belongs into the form"]
)
def test_such_a_word_is_noticed(text: str) -> None:
    assert found_in("x.py", text) != []


@pytest.mark.parametrize("text", ["a stoltold", "misled", "leader", "the caller says", "shortfall"])
def test_other_words_are_not(text: str) -> None:
    assert found_in("x.py", text) == []
