"""`python -m tools.release`: see `--help`; the Makefile calls it."""

from __future__ import annotations

import argparse
import sys

from tools.release import artefacts, check, project


def main() -> int:
    """Do what is asked: 0 done, 1 something does not hold."""
    asked, options = _asked()
    try:
        if asked.what == "check":
            check.run(rehearsal=asked.rehearsal)
        elif asked.what == "notes":
            print(project.notes(project.version())[1])
        else:
            _, wheel = artefacts.built()
            made = artefacts.wheelhouse(wheel, options)
            print(artefacts.pyz() if asked.what == "pyz" else made)
    except project.RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _asked() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m tools.release", description="Builds and checks the files of a release."
    )
    parser.add_argument("what", choices=["check", "wheelhouse", "pyz", "notes"])
    parser.add_argument("--rehearsal", action="store_true", help="check all but what only the day of release can tell")
    asked, options = parser.parse_known_args()
    if options and asked.what != "wheelhouse":
        parser.error(f"unknown option {options[0]!r}; only wheelhouse passes options on to pip download")
    return asked, options


if __name__ == "__main__":
    sys.exit(main())
