"""One command, three writers: each shell hands the program exactly the values of the model, with any characters."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_servers.commands import cmd, powershell, shell
from mock_servers.commands.command import Filled, Sent, Value
from tests.powershell import faults

URL = "https://int.api.service.nhs.uk/oauth2/token"
HOSTILE = (
    "it's",
    'say "yes"',
    "ends in a backslash\\",
    'back\\"slash and quote\\\\"',
    "100%",
    "%PATH%",
    "%%",
    "$HOME ${HOME} $(id) `id`",
    "$env:PATH $(Get-Process)",
    "a^b ^^ ^",
    "a&b|c<d>e",
    "(one) ; two, three=four",
    "!wow! !PATH!",
    "two\nlines",
    "\r\n\ttab",
    "  blanks  ",
    "",
    "@file",
    "\u2018typographic\u2019 \u201cquotes\u201d",
    "~ * ? [a] {b}",
    "#",
    "é",
)
VARIABLES = {"CLIENT_SECRET": "s3cr3t with blank", "PATH": "C:\\Windows", "HOME": "/root"}
texts = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)


def sent(**form: Value) -> Sent:
    return Sent(url=URL, form=form, headers={"X-Of-Ours": "a 'b' \"c\" %d% ^e &f $g"})


# cmd.exe, by its documented rules


def with_variables(line: str, variables: Mapping[str, str]) -> str:
    """What the prompt makes of %NAME%: the value of a variable that there is; anything else stays as it is."""

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1].upper(), found[0])

    done, rest = "", line
    while (found := re.search(r"%([^%\n]+)%", rest)) is not None:
        known = found[1].upper() in variables
        end = found.end() if known else found.start() + 1
        done += rest[: found.start()] + (value(found) if known else "%")
        rest = rest[end:]
    return done + rest


def without_carets(line: str) -> str:
    """What cmd.exe hands to the program: a caret outside quotes takes the meaning of the next character away."""
    handed, in_quotes, characters = "", False, iter(line)
    for each in characters:
        if each == "^" and not in_quotes:
            following = next(characters)
            handed += next(characters) if following == "\n" else following
            continue
        assert in_quotes or each not in "&|<>", f"cmd.exe would end the command at {each} of {line}"
        assert each != "\n", f"cmd.exe would end the command at the end of a line of {line}"
        in_quotes ^= each == '"'
        handed += each
    assert not in_quotes
    return handed


def words(line: str) -> list[str]:
    """The words that the C runtime makes of a line (CommandLineToArgvW)."""
    found, word, in_quotes, is_begun, place = list[str](), "", False, False, 0
    while place < len(line):
        slashes = len(line) - place - len(line[place:].lstrip("\\"))
        following = line[place + slashes : place + slashes + 1]
        if slashes and following == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word, place, is_begun = f'{word}"', place + slashes + 1, True
                continue
        elif slashes:
            word += "\\" * slashes
        place += slashes
        is_begun |= bool(slashes)
        if following == '"':
            in_quotes, is_begun = not in_quotes, True
        elif following in (" ", "\t") and not in_quotes:
            if is_begun:
                found.append(word)
            word, is_begun = "", False
        elif following:
            word, is_begun = word + following, True
        place += 1
    return [*found, word] if is_begun else found


def by_cmd(command: str, variables: Mapping[str, str] = VARIABLES) -> list[str]:
    return words(without_carets(with_variables(command, variables)))


def form_of(arguments: list[str]) -> dict[str, str]:
    """The form that curl posts, by its arguments."""
    pairs = [(arguments[place], arguments[place + 1]) for place in range(len(arguments) - 1)]
    encoded = [each for option, each in pairs if option == "-d"]
    plain = [each.split("=", 1) for option, each in pairs if option == "--data-urlencode"]
    return {**dict(parse_qsl("&".join(encoded), keep_blank_values=True)), **dict(plain)}


@pytest.mark.parametrize("value", HOSTILE)
def test_cmd_hands_over_the_value(value: str) -> None:
    arguments = by_cmd(cmd.curl(sent(name=value, other="plain")))

    assert arguments[:2] == ["curl", URL]
    assert "X-Of-Ours: a 'b' \"c\" %d% ^e &f $g" in arguments
    assert form_of(arguments) == {"name": value, "other": "plain"}


@given(st.dictionaries(st.sampled_from(["client_id", "code", "redirect_uri"]), texts, min_size=1))
def test_cmd_hands_over_any_value(form: dict[str, str]) -> None:
    assert form_of(by_cmd(cmd.curl(Sent(url=URL, form=form)))) == form


@given(texts.filter(lambda each: "\n" not in each))
def test_cmd_never_puts_in_a_variable_that_the_value_names(value: str) -> None:
    form = {"name": f"%CLIENT_SECRET%{value}%PATH%"}

    assert form_of(by_cmd(cmd.curl(Sent(url=URL, form=form)))) == form


def test_cmd_puts_in_the_variable_that_the_user_has_set() -> None:
    command = cmd.curl(Sent(url=URL, form={"client_secret": Filled("CLIENT_SECRET", asked=False)}))

    assert '"client_secret=%CLIENT_SECRET%"' in command
    assert form_of(by_cmd(command)) == {"client_secret": VARIABLES["CLIENT_SECRET"]}


def test_cmd_writes_a_client_s_secret_and_a_body() -> None:
    command = cmd.curl(
        Sent(url=URL, method="PUT", basic=("a b", Filled("CLIENT_SECRET")), body={"a": '"1" & 50%\n', "b": [1, 2]})
    )

    assert by_cmd(command) == [
        *("curl", "-X", "PUT", URL, "-u", f"a+b:{VARIABLES['CLIENT_SECRET']}"),
        *("-H", "Content-Type: application/json", "-d", '{"a": "\\"1\\" & 50%\\n", "b": [1, 2]}'),
    ]


# bash, which is run


PRINTS = "import os, sys\nsys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv)) + b'\\0')\n"


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program called curl that prints its arguments, each ended by a zero byte."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "curl"
    program.write_text(f"#!{sys.executable}\n{PRINTS}")
    program.chmod(0o755)
    return folder


def by_shell(command: str, folder: Path, name: str) -> list[str]:
    environment = {**os.environ, **VARIABLES, "PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(  # noqa: S603 - a command of ours
        [name, "-c", command], env=environment, capture_output=True, check=True, timeout=20
    )
    return ran.stdout.decode().split("\0")[1:-1]


@pytest.mark.parametrize("name", [each for each in ("bash", "sh") if shutil.which(each)])
def test_a_posix_shell_hands_over_every_value(curl: Path, name: str) -> None:
    form = {f"name{number}": value for number, value in enumerate(HOSTILE)}

    arguments = by_shell(shell.curl(sent(**form, client_secret=Filled("CLIENT_SECRET", asked=False))), curl, name)

    assert arguments[0] == URL
    assert form_of(arguments) == {**form, "client_secret": VARIABLES["CLIENT_SECRET"]}


def test_a_posix_shell_stops_where_a_variable_is_asked_for_and_not_set(curl: Path) -> None:
    command = shell.curl(Sent(url=URL, form={"code": Filled("NOBODY_HAS_SET_THIS")}))

    with pytest.raises(subprocess.CalledProcessError, match="exit status"):
        by_shell(command, curl, "sh")


# PowerShell, whose grammar reads it


def literals(script: str) -> list[str]:
    """The strings of single quotes in a script, as PowerShell reads them."""
    quotes = "['\u2018\u2019\u201a\u201b]"
    found = re.findall(rf"{quotes}((?:[^'\u2018\u2019\u201a\u201b]|{quotes}{{2}})*){quotes}", script)
    return [re.sub(rf"({quotes}){quotes}", r"\1", each) for each in found]


@pytest.mark.parametrize("value", HOSTILE)
def test_powershell_reads_the_value(value: str) -> None:
    script = powershell.request(sent(name=value, client_secret=Filled("CLIENT_SECRET", asked=False)))

    assert faults(script) == []
    assert value in literals(script)
    assert "'client_secret' = $env:CLIENT_SECRET" in script


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="needs PowerShell")
@pytest.mark.parametrize("value", HOSTILE)
def test_powershell_hands_over_the_value(value: str) -> None:
    asks = "function Invoke-RestMethod($Method, $Uri, $Headers, $Body) { [Uri]::EscapeDataString($Body['name']) }\n"
    script = asks + powershell.request(sent(name=value))

    ran = subprocess.run(  # noqa: S603 - a command of ours
        ["pwsh", "-NoProfile", "-Command", script],  # noqa: S607 - whichever is at hand
        capture_output=True,
        check=True,
        timeout=60,
        encoding="utf-8",
    )

    assert unquote(ran.stdout.strip()) == value, quote(value)
