"""The examples in other languages, each run by its own language's test runner, with `nhsauth` on the path."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
JARS = Path("/usr/share/java")
JUNIT = (
    *("junit-jupiter-api", "junit-jupiter-engine", "junit-platform-commons", "junit-platform-console"),
    *("junit-platform-engine", "junit-platform-launcher", "junit-platform-reporting", "opentest4j", "apiguardian-api"),
    *("opentest4j-reporting-events", "opentest4j-reporting-schema", "picocli"),
)
PATIENCE = 500  # seconds: Go compiles its own library first, on a machine that is busy
CLASS_PATH = os.pathsep.join(str(JARS / f"{name}.jar") for name in JUNIT)

pytestmark = [pytest.mark.languages, pytest.mark.timeout(PATIENCE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a language's example needs, how it is run, and what its runner says when both tests have passed."""

    needs: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    passed: str


LANGUAGES: Mapping[str, Language] = {
    "node": Language(
        needs=("node", "npm"),
        commands=(
            ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"),
            ("npx", "--no-install", "vitest", "run"),
        ),
        passed=r"Tests .*2 passed",
    ),
    "java": Language(
        needs=("javac", str(JARS / "junit-jupiter-api.jar")),
        commands=(
            ("javac", "-cp", CLASS_PATH, "-d", "classes", "Apim.java", "ApimTest.java"),
            (
                *("java", "-cp", f"{CLASS_PATH}{os.pathsep}classes", "org.junit.platform.console.ConsoleLauncher"),
                *("execute", "--disable-banner", "--disable-ansi-colors", "--scan-class-path", "classes"),
            ),
        ),
        passed=r"\[ +2 tests successful +\]",
    ),
    "go": Language(needs=("go",), commands=(("go", "test", "-count=1", "-v", "./..."),), passed=r"(?s)(--- PASS.*){2}"),
    "ruby": Language(
        needs=("ruby",),
        commands=(("ruby", "test_apim.rb"),),
        passed="2 runs, 5 assertions, 0 failures, 0 errors, 0 skips",
    ),
    "php": Language(
        needs=("php", "phpunit"),
        commands=(("phpunit", "--do-not-cache-result", "--fail-on-all-issues", "ApimTest.php"),),
        passed=r"OK \(2 tests, 3 assertions\)",
    ),
}
Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, key_cache: Path) -> Run:
    """Run a command in the copy of the example, with `nhsauth` on the path."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = {**os.environ, "PATH": path, "NHSAUTH_CACHE_DIR": str(key_cache), "NO_PROXY": "*"}

    def ran(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - as a reader would
            [shutil.which(command[0]) or command[0], *command[1:]],
            cwd=tmp_path / "example",
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )

    return ran


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_example_passes_in_its_own_language(name: str, run: Run, tmp_path: Path) -> None:
    language = LANGUAGES[name]
    for need in language.needs:
        if shutil.which(need) is None and not Path(need).is_file():
            pytest.skip(f"{need} is not on this machine")
    shutil.copytree(EXAMPLES / name, tmp_path / "example", ignore=shutil.ignore_patterns("node_modules"))

    done = [run(command) for command in language.commands]

    said = "".join(each.stdout for each in done)
    assert [each.returncode for each in done] == [0] * len(done), said
    assert re.search(language.passed, said), said


MISUSE = """
import { control } from './control.ts';

const api = control('');
export const token: string = (await api.POST('/id-tokens', { body: { provider: 'cis2' } })).data!.id_token;
await api.POST('/id-token', { body: {} });
"""


def test_the_mock_s_own_api_has_types_in_node(run: Run, tmp_path: Path, ring: KeyRing) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    shutil.copytree(EXAMPLES / "node", tmp_path / "example", ignore=shutil.ignore_patterns("node_modules"))
    (installs, _) = LANGUAGES["node"].commands
    platform = Mock(ring=ring)
    with platform.serving():
        right = [run(installs), run(("env", f"NHSAUTH_URL={platform.url}", "npm", "run", "types"))]
    (tmp_path / "example" / "misuse.ts").write_text(MISUSE, encoding="utf-8")
    wrong = run(("npx", "--no-install", "tsc"))

    assert [each.returncode for each in right] == [0, 0], right[-1].stdout
    assert re.findall(r"^(\w+\.ts\(\d+),.*'\"(/[a-z-]+)\"'", wrong.stdout, re.MULTILINE) == [
        ("misuse.ts(6", "/id-token")
    ]
