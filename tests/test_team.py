"""All of tests/team a second and a third time: at a mock that runs already, with one port and with two."""

import re
import sys
from pathlib import Path

import pytest

from tests.processes import finished
from tests.served import started

ROOT = Path(__file__).parent.parent
IN_PROCESS = "a library stops the time of this process alone"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("options", [(), ("--control-port", "0")], ids=["one port", "a control port"])
def test_a_team_s_tests_pass_at_a_running_mock(tmp_path: Path, options: tuple[str, ...]) -> None:
    junit = tmp_path / "results.xml"
    with started(tmp_path, "--log-level", "error", *options) as mock:  # nobody reads its log, and a full pipe blocks
        url = re.findall(r"http://[0-9.:]+", mock.ready)[0]
        chosen = ("-m", "", "-n0", f"--junitxml={junit}", f"--nhsauth-target={url}")
        done = finished(sys.executable, "-m", "pytest", "-q", "tests/team", *chosen, folder=ROOT, patience=380)

    assert done.returncode == 0, done.stdout
    skipped = re.findall(r'<skipped [^>]*message="([^"]*)"', junit.read_text(encoding="utf-8"))
    needing = [reason for reason in skipped if reason.startswith("needs the mock in its own process")]
    assert set(needing) == {f"needs the mock in its own process, not {url}: {IN_PROCESS}"}
    assert len(needing) == 12
