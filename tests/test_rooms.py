"""The rooms of the mock servers: every import points downwards, lazy ones and those for types included."""

from collections.abc import Iterable

import pytest

from tests.sources import PACKAGES, ROOT, SOURCES, module, source

PACKAGE = "mock_servers"

ORDER = (
    ("silence",),
    ("version", "rules", "client", "jose"),
    ("wire",),
    ("commands",),
    ("provider",),
    ("settings",),
    ("state",),
    ("journal",),
    ("pages",),
    ("identity_provider",),
    ("apim",),
    ("gateway", "management"),
    ("faults",),
    ("diagnosis",),
    ("pipeline",),
    ("real_hosts", "configuration"),
    ("http", "catalogue"),
    ("app",),
    ("platform",),
    ("reading",),
    ("explain",),
    ("traffic",),
    ("control",),
    ("console",),
    ("mock",),
    ("command_line",),
    ("__main__",),
)
"""The rooms, low to high. A room imports from those below it, and from none beside it.

The Flask application of a service, `app.py` in its room, is wiring: nothing in its room imports it.
"""

FIRST_USE = {
    "": ("mock",),
    "command_line.commands": (
        *("command_line.token", "command_line.errors", "command_line.config", "command_line.contract"),
        *("command_line.shutdown", "command_line.explain", "command_line.logs", "command_line.keys"),
        *("command_line.run", "command_line.serve", "command_line.state", "command_line.demo"),
        *("command_line.summary", "command_line.env", "command_line.watch", "command_line.workers"),
        *("command_line.mcp.command", "command_line.worlds", "version"),
    ),
    "command_line.mcp.command": (
        *("command_line.mcp.mock_tools", "command_line.mcp.offline_tools", "command_line.mcp.server"),
    ),
    "command_line.config": ("jose.keys",),
    "command_line.run": ("management.log_in",),
    "command_line.serve": ("configuration.reading", "platform.real_names"),
    "control.catalogue": ("catalogue.search",),
    "control.explain": ("control.explanation_page", "explain.any_text", "explain.whole"),
    "control.journal": ("control.exchange_page",),
    "apim.app": ("apim.advice", "diagnosis.case", "pipeline.application"),
    "gateway.app": ("diagnosis.case", "pipeline.application"),
    "identity_provider.app": ("diagnosis.case", "pipeline.application"),
    "management.app": ("diagnosis.case",),
    "pipeline.record": ("diagnosis.examination",),
    "http.server": ("http.engine",),
    "mock": (
        *(
            "configuration.reading",
            "console.routes",
            "control.app",
            "explain.explanation",
            "explain.verdict",
            "journal.shared_journal",
        ),
        *("pipeline.server_refusal", "platform.real_names"),
    ),
    "platform.routing": (
        *("apim.app", "gateway.app", "identity_provider.app", "management.app"),
        *("faults.foreign_key_set", "pages", "pipeline.guard"),
    ),
    "platform.shared_parts": ("journal.shared_journal",),
    "platform.platform": (
        *("apim.assertions", "identity_provider.headless", "identity_provider.log_ins"),
        *("platform.app", "platform.environments", "platform.in_process"),
        *("platform.routing", "platform.service_wiring"),
    ),
    "platform.service_wiring": ("gateway.upstream", "management.service"),
    "settings.limits": ("jose.keys",),
    "state.state_url": ("state.sqlite", "state.valkey"),
}
"""What is imported inside a function, so that a start that does not need it does not wait for it."""

APPS = tuple(f"{PACKAGE}.{service}.app" for service in ("apim", "gateway", "identity_provider", "management"))

LOOSE_AT_MOST = 6
MODULES_AT_MOST = 29

FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}
ALL = {module(path): path for path in SOURCES}
MODULES = {module(path): path for path in SOURCES if module(path).split(".")[0] == PACKAGE}


def room(module: str) -> str:
    if module in APPS:
        return "app"
    return module.split(".")[1] if "." in module else PACKAGE


def of_ours(names: Iterable[str]) -> set[str]:
    """The modules of the package among what is imported."""
    ours = {name for name in names if name.split(".")[0] == PACKAGE}
    return {name if name in MODULES else name.rpartition(".")[0] for name in ours}


def imports(module: str) -> set[str]:
    return of_ours(source(MODULES[module]).imports) - {module}


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in MODULES} - {PACKAGE} == FLOOR.keys()


@pytest.mark.parametrize("module", [module for module in MODULES if module != PACKAGE])
def test_a_module_imports_only_from_its_own_room_and_those_below(module: str) -> None:
    own = room(module)

    upwards = [target for target in imports(module) if room(target) != own and FLOOR[room(target)] >= FLOOR[own]]

    assert upwards == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_files_of_a_package_import_each_other(package: str) -> None:
    """Not even by way of others."""
    left = {
        name: {target if target in ALL else target.rpartition(".")[0] for target in source(path).imports} - {name}
        for name, path in ALL.items()
        if name.split(".")[0] == package
    }
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        left = {name: targets for name, targets in left.items() if name not in free}

    assert sorted(left) == []


def test_few_modules_stand_loose() -> None:
    loose = {path.stem for path in (ROOT / PACKAGE).glob("*.py")} - {"__init__", "__main__"}

    assert len(loose) <= LOOSE_AT_MOST


def test_no_room_is_crowded() -> None:
    folders = [path for path in (ROOT / PACKAGE).rglob("*") if path.is_dir()]
    crowded = {
        folder.name: count
        for folder in folders
        if (count := len([path for path in folder.glob("*.py") if path.stem != "__init__"])) > MODULES_AT_MOST
    }

    assert crowded == {}


def test_what_is_loaded_on_first_use_stands_on_one_list() -> None:
    listed = {
        (f"{PACKAGE}.{module}".rstrip("."), f"{PACKAGE}.{each}")
        for module, loads in FIRST_USE.items()
        for each in loads
    }
    found = {(module, each) for module, path in MODULES.items() for each in of_ours(source(path).lazy_imports)}

    assert found == listed
