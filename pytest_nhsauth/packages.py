"""Keeps this project's packages and a team's own ones of the same names apart.

The wheel brings `mock_servers` and `contract_tests`, and a team may have packages called so. Where it has a
`mock_servers`, the fixtures load ours under another name, `pytest_nhsauth.own.mock_servers`: whoever imports
`mock_servers` gets the team's. A command is a process of our own; there the team's folders leave the path.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

OURS: Final = ("mock_servers", "contract_tests")
OWN: Final = f"{__package__}.own"
"""Below this name our packages are loaded where the team has one of the same name."""

_HERE: Final = Path(__file__).resolve().parent
_HOME: Final = _HERE.parent
_DEPTH: Final = ("", "*", "*/*")
"""Where a folder of tests may lie that pytest will put on the path: that far below where it runs."""


def claim() -> None:
    """Let this process find our packages alone: places with a team's own of these names leave the path."""
    sys.path[:] = [place for place in sys.path if not any(_is_foreign(Path(place), name) for name in OURS)]
    if not any(Path(place).resolve() == _HOME for place in sys.path):
        sys.path.append(str(_HOME))
    _FINDER.decided = False


def look_out() -> None:
    """From the first import of a module that needs our servers on, load them under the name that is free."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def module(name: str) -> ModuleType:
    """Import a module of this project, under the name that is free."""
    look_out()
    ours = name.partition(".")[0] in OURS
    return importlib.import_module(f"{OWN}.{name}" if ours and _FINDER.private() else name)


def told() -> str | None:
    """Return a line for who wonders why our packages go by other names here; None where they do not."""
    if not _FINDER.decided:
        return None
    return (
        f"nhsauth: this repository has a mock_servers of its own ({taken_by()}); the fixtures' is at {OWN}.mock_servers"
    )


def taken_by() -> Path | None:
    """Return the team's own package that keeps ours from its name; `None` when the name is free."""
    known = getattr(sys.modules.get(OURS[0]), "__file__", None)
    if known is not None and Path(known).resolve().parent != _HOME / OURS[0]:
        return Path(known)
    return next((found for place in _places() if (found := _is_foreign(place, OURS[0]))), None)


def _places() -> Iterator[Path]:
    yield from map(Path, sys.path)
    here = Path.cwd()
    for depth in _DEPTH:
        yield from (found.parent for found in here.glob(f"{depth}/{OURS[0]}".lstrip("/")))
        yield from (found.parent for found in here.glob(f"{depth}/{OURS[0]}.py".lstrip("/")))


def _is_foreign(place: Path, name: str) -> Path | None:
    """Return the package or module of this name at a place, unless it is ours."""
    for file in (place / name / "__init__.py", place / f"{name}.py"):
        if file.is_file() and file.resolve() != _HOME / name / "__init__.py":
            return file
    return None


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of ours in whose eyes our packages have their usual names."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it with an `import` of its own."""
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds what lies below this package when a team has a `mock_servers` of its own; else nothing."""

    def __init__(self) -> None:
        self.decided: bool | None = None

    def private(self) -> bool:
        """Whether ours are loaded under another name; decided once, when this is first asked."""
        if self.decided is None:
            self.decided = taken_by() is not None
        return self.decided

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        """Find modules of ours alone."""
        if not fullname.startswith(f"{__package__}.") or not self.private():
            return None
        if fullname == OWN:
            spec = importlib.machinery.ModuleSpec(OWN, None, is_package=True)
            spec.submodule_search_locations = [str(_HOME)]
            return spec
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is not None and isinstance(found.loader, importlib.machinery.SourceFileLoader):
            found.loader = _Loader(found.loader.name, found.loader.path)
        return found


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of the function whose place this takes
    locals: Mapping[str, Any] | None = None,  # noqa: A002 - the same
    fromlist: Sequence[str] = (),
    level: int = 0,
) -> ModuleType:
    """Import as a statement does; our packages from where they are."""
    if level or name.partition(".")[0] not in OURS:
        return builtins.__import__(name, globals, locals, fromlist, level)
    if fromlist:
        return builtins.__import__(f"{OWN}.{name}", globals, locals, fromlist)
    importlib.import_module(f"{OWN}.{name}")
    return sys.modules[f"{OWN}.{name.partition('.')[0]}"]


_FINDER: Final = _Finder()
