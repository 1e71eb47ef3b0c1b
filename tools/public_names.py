"""`python -m tools.public_names OLD.whl NEW.whl`: compares the public names of two wheels; exit code 1 if they differ.

Public are the plugin's exports, fixtures, options and ini values, the commands, the keys of the configuration, the
control API, and the ids of rules and findings. Each wheel is unpacked and asked in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

_COLLECT: Final = """
import inspect, json, sys
import click, pytest_nhsauth
from mock_servers.command_line.commands import nhsauth
from pytest_nhsauth import mock_platform, plugin

found = set()

class Parser:
    def getgroup(self, *_):
        return self
    def addoption(self, flag, **_):
        found.add(f"option {flag}")
    def addini(self, name, *_, **__):
        found.add(f"ini {name}")

def commands(command, path):
    found.update(f"command {path} {name}" for each in command.params for name in (*each.opts, *each.secondary_opts))
    for name, each in getattr(command, "commands", {}).items():
        found.add(f"command {path} {name}")
        commands(each, f"{path} {name}")

def keys(schema, path):
    for name, each in schema.get("properties", {}).items():
        found.add(f"{path}.{name}")
        keys(each, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            keys(schema[name], path)

for name in pytest_nhsauth.__all__:
    public = getattr(pytest_nhsauth, name)
    found.add(f"pytest_nhsauth.{name}")
    if inspect.isclass(public):
        found.update(f"pytest_nhsauth.{name}.{each}" for each in vars(public) if not each.startswith("_"))
found.update(f"fixture {name}" for name in plugin.__all__ if not name.startswith(("_", "pytest_")))
plugin.pytest_addoption(Parser())
commands(nhsauth, "nhsauth")
with mock_platform() as platform:
    import urllib.request
    def ask(path):
        request = urllib.request.Request(f"{platform.url}/_nhsauth{path}", headers={"Accept": "application/json"})
        return json.load(urllib.request.urlopen(request))
    api, errors = ask("/openapi.json"), ask("/errors")
found.update(f"{method.upper()} {path}" for path, each in api["paths"].items() for method in each)
for name, schema in api["components"]["schemas"].items():
    keys(schema, f"control API {name}")
for error in errors:
    found.update(f"rule {json.dumps(each, sort_keys=True)}" for each in error["rules"])
    found.update(f"mistake {json.dumps(each, sort_keys=True)}" for each in error["mistakes"])
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
    nhsauth.main(["config", "schema"], standalone_mode=False)
keys(json.loads(printed.getvalue()), "nhsauth.toml")
print(json.dumps(sorted(found)))
"""


def names(wheel: Path) -> set[str]:
    """Return the public names of a wheel; what it depends on is taken from this environment."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        environ = {**os.environ, "PYTHONPATH": folder}
        command = [sys.executable, "-P", "-c", _COLLECT]
        done = subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, text=True)  # noqa: S603 - Python, with a script of ours
    return set(json.loads(done.stdout.splitlines()[-1]))


def main(old: str, new: str) -> int:
    """Print each name that only one of the wheels has."""
    before, after = names(Path(old)), names(Path(new))
    for name in sorted(before ^ after):
        print(f"{'-' if name in before else '+'} {name}")
    print(f"{len(before)} public names before, {len(after)} after")
    return 1 if before != after else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
