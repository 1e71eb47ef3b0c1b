"""Schemathesis asks every call of the control API what openapi.json says of it; what is accepted stands in one file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mock_servers.mock import Mock

ACCEPTED: Final = Path(__file__).with_name("schemathesis_accepted.json")
SECONDS: Final = 60
"""The whole run has twice as long: starting takes its time, too."""


def schemathesis() -> str:
    """The program, which has an environment of its own: its plugin is for no other tests."""
    folder = Path(sys.prefix) / "openapi"
    found = shutil.which("schemathesis", path=f"{folder / 'bin'}:{folder / 'Scripts'}")
    assert found is not None, "install it by `make test-openapi`"
    return found


@pytest.mark.openapi
@pytest.mark.timeout(150)
def test_the_control_api_does_what_its_description_says(platform: Mock, tmp_path: Path) -> None:
    with platform.serving() as server:
        command = [schemathesis(), "run", f"{server.url}/_nhsauth/openapi.json", "--checks", "all", "--seed", "1"]
        bounds = ["--max-examples", "10", "--max-time", str(SECONDS), "--continue-on-failure"]
        bounds += ["--request-timeout", str(SECONDS)]  # a key of 4096 bits may be made meanwhile
        # Paths and bodies are strict, so that many examples are thrown away; that is no fault.
        others = ["--suppress-health-check", "all", "--warnings", "off", "--no-color", "--baseline", str(ACCEPTED)]
        run = subprocess.run(  # noqa: S603 - the program of the development environment
            [*command, *bounds, *others], cwd=tmp_path, capture_output=True, text=True, timeout=2 * SECONDS, check=False
        )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"


def test_everything_accepted_has_its_reason() -> None:
    entries = json.loads(ACCEPTED.read_text(encoding="utf-8"))["entries"]

    assert [each["operation"] for each in entries if len(each.get("reason", "").split()) < 8] == []
    assert {each["check"] for each in entries} <= {"positive_data_acceptance", "ensure_resource_availability"}
