"""What image and CI install: each package once, with hashes, from wherever the reader's own index is."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = re.compile(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==[^\s;]+(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def lines(name: str) -> list[str]:
    return (ROOT / "tools" / "requirements" / name).read_text(encoding="utf-8").splitlines()


def names(wanted: list[str]) -> set[str]:
    return {Requirement(each).name.lower().replace("_", "-") for each in wanted}


@pytest.mark.parametrize("name", ["image.txt", "ci.txt"])
def test_each_line_is_a_version_or_a_hash(name: str) -> None:
    assert [line for line in lines(name) if not (PINNED.fullmatch(line) or HASH.fullmatch(line))] == []


def test_what_the_project_needs_is_pinned() -> None:
    groups = PROJECT["dependency-groups"]
    extras = [each for extra in ("shared", "metrics") for each in PROJECT["project"]["optional-dependencies"][extra]]
    needed = names([*PROJECT["project"]["dependencies"], *extras])
    pinned = {
        name: {found[1] for line in lines(name) if (found := PINNED.fullmatch(line))}
        for name in ("image.txt", "ci.txt")
    }

    assert needed | names(groups["build"]) <= pinned["image.txt"]
    assert needed | names([*groups["test"], *groups["lint"]]) <= pinned["ci.txt"]
