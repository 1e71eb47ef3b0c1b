"""Makes the files of a release: sdist, wheel, wheelhouse, one-file program, bill of materials."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.release import project
from tools.release.project import DIST, ROOT, WHEELHOUSE, RefusedError

_PREAMBLE: Final = """\
import sys, sysconfig
built = {built!r}
here = "Python %d.%d on %s" % (sys.version_info[0], sys.version_info[1], sysconfig.get_platform())
if here != built:
    message = "This file is made for %s, and this is %s: use that Python, or make one with `make pyz`.\\n"
    sys.stderr.write(message % (built, here))
    sys.exit(2)
"""


def run(*command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Run a command of ours and return what it prints. Raises RefusedError with all that it said."""
    done = subprocess.run(  # noqa: S603 - our own commands
        list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RefusedError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def built() -> tuple[Path, Path]:
    """Build sdist and wheel into dist/, three times; return their paths. Raises RefusedError unless all are the same.

    The second and third come from the sdist, unpacked at another place, with other times and another mask.
    """
    for old in (*DIST.glob("*.tar.gz"), *DIST.glob("*.whl")):
        old.unlink()
    _build(ROOT, DIST)
    sdist, wheel = next(DIST.glob("*.tar.gz")), next(DIST.glob("*.whl"))
    for at, mask in ((1_000_000_000.0, 0o077), (time.time(), 0o002)):
        with _unpacked(sdist, at, mask) as (source, out):
            _build(source, out)
            for path in (sdist, wheel):
                if _digest(out / path.name) != _digest(path):
                    raise RefusedError(f"{path.name} is not reproducible: built from the sdist it has other bytes.")
    return sdist, wheel


def _build(source: Path, out: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", out, cwd=source)


@contextmanager
def _unpacked(sdist: Path, at: float, mask: int) -> Iterator[tuple[Path, Path]]:
    before = os.umask(mask)
    try:
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(sdist) as opened:
                opened.extractall(folder, filter="data")
            source = Path(folder, sdist.name.removesuffix(".tar.gz"))
            for path in source.rglob("*"):
                os.utime(path, (at, at))
            yield source, Path(folder, "out")
    finally:
        os.umask(before)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wheelhouse(wheel: Path, options: Sequence[str] = ()) -> Path:
    """Gather the wheel and all that it needs, extras included, for this system or for the one that options name."""
    shutil.rmtree(WHEELHOUSE, ignore_errors=True)
    whole = f"{wheel}[shared,metrics]"
    run(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "-d", WHEELHOUSE, *options, whole)
    names = sorted(path.name for path in WHEELHOUSE.glob("*.whl"))
    lines = "".join(f"{_digest(WHEELHOUSE / name)}  {name}\n" for name in names)
    (WHEELHOUSE / "SHA256SUMS").write_text(lines, encoding="utf-8", newline="\n")
    return WHEELHOUSE


@contextmanager
def installed() -> Iterator[Path]:
    """Install from dist/wheelhouse alone into a fresh environment without pip, and give its Python."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        scripts = Path(sysconfig.get_path("scripts", vars={"base": folder}))
        python = scripts / ("python.exe" if os.name == "nt" else "python")
        run(sys.executable, "-m", "pip", "--python", python, "install", *_FROM_WHEELHOUSE, env=_without_indexes())
        yield python


_FROM_WHEELHOUSE: Final = ("--quiet", "--no-index", "--find-links", str(WHEELHOUSE), "pytest-nhsauth")


def _without_indexes() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


def bill_of_materials(python: Path) -> Path:
    """Write what an environment holds, as CycloneDX."""
    path = DIST / "bill-of-materials.cdx.json"
    cyclonedx = (sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible")
    run(*cyclonedx, "--pyproject", ROOT / "pyproject.toml", "--output-file", path, python)
    return path


def pyz() -> Path:
    """Make one file that runs with this Python on this system, of what lies in dist/wheelhouse."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = sysconfig.get_platform()
    name = f"nhsauth-{project.version()}-{platform.python_implementation().lower()}{minor}-{system}.pyz"
    with tempfile.TemporaryDirectory() as folder:
        preamble = Path(folder, "preamble.py")
        preamble.write_text(_PREAMBLE.format(built=f"Python {minor} on {system}"), encoding="utf-8")
        shiv = (sys.executable, "-m", "shiv", "--console-script", "nhsauth", "--reproducible", "--compressed")
        run(*shiv, "--preamble", preamble, "--output-file", DIST / name, *_FROM_WHEELHOUSE, env=_without_indexes())
    return DIST / name
