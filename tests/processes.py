"""Programs that end by themselves, run to their end."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 100  # seconds, of a machine that is busy with other tests


def finished(
    *command: str | Path,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> subprocess.CompletedProcess[str]:
    """Run a program of ours; what it printed is text, for any exit code."""
    return subprocess.run(  # noqa: S603 - our own
        command,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=patience,
    )


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run a few lines in a Python that has loaded nothing yet."""
    return finished(sys.executable, "-c", code)
