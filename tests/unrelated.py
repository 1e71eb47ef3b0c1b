"""Texts that have nothing to do with a log-in: passages of files on this machine, read when a test runs."""

import itertools
import random
import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_RELATED = re.compile(
    r"oauth|open.?id|\bjw[tkse]s?\b|jose\b|bearer|nhs|apigee|(?:access|id|refresh|subject).?token|redirect.?ur[il]"
    r"|client.?(?:id|secret|assertion|credential)|grant.?type|private key|\beyJ",
    re.IGNORECASE,
)
"""What makes a text one of our subject, or of another issuer's errors, which have tests of their own."""
_LICENCES = re.compile(r"copyright|licen[cs]e|notice|authors|record", re.IGNORECASE)
"""Files that nearly every package has, in nearly the same words."""
_MOST_FILES = 400
_LARGEST = 200_000
_SHORTEST = 12
_SEED = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a file; `source` is the module, package or folder of documents that has the file."""

    source: Path
    file: Path
    text: str


def passages(count: int) -> Iterator[Passage]:
    """Yield so many different passages, the same ones at each call, from as many sources as there are."""
    found = {each.text: each for each in itertools.islice(_in_turn(_sources()), 2 * count)}
    return itertools.islice(found.values(), count)


def _in_turn(sources: Sequence[Path]) -> Iterator[Passage]:
    """Yield a passage of each source, then another of each, until none of them has any more."""
    waiting = [_passages_of(each) for each in sources]
    while waiting:
        for each in list(waiting):
            found = next(each, None)
            if found is None:
                waiting.remove(each)
            else:
                yield found


def _sources() -> list[Path]:
    """Return the modules, packages and folders of documents on this machine, in an order of no meaning."""
    paths = sysconfig.get_paths()
    folders = [Path(paths["stdlib"]), Path(paths["purelib"]), *sorted(Path("/usr/share").glob("*/"))]
    own = {folders[0] / "site-packages", *folders[1].glob("*nhsauth*")}
    found = [each for folder in folders if folder.is_dir() for each in sorted(folder.iterdir()) if each not in own]
    random.Random(_SEED).shuffle(found)
    return found


def _passages_of(source: Path) -> Iterator[Passage]:
    """Yield passages of its files in turn, and of each file one of each shape."""
    below = itertools.islice(source.rglob("*") if source.is_dir() else [source], _MOST_FILES)
    files = sorted(each for each in below if not _LICENCES.match(each.name))
    chosen = random.Random(f"{_SEED} {source.name}")
    chosen.shuffle(files)
    for turn, (place, file) in itertools.product(range(len(_SHAPES)), enumerate(files)):
        shape = _SHAPES[(turn + place) % len(_SHAPES)]
        text = shape(_content(file), chosen).strip()
        if len(text) >= _SHORTEST and not _RELATED.search(text):
            yield Passage(source=source, file=file, text=text)


def _content(file: Path) -> str:
    """Return a file's text; of what is no text, nothing."""
    try:
        raw = file.read_bytes()[:_LARGEST]
        return raw.decode() if b"\0" not in raw else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _whole(text: str, _: random.Random) -> str:
    return text


def _line(text: str, chosen: random.Random) -> str:
    return chosen.choice([each for each in text.splitlines() if len(each.strip()) >= _SHORTEST] or [""])


def _paragraph(text: str, chosen: random.Random) -> str:
    return chosen.choice(re.split(r"\n\s*\n", text))


def _lines(text: str, chosen: random.Random) -> str:
    lines = text.splitlines()
    start = chosen.randrange(len(lines) or 1)
    return "\n".join(lines[start : start + chosen.randint(5, 60)])


_SHAPES: tuple[Callable[[str, random.Random], str], ...] = (_whole, _line, _paragraph, _lines)
