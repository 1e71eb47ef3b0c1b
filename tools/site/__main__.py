"""`python -m tools.site [FOLDER]`: makes the site in FOLDER, build/site unless named; `make docs-site` calls it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from tools.release import project
from tools.site.building import ROOT, build

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site")
    explains = importlib.util.find_spec("tools.site.explain") is not None and shutil.which("npm") is not None
    sys.exit(build(folder, project.hosting()["repository"], explains=explains))
