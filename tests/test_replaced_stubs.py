"""The recipes for replacing a stub: after each mistake of the page, the stub stays green and the mock does not."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_languages import CLASS_PATH, EXAMPLES, JARS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "stubs.md"
LIBRARIES = Path(__file__).parent / "replaced_stubs"
PATIENCE = 500  # seconds: npm fetches the libraries first
ROW = re.compile(r"^\| `([^`]+)` \| (?:`([^`]+)`|nothing) \| green \| `([^`]+)` \|$", re.MULTILINE)
PYTHON, JAVA, NODE = "responses or requests-mock", "WireMock", "Jest with axios mocked"

pytestmark = pytest.mark.timeout(PATIENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is written in the code instead of what, and words of the refusal."""

    instead_of: str
    written: str
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The code, by its file's name, the files of both tests, how the second is run, and the mistakes."""

    code: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    command: str
    mistakes: tuple[Mistake, ...]


def files(text: str) -> dict[str, str]:
    return dict(re.findall(r"```\w+\n(?:#|//) (\S+)\n(.*?)```", text, re.DOTALL))


def recipes() -> dict[str, Recipe]:
    """The recipes by their titles."""
    found: dict[str, Recipe] = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code, before, after, gained = re.split(r"^### .*$", section, flags=re.MULTILINE)
        command = re.search(r"```sh\n(.*)\n```", after)
        found[section.partition("\n")[0]] = Recipe(
            code=re.findall(r"^\| in `(\S+)`", gained, re.MULTILINE)[0],
            before=files(code) | files(before),
            after=files(code) | files(after),
            command=command[1] if command else "",
            mistakes=tuple(
                Mistake(instead_of=old, written=new, refused=words) for old, new, words in ROW.findall(gained)
            ),
        )
    return found


RECIPES = recipes()
Run = Callable[[str, Mapping[str, str], str, Path | None], subprocess.CompletedProcess[str]]
Proven = Callable[..., None]


def test_each_line_of_a_table_is_a_mistake_that_can_be_made() -> None:
    lines = re.findall(r"^\| .* \| green \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    made = [(recipe, mistake) for recipe in RECIPES.values() for mistake in recipe.mistakes]

    assert (list(RECIPES), len(made)) == ([PYTHON, JAVA, NODE], len(lines))
    assert [mistake for recipe, mistake in made if code_of(recipe).count(mistake.instead_of) != 1] == []


def code_of(recipe: Recipe) -> str:
    """The text of the code, which an example has where the page has not."""
    return recipe.before.get(recipe.code) or (EXAMPLES / "java" / recipe.code).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the libraries from npm, or a skip that says what is missing."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    folder = tmp_path_factory.mktemp("libraries")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LIBRARIES / name, folder)
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    subprocess.run(command, cwd=folder, check=True, timeout=PATIENCE)  # noqa: S603 - our own command
    return folder / "node_modules"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in a folder of its own with these files, with `nhsauth` on the path."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = {**os.environ, "PATH": path, "NO_PROXY": "127.0.0.1,localhost"}

    def ran(
        name: str, given: Mapping[str, str], command: str, libraries: Path | None
    ) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in given.items():
            (folder / file).write_text(text, encoding="utf-8")
        if libraries:
            shutil.copy(LIBRARIES / "package.json", folder)
            (folder / "node_modules").symlink_to(libraries)
        return subprocess.run(  # noqa: S602 - what our own page says
            command,
            shell=True,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )

    return ran


@pytest.fixture
def proven(run: Run) -> Proven:
    """Run both tests with a mistake or none: the stub's pass, and the mock's as the table says.

    `passed` is what both runners print when all have passed.
    """

    def prove(
        title: str,
        mistake: Mistake | None,
        *,
        before: str,
        after: str,
        passed: tuple[str, str],
        libraries: Path | None = None,
    ) -> None:
        recipe = RECIPES[title]
        code = code_of(recipe)
        changed = code if mistake is None else code.replace(mistake.instead_of, mistake.written)

        stubbed = run("before", {**recipe.before, recipe.code: changed}, before, libraries)
        mocked = run("after", {**recipe.after, recipe.code: changed}, after, libraries)

        assert stubbed.returncode == 0, stubbed.stdout
        assert passed[0] in stubbed.stdout
        assert (mocked.returncode == 0) == (mistake is None), mocked.stdout
        assert (passed[1] if mistake is None else mistake.refused) in mocked.stdout

    return prove


def mistakes(title: str) -> pytest.MarkDecorator:
    given = [None, *RECIPES[title].mistakes]
    names = ["no mistake", *(mistake.refused for mistake in RECIPES[title].mistakes)]
    return pytest.mark.parametrize("mistake", given, ids=names)


@pytest.mark.recipes
@mistakes(PYTHON)
def test_responses_and_requests_mock(mistake: Mistake | None, proven: Proven) -> None:
    for package in ("jwt", "requests_mock", "responses"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    command = f"{shlex.quote(sys.executable)} -m pytest -W error -p no:randomly -p no:cacheprovider"

    proven(PYTHON, mistake, before=command, after=command, passed=("2 passed", "1 passed"))


@pytest.mark.languages
@mistakes(JAVA)
def test_wiremock(mistake: Mistake | None, proven: Proven, libraries: Path) -> None:
    for need in ("javac", str(JARS / "junit-jupiter-api.jar")):
        if shutil.which(need) is None and not Path(need).is_file():
            pytest.skip(f"{need} is not on this machine")
    (wiremock,) = (libraries / "wiremock" / "build").glob("*.jar")
    path = shlex.quote(os.pathsep.join((CLASS_PATH, str(wiremock), "classes")))
    command = f"javac -cp {path} -d classes *.java && java -cp {path} org.junit.platform.console.ConsoleLauncher"
    command += " execute --disable-banner --disable-ansi-colors --scan-class-path classes"

    proven(JAVA, mistake, before=command, after=command, passed=("1 tests successful", "1 tests successful"))


@pytest.mark.languages
@mistakes(NODE)
def test_jest_with_axios_mocked(mistake: Mistake | None, proven: Proven, libraries: Path) -> None:
    commands = {"before": "npx jest", "after": RECIPES[NODE].command}

    proven(NODE, mistake, **commands, passed=("1 passed", "1 passed"), libraries=libraries)
