"""Files of observations: the answers of real environments, without a value of any request or answer.

An answer is quoted only if the catalogue has it. `evidence` says how such a file counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from filelock import FileLock

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.settings.limits import COUNT, DATE, TIMES, between, matching
from mock_servers.settings.real_host import ENVIRONMENT

UNKNOWN: Final = "not in the catalogue"
"""Replaces a code that no row has."""
_NAME: Final = matching(r"[A-Za-z0-9_. §()/-]{1,80}", "a name of our own: letters, digits, blanks, . _ - / ( )")
_HOST: Final = matching(r"[a-z0-9.-]+(?::\d+)?", "a host name in lower case")
_SENTENCE: Final = matching(
    r"(?!.*eyJ)(?!.*-----BEGIN)[^\x00-\x1f]{0,500}", "at most 500 characters on one line, no token"
)
_SHA256: Final = matching(r"[0-9a-f]{64}", "a SHA-256 in hexadecimal")
_STATUS: Final = between(100, 599, "an HTTP status")
_VALUE_LIKE: Final = re.compile(r"[^\s'\":;,()]{16,}|\d+")

Type = Literal["string", "number", "boolean", "null", "object", "array"]
Verdict = Literal["same", "differs", "cannot_tell"]
Wording = Literal["row", "new"]


class ObservationsError(ValueError):
    """A file holds no observations. A line for each error: the file, the member, what was found, what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """The predicted answer: the first refusal that the request itself causes, in the words of its row."""

    status: Annotated[int, _STATUS]
    code: Annotated[str, _SENTENCE] = ""
    description: Annotated[str, _SENTENCE] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The observed answer.

    `code` and `description` are quoted only if the catalogue has them; otherwise only the length is kept, and for a
    description the SHA-256, computed without anything that looked like a value. `members` are the names of the members
    that a known answer has, with their JSON types.
    """

    status: Annotated[int, _STATUS]
    code: Annotated[str, _SENTENCE] = ""
    code_length: Annotated[int, COUNT] | None = None
    description: Annotated[str, _SENTENCE] | None = None
    description_length: Annotated[int, COUNT] | None = None
    description_sha256: Annotated[str, _SHA256] | None = None
    members: Mapping[Annotated[str, _NAME], Type] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One way in which requests of a flow were answered, and how often.

    `rules` are those that answered, or at which the answers differ. `predicted` is null if the request causes no
    refusal.
    """

    flow: Annotated[str, _NAME] | None
    rules: tuple[Annotated[str, _NAME], ...]
    predicted: Predicted | None
    answered: Answered
    wording: Wording
    verdict: Verdict
    count: Annotated[int, TIMES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one host of an environment answered on one day (UTC)."""

    version: Literal[1]
    environment: Annotated[str, ENVIRONMENT]
    host: Annotated[str, _HOST]
    day: Annotated[str, DATE]
    observations: tuple[Observation, ...]


def answered(status: int, code: str, sentence: str, *, keeps: bool) -> Answered:
    """Return an answer whose sentence no row has; with `keeps` its sentence is kept, without values."""
    plain = _VALUE_LIKE.sub("…", sentence)
    return Answered(
        status=status,
        code=code,
        description=plain[:500] if keeps and plain else None,
        description_length=len(sentence),
        description_sha256=None if keeps else hashlib.sha256(plain.encode()).hexdigest(),
    )


def read(path: Path) -> tuple[Day, ...]:
    """Return the content of a file: an object of one host and day, or a list of them. Raises ObservationsError."""
    try:
        given = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ObservationsError(f"{path} cannot be read ({error.strerror}); allowed: a file of observations") from None
    except (ValueError, RecursionError):
        raise ObservationsError(f"{path} is not JSON; allowed: a file of observations") from None
    days = given if isinstance(given, list) else [given]
    try:
        return tuple(members.read(Day, each, where=f"[{at}]" if days is given else "") for at, each in enumerate(days))
    except MemberError as error:
        raise ObservationsError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None


def read_all(paths: Iterable[Path]) -> tuple[Day, ...]:
    """Return the content of several files. Raises ObservationsError."""
    return tuple(day for path in paths for day in read(path))


def merged(days: Iterable[Day]) -> tuple[Day, ...]:
    """Return each host and day once, and each observation once in it, with the sum of its counts."""
    found: dict[tuple[str, str, str], dict[str, Observation]] = {}
    for day in days:
        kinds = found.setdefault((day.environment, day.host, day.day), {})
        for each in day.observations:
            key = json.dumps(asdict(replace(each, count=1)), sort_keys=True)
            before = kinds[key].count if key in kinds else 0
            kinds[key] = replace(each, count=before + each.count)
    return tuple(
        Day(
            version=1,
            environment=environment,
            host=host,
            day=day,
            observations=tuple(kinds[key] for key in sorted(kinds)),
        )
        for (environment, host, day), kinds in sorted(found.items())
    )


def check_writable(path: Path) -> None:
    """Raise ObservationsError for a file that cannot be extended: its folder is missing, or it has other content."""
    if not path.absolute().parent.is_dir():
        raise ObservationsError(f"{path} cannot be written (there is no such folder); allowed: a file in a folder")
    if path.exists():
        read(path)


def add_to(path: Path, days: Iterable[Day]) -> None:
    """Add observations to those in a file. Raises ObservationsError.

    Several processes may write one file at once.
    """
    try:
        with FileLock(_lock_of(path), mode=0o600):
            whole = merged([*(read(path) if path.is_file() else ()), *days])
            beside = path.with_name(f".{path.name}.new")
            beside.unlink(missing_ok=True)  # of a process that was killed, or a link
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(written(whole).encode())
            beside.replace(path)
    except OSError as error:
        raise ObservationsError(f"{path} cannot be written ({error.strerror}); allowed: a file in a folder") from None


def _lock_of(path: Path) -> Path:
    """Return a file that locks a path for this user, without leaving anything beside the path."""
    name = hashlib.sha256(f"{Path.home()} {path.absolute()}".encode()).hexdigest()[:20]
    return Path(tempfile.gettempdir()) / f"nhsauth-observations-{name}.lock"


def written(days: Iterable[Day]) -> str:
    """Return the text of a file: one object, or a list where there are several hosts or days."""
    plain = [_plain(asdict(each)) for each in days]
    return f"{json.dumps(plain[0] if len(plain) == 1 else plain, indent=2, ensure_ascii=False)}\n"


def _plain(day: dict[str, Any]) -> dict[str, Any]:
    for each in day["observations"]:
        each["answered"] = {name: value for name, value in each["answered"].items() if value is not None}
    return day


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file."""
    day = {**members.schema(Day), "title": "What one host was seen to answer on one day"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of observations",
        "description": "Made of the code by `make docs`: one host and day, or a list of them.",
        "$defs": {"day": day},
        "oneOf": [{"$ref": "#/$defs/day"}, {"type": "array", "items": {"$ref": "#/$defs/day"}}],
    }
