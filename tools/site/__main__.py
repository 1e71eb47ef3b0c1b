"""`python -m tools.site [FOLDER]`: makes the site in FOLDER, build/site unless named; `make docs-site` calls it."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.release import project
from tools.site.building import ROOT, build
from tools.site.explain import building as explain

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site")
    failed = build(folder, project.hosting()["repository"])
    if not failed:
        explain.build(folder, ROOT / "build" / "npm")
    sys.exit(failed)
