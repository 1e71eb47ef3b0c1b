"""`nhsauth contract`: what it passes on to pytest, and what its exit code says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("NHSAUTH_CON", "PYTEST_"))}
    command = [sys.executable, "-m", "mock_servers", "contract", *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603 - our own
    return done.returncode, done.stdout + done.stderr


def test_options_reach_pytest_and_the_table_and_report_come_back(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--report", "report.json", "-k", "test_errors and authorize-response-type")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))

    assert code == 0, text
    assert (
        "mock | §6 authorize response_type absent | S | 2 of 2 | 302 invalid_request: response_type is missing" in text
    )
    assert report["summary"] == {"holds": 6, "differs": 0, "skipped": 0}
    assert "--hypothesis-seed=" in text


@pytest.mark.slow
def test_a_seed_of_ones_own_is_kept(tmp_path: Path) -> None:
    _, text = run(tmp_path, "--hypothesis-seed=7", "--collect-only", "-k", "nothing at all")

    assert "is drawn again" not in text


def test_a_target_that_cannot_be_judged_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path, "--target", "int", "-k", "ping")[0] == 2


def test_a_target_that_is_none_is_misuse(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--target", "staging")

    assert code == 2
    assert "the contract target 'staging' is unknown" in text


def test_a_report_of_no_known_kind_is_misuse(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--report", "report.pdf")

    assert code == 2
    assert "allowed: FILE.md or FILE.json" in text
