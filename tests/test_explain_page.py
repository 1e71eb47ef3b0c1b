"""How the page that explains is made: of a Pyodide that is what was pinned, or of none; and its policy."""

import json
import re
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tools.site.explain import building, in_browser, modules, pyodide

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src blob:; connect-src 'self'; "
    "style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
)
INFO = {"info": {"python": "3.14.2"}}


def packed(name: str = "pyodide.asm.wasm") -> bytes:
    """A package as npm packs it, with files of one byte."""
    unpacked = BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w:gz") as archive:
        for each in ("pyodide.mjs", "pyodide.asm.mjs", name, "python_stdlib.zip", "pyodide-lock.json"):
            content = json.dumps(INFO).encode() if each == "pyodide-lock.json" else b"x"
            member = tarfile.TarInfo(f"package/{each}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return unpacked.getvalue()


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """A package that the lock pins, and a machine without npm."""
    package = packed()
    lock = tmp_path / "lock.json"
    pin = {"version": "1.2.3", "integrity": pyodide.integrity(package)}
    lock.write_text(json.dumps({"packages": {"node_modules/pyodide": pin}}))
    monkeypatch.setattr(pyodide, "_LOCK", lock)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return package


def test_a_pyodide_of_the_pinned_integrity_is_taken_without_npm(pinned: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyodide-1.2.3.tgz").write_bytes(pinned)

    found = pyodide.fetched(tmp_path)

    assert found.files == dict.fromkeys(("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"), b"x")
    assert found.build == INFO["info"]


def test_one_byte_more_is_refused(pinned: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyodide-1.2.3.tgz").write_bytes(pinned + b"\0")

    with pytest.raises(pyodide.TamperedError, match="integrity"):
        pyodide.fetched(tmp_path)


@pytest.mark.usefixtures("pinned")
def test_without_npm_the_page_says_what_to_do_instead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = building.build(tmp_path, tmp_path / "cache")
    page = (tmp_path / "explain.html").read_text(encoding="utf-8")

    assert not made
    assert "there is no npm on this machine" in capsys.readouterr().err
    assert "made without the code that explains" in page
    assert "pipx run" in page


def test_npm_that_fails_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failed(command: Any, **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(shutil, "which", lambda _: "npm")
    monkeypatch.setattr(subprocess, "run", failed)

    with pytest.raises(pyodide.MissingError, match="npm could not fetch pyodide@"):
        pyodide.fetched(tmp_path)


@pytest.fixture
def page(pinned: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of a site with that Pyodide."""
    (tmp_path / "pyodide-1.2.3.tgz").write_bytes(pinned)
    monkeypatch.setattr(modules, "packed", lambda: b"modules")
    assert building.build(tmp_path, tmp_path)
    return (tmp_path / "explain.html").read_text(encoding="utf-8")


def test_the_policy_comes_before_anything_else(page: str) -> None:
    head = page.partition("<head>\n")[2]

    assert head.startswith(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">')


def test_no_style_or_script_stands_in_the_page(page: str) -> None:
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=", page)


def test_each_file_has_its_hash_in_its_name_or_its_folders(page: str, tmp_path: Path) -> None:
    files = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "explain").rglob("*") if path.is_file()]

    assert len(files) == 12
    assert [each for each in files if not re.search(r"-[0-9a-f]{12}[./]", each)] == []
    assert [each for each in re.findall(r'(?:src|href)="(explain/[^"]+)"', page) if each not in files] == []


def test_modules_are_packed_to_the_byte_the_same() -> None:
    assert modules.packed() == modules.packed()


@pytest.mark.parametrize(
    ("text", "keys", "at", "words"),
    [
        (" \n", "", "", "no text"),
        ("x y", "{}", "", "key set"),
        ("x y", "", "yesterday", "ISO 8601"),
        ("x y", "", "<b>", "&lt;b&gt;"),
    ],
)
def test_a_box_that_cannot_be_read_is_named(text: str, keys: str, at: str, words: str) -> None:
    answer = in_browser.answer(text, keys, at)

    assert answer.startswith('<p class="error">')
    assert words in answer


def test_the_bytes_of_a_file_are_read_as_their_text() -> None:
    text = "Malformed JWT in subject_token"

    assert in_browser.answer(memoryview(text.encode("utf-16")), "", "") == in_browser.answer(text, "", "")
