"""`python -m documentation [FOLDER]`: makes the site in FOLDER, build/site unless named; `make docs-site` calls it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from documentation.building import ROOT, build

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site")
    sys.exit(build(folder, tomllib.loads((ROOT / "hosting.toml").read_text(encoding="utf-8"))["repository"]))
