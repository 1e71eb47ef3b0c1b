"""Separates this project's packages from others with the same names.

The wheel brings `mock_servers` and `contract_tests`, and a team may have packages called so, or folders of modules
without `__init__.py`. Where it has a `mock_servers`, the fixtures load ours under another name,
`pytest_nhsauth.own.mock_servers`, and `import mock_servers` gives the team's. A command is a process of our own;
there the team's folders leave the path. Another distribution that installs these names is reported.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

OURS: Final = ("mock_servers", "contract_tests")
OWN: Final = f"{__package__}.own"
"""The name below which our packages are loaded if the team has one of the same name."""

_ENTRY_POINT: Final = f"{__package__}.entry_point"
"""Needs none of our servers, and is imported in every run."""
_HERE: Final = Path(__file__).resolve().parent
_HOME: Final = _HERE.parent
_DEPTH: Final = ("", "*", "*/*")
"""The depth, below the current folder, of folders of tests that pytest puts on the path."""
_FILES: Final = r"(?m)^{}(/|\.py,)"
"""A package or a module of a name in a list of installed files."""


def claim() -> None:
    """Let this process find our packages alone: a team's places with packages of these names leave the path.

    A place where distributions are installed stays, for ours need some of them; ours are found before it.
    """
    foreign = [place for place in sys.path if any(_belongs_to_team(Path(place), name) for name in OURS)]
    sys.path[:] = [place for place in sys.path if place not in foreign or any(Path(place).glob("*.dist-info"))]
    first = next((at for at, place in enumerate(sys.path) if place in foreign), len(sys.path))
    if not any(Path(place).resolve() == _HOME for place in sys.path[:first]):
        sys.path.insert(first, str(_HOME))
    _FINDER.decided, _FINDER.claimed = False, True


def install_import_guard() -> None:
    """Install the import hook: from the first import of our servers on, load them under the name that is free."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def module(name: str) -> ModuleType:
    """Import a module of this project, under the name that is free."""
    install_import_guard()
    ours = name.partition(".")[0] in OURS
    return importlib.import_module(f"{OWN}.{name}" if ours and _FINDER.private() else name)


def warnings_text() -> list[str]:
    """Return a line for each other owner of our packages' names; nothing as long as nobody has needed ours."""
    if _FINDER.decided is None:
        return []
    installed = list(_distribution_warnings())
    if _FINDER.decided and not installed:
        where = f"the fixtures' is at {OWN}.{OURS[0]}"
        return [f"nhsauth: this repository has a {OURS[0]} of its own ({taken_by()}); {where}"]
    return installed


def taken_by() -> Path | None:
    """Return the team's own package that keeps ours from its name; `None` when the name is free."""
    known = sys.modules.get(OURS[0])
    lies = [getattr(known, "__file__", None), *getattr(known, "__path__", ())]
    for place in (Path(place) for place in lies if place):
        return None if place.resolve().is_relative_to(_HOME / OURS[0]) else place
    return next((found for place in _places() if (found := _belongs_to_team(place, OURS[0]))), None)


def _places() -> Iterator[Path]:
    yield from map(Path, sys.path)
    here = Path.cwd()
    if not here.is_relative_to(_HOME):  # our own repository has tests of mock_servers, in a folder called so
        for depth in _DEPTH:
            yield from (found.parent for found in here.glob(f"{depth}/{OURS[0]}".lstrip("/")))
            yield from (found.parent for found in here.glob(f"{depth}/{OURS[0]}.py".lstrip("/")))


def _belongs_to_team(place: Path, name: str) -> Path | None:
    """Return the package, the module or the folder of modules of this name at a place, unless it is ours."""
    for file in (place / name / "__init__.py", place / f"{name}.py"):
        if file.is_file():
            return None if file.resolve() == _HOME / name / "__init__.py" else file
    return _folder(place, name)


def _folder(place: Path, name: str) -> Path | None:
    """Return a folder of modules without `__init__.py`; those of our own repository are no team's."""
    folder = place / name
    is_one = folder.is_dir() and not (folder / "__init__.py").is_file() and not folder.resolve().is_relative_to(_HOME)
    return folder if is_one and any(next(folder.glob(depth), None) for depth in ("*.py", "*/*.py")) else None


def _distribution_warnings() -> Iterator[str]:
    """Yield a warning for each other distribution that has installed packages with our names.

    Only the lists of files are read: to import `importlib.metadata` takes longer than that.
    """
    for listed in (listed for place in sys.path for listed in Path(place).glob("*.dist-info/RECORD")):
        files = listed.read_bytes()
        names = [name for name in OURS if name.encode() in files and re.search(_FILES.format(name).encode(), files)]
        if names and f"{__package__}/".encode() not in files:
            distribution = " ".join(listed.parent.name.removesuffix(".dist-info").split("-"))
            text = f"nhsauth: the distribution {distribution} installs {' and '.join(names)}, too"
            if listed.parents[1].resolve() == _HOME:
                yield f"{text}, and may have overwritten ours: uninstall it, then install pytest-nhsauth anew"
            else:
                yield f"{text}, in {listed.parents[1]}; ours are in {_HOME}"


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of ours in whose eyes our packages have their usual names."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it with an `import` of its own."""
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds our packages below this one when a team has a `mock_servers` of its own; and finds a team's folders."""

    def __init__(self) -> None:
        self.decided: bool | None = None
        self.claimed = False

    def private(self) -> bool:
        """Whether our packages are loaded under private names, decided at the first use."""
        if self.decided is None:
            self.decided = taken_by() is not None
        return self.decided

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        """Find modules of ours, and what a team means by our names."""
        if fullname in OURS:
            return self._of_team(fullname)
        if not fullname.startswith(f"{__package__}.") or fullname == _ENTRY_POINT or not self.private():
            return None
        if fullname == OWN:
            spec = importlib.machinery.ModuleSpec(OWN, None, is_package=True)
            spec.submodule_search_locations = [str(_HOME)]
            return spec
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is not None and isinstance(found.loader, importlib.machinery.SourceFileLoader):
            found.loader = _Loader(found.loader.name, found.loader.path)
        return found

    def _of_team(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """Find a team's folder without `__init__.py`, which Python takes as long as ours are not installed."""
        found = importlib.machinery.PathFinder.find_spec(name)
        is_ours = found is not None and str(found.origin).startswith(str(_HOME / name))
        folders = [str(folder) for place in sys.path if (folder := _folder(Path(place), name))]
        if self.claimed or not is_ours or not folders or (name == OURS[0] and self.decided is False):
            return None
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = folders
        return spec


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
