"""What the wheel and the sdist hold: our three packages, whole, and nothing that only this repository needs."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("contract_tests", "mock_servers", "pytest_nhsauth")
NEVER = re.compile(r"__pycache__|\.py[co]$|\.pem$|\.key$|\.venv|node_modules|\.hypothesis")
LARGEST = 1_500_000  # bytes: half as much again as the wheel has now is a file that has slipped in


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t", "wheel", "-t", "sdist"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)  # noqa: S603 - our own Python
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def sdist(built: Path) -> list[str]:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as opened:
        return [name.partition("/")[2] for name in opened.getnames()]


def test_the_wheel_holds_every_file_of_our_packages(wheel: zipfile.ZipFile) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not NEVER.search(path.as_posix())
    }

    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == ours


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    members = {name.partition(".dist-info/")[2] for name in wheel.namelist() if ".dist-info/" in name}

    assert members == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


@pytest.mark.parametrize("needed", ["py.typed", "style.css", "journal.js", "node_proxy.cjs", ".html"])
def test_the_wheel_holds_what_is_not_module(wheel: zipfile.ZipFile, needed: str) -> None:
    assert [name for name in wheel.namelist() if name.endswith(needed)] != []


def test_the_wheel_is_small(wheel: zipfile.ZipFile) -> None:
    assert wheel.filename is not None
    assert Path(wheel.filename).stat().st_size < LARGEST


def test_the_sdist_can_be_tested_and_released(sdist: list[str]) -> None:
    needed = {
        *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "Makefile", "conftest.py"),
        *("tools/pages/generate.py", "tools/release/metadata.py", "tools/site/building.py", "tests/test_wheel.py"),
        *(".ci/run", ".github/action/start.mjs", ".github/workflows/ci.yml", "examples/container/Containerfile"),
        *("examples/README.md", "benchmarks/README.md", "mock_servers/__init__.py"),
    }

    assert needed - set(sdist) == set()


def test_the_sdist_holds_nothing_that_was_made_here(sdist: list[str]) -> None:
    assert [name for name in sdist if NEVER.search(name)] == []
