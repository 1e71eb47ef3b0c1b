"""What holds for the sources as a whole: where imports point, how long functions are, what never lies in the tree."""

import re
import subprocess
import tokenize
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, SOURCES, module, source

UNTRACKED = {"__pycache__", "node_modules"}
LONGEST_FUNCTION = 40
MOST_ENTRIES = 22
TOPS = (*PACKAGES, "tests", "docs", "examples", "benchmarks", "tools", ".ci", ".github")
LONGEST_ENGINE = 220
APPS = {f"mock_servers.{service}.app" for service in ("apim", "gateway", "identity_provider", "management")}
"""Where a service meets Flask."""
FORBIDDEN = {
    "handler",
    "manager",
    "helper",
    "helpers",
    "util",
    "utils",
    "validator",
    "processor",
    "base",
    "common",
    "misc",
}


SILENT = re.compile(r"# *(?:type: *ignore|(?:ruff: *|flake8: *)?noqa|mypy:)", re.IGNORECASE)
"""What keeps ruff or mypy from reporting something."""
REASONED = re.compile(r"# (?:type: ignore\[[a-z, -]+\] # |(?:ruff: )?noqa: [A-Z]+\d+(?:, [A-Z]+\d+)* - )(?!noqa).*\w\w")


def without_reason(path: Path) -> list[str]:
    """The comments that silence ruff or mypy and do not say why, or silence it for all that a line or file has."""
    if not SILENT.search(path.read_text(encoding="utf-8")):
        return []
    with tokenize.open(path) as file:
        comments = [token for token in tokenize.generate_tokens(file.readline) if token.type == tokenize.COMMENT]
    return [
        f"{path}:{each.start[0]} {each.string}"
        for each in comments
        if len(SILENT.findall(each.string)) > len(REASONED.findall(each.string))
    ]


def imports_of(*packages: str) -> dict[str, frozenset[str]]:
    return {module(path): source(path).imports for path in SOURCES if module(path).startswith(packages)}


def offenders(imports: dict[str, frozenset[str]], *prefixes: str) -> list[tuple[str, str]]:
    return [
        (name, target)
        for name, targets in imports.items()
        for target in targets
        if target.startswith(prefixes) or target in prefixes
    ]


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 60


def test_the_mock_servers_know_nothing_of_pytest_or_of_what_stands_above_them() -> None:
    assert offenders(imports_of("mock_servers"), "pytest", "_pytest", "contract_tests", "hypothesis") == []


def test_the_plugin_does_not_import_the_contract_tests() -> None:
    assert offenders(imports_of("pytest_nhsauth"), "contract_tests") == []


def test_no_rule_knows_http() -> None:
    fronts = (
        "mock_servers.http",
        "mock_servers.pipeline",
        "mock_servers.platform",
        "mock_servers.control",
        "mock_servers.console",
        "mock_servers.traffic",
    )
    rules = {
        name: targets
        for name, targets in imports_of("mock_servers").items()
        if not name.startswith(fronts) and "command_line" not in name and name not in APPS | {"mock_servers"}
    }

    assert offenders(rules, "flask", "werkzeug", "h11", "asyncio") == []


def test_no_wiring_knows_a_rule_but_through_its_flows() -> None:
    rules = {"client_assertion", "client", "subject_token", "refresh", "request_form", "scopes", "client_secret"}
    wiring = imports_of("mock_servers.platform")

    assert [
        (name, target) for name, targets in wiring.items() for target in targets if target.split(".")[-1] in rules
    ] == []


def test_the_engine_imports_nothing_of_ours() -> None:
    assert offenders(imports_of("mock_servers.rules"), "mock_servers") == []


def test_the_engine_stays_small() -> None:
    assert len((ROOT / "mock_servers" / "rules.py").read_text(encoding="utf-8").splitlines()) < LONGEST_ENGINE


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_no_function_is_longer_than_forty_lines(path: Path) -> None:
    long = [name for name, lines in source(path).functions if lines > LONGEST_FUNCTION]

    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if FORBIDDEN & set(path.stem.split("_"))] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="these sources are not a checkout")
def test_the_top_folder_fits_on_one_screen() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607 - the machine's own git

    assert len({name.partition("/")[0] for name in tracked.splitlines()}) <= MOST_ENTRIES


def test_what_silences_a_checker_says_why() -> None:
    """`# noqa: S603 - our own program` and `# type: ignore[arg-type] # the mistake itself`."""
    files = [*ROOT.glob("*.py"), *(path for top in TOPS for path in (ROOT / top).rglob("*.py"))]

    assert len(files) > 500
    assert [each for path in files if not UNTRACKED & set(path.parts) for each in without_reason(path)] == []


@pytest.mark.parametrize(
    "comment",
    [
        *("# noqa", "# noqa: S603", "# noqa: S603 our own", "# noqa: S603, S607", "# ruff: noqa: S603", "#noqa:S603"),
        *("# type: ignore", "# type: ignore[misc]", "# type: ignore # why it is", "# type: ignore[misc] # noqa: S603"),
        *("# type: ignore[misc]  # noqa: S603 - our own", '# mypy: disable-error-code="misc"', "# noqa: S603 - "),
    ],
)
def test_a_checker_is_silenced_for_one_thing_and_in_words(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "silent.py"
    path.write_text(f"x = 1  {comment}\n")

    assert len(without_reason(path)) == 1


def test_no_private_key_lies_in_the_tree() -> None:
    """Not even its first line: secret scanners look for no more."""
    files = [path for top in TOPS for path in (ROOT / top).rglob("*") if path.is_file()]
    tracked = [path for path in (*files, *ROOT.glob("*.*")) if path.is_file() and not UNTRACKED & set(path.parts)]
    first_line = re.compile(rb"-----BEGIN " + rb"(?:[A-Z]+ )*PRIVATE KEY-----")

    assert [path for path in tracked if first_line.search(path.read_bytes())] == []


def test_the_packages_call_nothing_that_only_posix_has() -> None:
    modules = ("fcntl", "pwd", "grp", "resource")
    names = {"os.fork", "os.getuid", "os.geteuid", "os.mkfifo", "signal.SIGKILL"}
    uses = {(module(path), name) for path in SOURCES for name in source(path).attributes & names}

    assert uses == set()
    assert offenders(imports_of(*PACKAGES), *modules) == []
