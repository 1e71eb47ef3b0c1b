"""The right order of calls: each program gets by the mock what it asks for, and the site shows it with its errors."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from mock_servers.catalogue.entries import entries
from pytest_nhsauth import mock_platform
from pytest_nhsauth.platform import Platform
from tools.site import building, calls, leaves
from tools.site.calls import FOLDER, ORDERS, Order, orders_of

BACK: Final = "https://app.example/back"
COMMANDS: Final = {"py": (sys.executable,), "mjs": ("node",), "java": ("java",), "cs": ("dotnet", "run", "--project")}
PATIENCE: Final = 120  # seconds: a compiler on a machine that is busy
PEOPLE: Final = {"log_in_nhs_login": "9912003071"}
"""Who logs in, where it is not the doctor of CIS2."""
DOCTOR: Final = "656005750104"
SAYS: Final = {
    "client_credentials": '{"message":"Hello Application!"}',
    "log_in_cis2": f"logged in: .*{DOCTOR}",
    "log_in_nhs_login": "logged in: .*[0-9a-f-]{36}",
    "authorization_code": f'(?s){DOCTOR}.*"Hello User!"',
}
"""What a program ends with, if not as most do."""
PROJECT: Final = """\
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net9.0</TargetFramework>
<ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup></Project>
"""


@pytest.fixture(scope="module")
def nhsauth() -> Iterator[Platform]:
    with mock_platform() as platform:
        yield platform


def environment(nhsauth: Platform, order: Order) -> dict[str, str]:
    """What a program reads: where the services are, and the values of an app of its own."""
    app = nhsauth.new_app(redirect_uris=[BACK])
    given = {
        "APIM_URL": nhsauth.url,
        "CIS2_URL": nhsauth.cis2.authorize_url.removesuffix("/authorize"),
        "NHS_LOGIN_URL": nhsauth.nhs_login.authorize_url.removesuffix("/authorize"),
        "CLIENT_ID": app.client_id,
        "KID": app.kid,
        "PRIVATE_KEY": app.private_key_pem,
        "CLIENT_SECRET": app.client_secret,
        "REDIRECT_URI": BACK,
        "NO_PROXY": "*",
    }
    if order.name == "token_exchange":
        given["ID_TOKEN"] = app.id_token(DOCTOR)
    if order.name in {"refresh", "call_api"}:
        token = nhsauth.client(app).token_exchange(app.id_token(DOCTOR))
        given |= {"ACCESS_TOKEN": token.access_token, "REFRESH_TOKEN": str(token.refresh_token)}
    return given


def output(nhsauth: Platform, command: tuple[str, ...], order: Order, environ: Mapping[str, str]) -> str:
    """What a program prints; one that prints an address is given that at which the browser comes back."""
    with subprocess.Popen(  # noqa: S603 - our own programs
        command,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        first = program.stdout.readline()
        if "/authorize?" in first:
            back = nhsauth.log_in(first.strip(), user=PEOPLE.get(order.name, DOCTOR))
            program.stdin.write(f"{back}\n")
            first = ""
        rest, _ = program.communicate(timeout=PATIENCE)
    assert program.returncode == 0
    return first + rest


def command(ending: str, order: Order, folder: Path) -> tuple[str, ...]:
    """How a program is run; skip it where its language is not on this machine."""
    path = FOLDER / f"{order.name}.{ending}"
    if shutil.which(COMMANDS[ending][0]) is None:
        pytest.skip(f"{COMMANDS[ending][0]} is not on this machine")
    if ending == "cs":
        shutil.copy(path, folder / "Program.cs")
        (folder / "calls.csproj").write_text(PROJECT, encoding="utf-8")
        return (*COMMANDS[ending], str(folder))
    return (*COMMANDS[ending], str(path))


def runs(nhsauth: Platform, ending: str, order: Order, folder: Path) -> None:
    """A program ends well, takes the flows that its order names, and no call of it is refused or advised against."""
    environ = environment(nhsauth, order)
    before = len(nhsauth.exchanges)

    printed = output(nhsauth, command(ending, order, folder), order, environ)

    assert re.search(SAYS.get(order.name, '{"message":"Hello User!"}'), printed), printed
    made = list(nhsauth.exchanges)[before:]
    assert order.flows - {each.flow for each in made} == set()
    assert [(each.path, each.diagnosis, each.advice) for each in made if each.error or each.advice] == []


@pytest.mark.languages
@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
@pytest.mark.parametrize("ending", calls.LANGUAGES)
def test_a_program_makes_its_calls_in_the_right_order(
    nhsauth: Platform, ending: str, order: Order, tmp_path: Path
) -> None:
    runs(nhsauth, ending, order, tmp_path)


def test_the_program_of_one_order_runs_in_python(nhsauth: Platform, tmp_path: Path) -> None:
    """The others, and those in other languages, are run by `make test-languages`."""
    runs(nhsauth, "py", ORDERS[0], tmp_path)


def test_every_order_has_a_program_in_each_language_and_none_is_without_an_order() -> None:
    found = {path.name for path in FOLDER.iterdir() if path.suffix.removeprefix(".") in COMMANDS}

    assert found == {f"{order.name}.{ending}" for order in ORDERS for ending in calls.LANGUAGES}


PAGES: Final = leaves.pages()
ERRORS: Final = sorted(name for name in PAGES if re.fullmatch(r"error/(?!index\.).*\.md", name))


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_a_link_to_have_one_s_own_explained(name: str) -> None:
    slug = name.removeprefix("error/").removesuffix(".md")

    assert f'<a href="../explain.html#errors/{slug}">Explain mine</a>' in PAGES[name]


def test_the_first_page_begins_with_the_page_that_explains(tmp_path: Path) -> None:
    building.stage(tmp_path / "site")

    assert (
        (tmp_path / "site" / "index.md")
        .read_text(encoding="utf-8")
        .startswith(
            '# pytest-nhsauth\n\n**Did the real service refuse you? <a href="explain.html">Paste what you have</a>.**'
        )
    )


SHOWN: Final = {
    "malformed-jwt-in-subject_token": "token_exchange",
    "missing-kid-header-in-client_assertion-jwt": "client_credentials",
    "grant_type-is-missing": "client_credentials",
    "missing-authorization-header": "call_api",
}


@pytest.mark.parametrize(("slug", "order"), SHOWN.items())
def test_an_error_shows_the_order_whose_call_it_refuses(slug: str, order: str) -> None:
    shown = re.findall(r"literalinclude} \.\./calls/(\S+)", PAGES[f"error/{slug}.md"])

    assert shown == [f"{order}.{ending}" for ending in calls.LANGUAGES]


def test_every_row_on_the_way_of_an_order_has_it_and_no_other_row() -> None:
    without = {entry.service for entry in entries() if not orders_of(entry)}
    found = {order.name: sum(order in orders_of(entry) for entry in entries()) for order in ORDERS}

    assert {"the management API", "the mock realms"} <= without
    assert all(count > 5 for count in found.values()), found


def test_c_sharp_is_said_to_be_shown_only() -> None:
    shown = [page for page in PAGES.values() if "literalinclude" in page]

    assert len(shown) > 100
    assert [page for page in shown if "<summary>C# (shown, not run by us)</summary>" not in page] == []
