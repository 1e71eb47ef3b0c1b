"""What is read of a curl command is what curl itself sends: it is run against a socket of the test, and compared."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_servers.reading import curl, raw_http
from mock_servers.reading.captured import Captured, UnreadableError, named

ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
BOUNDARY = re.compile(rb"-{24}[0-9A-Za-z]+")
VARYING = {"user-agent", "accept-encoding", "expect"}
URL = "https://int.api.service.nhs.uk/oauth2/token"


class Listener:
    """A socket of the loopback that notes the bytes of each request."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.received: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.received.append(self._request(connection))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def _request(self, connection: socket.socket) -> bytes:
        whole = b""
        while b"\r\n\r\n" not in whole:
            whole += connection.recv(65536)
        head, _, body = whole.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
        while length and len(body) < int(length[1]):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._socket.close()


@dataclass
class Oracle:
    """Runs a command as its author would, and says what curl sent."""

    listener: Listener
    home: Path

    def url(self, target: str = "/oauth2/token") -> str:
        return f"http://127.0.0.1:{self.listener.port}{target}"

    def sent(self, command: str) -> bytes:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        line = f"{command} -s -o /dev/null --max-time 20".encode("utf-8", "surrogateescape")
        done = subprocess.run(["bash", "-c", line], env=environment, cwd=self.home, check=False, capture_output=True)  # noqa: S603, S607 - lines of ours, by the shell that people paste them into
        assert done.returncode == 0, (command, done.stderr)
        return self.listener.received.pop()


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    if not shutil.which("curl") or not shutil.which("bash"):
        pytest.skip("there is no curl, or no bash, to compare with")
    listener = Listener()
    yield Oracle(listener, tmp_path_factory.mktemp("home"))
    listener.close()


def comparable(method: str, target: str, headers: Any, body: bytes) -> dict[str, Any]:
    """Without what is another's at each call: the boundary, curl's version and the encodings it was built with.

    Curl writes the percent escapes of a query in small or in capital letters, depending on its version.
    """
    plain = BOUNDARY.sub(b"BOUNDARY", body)
    pairs = [(name.lower(), BOUNDARY.sub(b"BOUNDARY", value.encode()).decode()) for name, value in headers]
    left = sorted(pair for pair in pairs if pair[0] not in VARYING | {"content-length"})
    target = ESCAPE.sub(lambda escape: escape[0].upper(), target)
    return {"method": method, "target": target, "headers": left, "body": plain}


def of_curl(sent: bytes) -> dict[str, Any]:
    head, _, body = sent.partition(b"\r\n\r\n")
    line, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, target, _ = line.split(" ")
    headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in lines)]
    return comparable(method, target, headers, body)


def of_ours(captured: Captured) -> dict[str, Any]:
    target = captured.url.split("/", 3)[3]
    return comparable(captured.method, f"/{target}", captured.headers, captured.body)


AS_WRITTEN = {
    "a form": "-d grant_type=client_credentials -d 'a=b c'",
    "a form in several lines": "\\\n  -d grant_type=client_credentials \\\n  -H 'X-One: 1'",
    "letters together with their value": "-XPOST -da=b -HX-One:1 -sSL",
    "letters without a value, and one with": "-sSLkd a=b",
    "a method of its own": "-X PUT -d a=b",
    "a GET with a body": "-X GET -d a=b",
    "data in the query": "-G -d a=b --data-urlencode 'c=d e&f'",
    "a colon that is escaped in the query": "-G --data-urlencode ':'",
    "a head": "-I",
    "nothing sent": "",
    "an empty body": "-d ''",
    "data that begins with an at": "--data-raw '@a'",
    "binary data": "--data-binary $'a\\nb\\r\\n'",
    "data with line ends": "-d $'a\\nb'",
    "encoded without a name": "--data-urlencode 'ä b/&='",
    "encoded with an equals sign alone": "--data-urlencode '=a=b'",
    "encoded with a name": "--data-urlencode 'client_assertion_type=urn:ietf:params:oauth'",
    "JSON": """--json '{"a": "b"}'""",
    "JSON in pieces": """--json '{"a":' --json '"b"}'""",
    "JSON beside data": """-d a=b --json '{"a": 1}'""",
    "JSON with a content type of its own": "--json '{}' -H 'Content-Type: text/plain'",
    "parts": "-F grant_type=client_credentials -F 'b=c d'",
    "parts with a content type": "-F a=b -H 'Content-Type: multipart/form-data'",
    "parts as text": "--form-string 'a=@b'",
    "a user": "-u 'id:se:cret'",
    "a user in the URL's place of one": "--user id:",
    "a bearer": "--oauth2-bearer abc.def",
    "an Authorization beside a user": "-u a:b -H 'Authorization: Bearer abc'",
    "a header taken away": "-d a=b -H 'Content-Type:' -H 'Accept:'",
    "an empty header": "-H 'X-Empty;'",
    "a header twice": "-H 'X-One: 1' -H 'X-One: 2'",
    "a host": "-H 'Host: int.api.service.nhs.uk'",
    "a content type": "-d a=b -H 'content-type: application/x-www-form-urlencoded; charset=utf-8'",
    "cookies": "-b 'a=b; c=d' -b e=f",
    "an agent and a referer": "-A 'Mozilla/5.0 (X11)' -e https://example.org/",
    "a range": "-r 0-9",
    "more of the query": "--url-query 'a=b c' --url-query '+d=e'",
    "what has no effect on a request": "-k -v --connect-timeout 5 --retry 2 -w '%{http_code}' --no-keepalive",
    "double quotes": '-d "a=\\"b\\" \\$c \\x"',
    "words that are put together": """-d a='b'"c"$'\\x64'\\e""",
    "ANSI escapes": "-d $'a=\\u00e9\\xc3\\xa9\\'\\101'",
    "a line end within double quotes": '-d "a=\\\nb"',
    "a comment below it": "-d a=b # and why\n",
    "what becomes of the output": "-d a=b 2>/dev/null >/dev/null",
    "compressed": "--compressed",
    "a target of its own": "--request-target /oauth2/other",
    "old HTTP": "--http1.1 -d a=b",
}


@pytest.mark.parametrize("options", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_what_is_read_is_what_curl_sends(oracle: Oracle, options: str) -> None:
    begins, newline, rest = options.partition("# and why\n")
    command = f"curl {oracle.url()} {begins}"

    assert of_ours(curl.read(command + newline + rest)) == of_curl(oracle.sent(command))


URLS = {
    "a query": "/oauth2/token?a=b&c=%20d",
    "a fragment": "/oauth2/token#part",
    "dots": "/a/./b/../oauth2//token/..",
    "dots at the end": "/a/b/.",
    "no path": "",
    "a query without a path": "?a=b",
    "a question mark alone": "/a?",
}


@pytest.mark.parametrize("target", URLS.values(), ids=URLS)
@pytest.mark.parametrize("options", ["", "-G -d x=y", "--path-as-is"])
def test_the_url_is_asked_as_curl_asks_it(oracle: Oracle, target: str, options: str) -> None:
    command = f"curl '{oracle.url(target)}' {options}"

    assert of_ours(curl.read(command)) == of_curl(oracle.sent(command))


def test_a_user_in_the_url_is_sent_as_basic(oracle: Oracle) -> None:
    command = f"curl http://id:secret@127.0.0.1:{oracle.listener.port}/oauth2/token"

    assert of_ours(curl.read(command)) == of_curl(oracle.sent(command))


def test_files_are_read_where_that_was_asked_for(oracle: Oracle) -> None:
    (oracle.home / "form.txt").write_text("a=b&\nc=d\r\n")
    command = f"curl {oracle.url()} -d @form.txt --data-urlencode e@form.txt --data-binary @form.txt"

    ours = curl.read(command, lambda name: (oracle.home / name).read_bytes())

    assert of_ours(ours) == of_curl(oracle.sent(command))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ue000\ue001"), max_size=12)
safe = st.text("abcXYZ019-._", min_size=1, max_size=8)
quotings: list[Callable[[str], str]] = [
    shlex.quote,
    lambda text: "".join(f"\\{each}" for each in text) or "''",
    lambda text: '"' + re.sub(r'([\\"$`])', r"\\\1", text).replace("!", '"\\!"') + '"',
    lambda text: "$'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
    lambda text: "$'" + "".join(f"\\x{byte:02x}" for byte in text.encode()) + "'",
]


@st.composite
def options(draw: st.DrawFn) -> list[str]:
    """One option with its value."""
    name = draw(
        st.sampled_from(["-d", "--data-raw", "--data-binary", "--data-urlencode", "-H", "-u", "-A", "-G", "-b"])
    )
    if name == "-G":
        return [name]
    if name == "-H":
        return [name, f"X-{draw(safe)}: {draw(safe)}"]
    if name == "-b":
        return [name, f"{draw(safe)}={draw(safe)}"]
    if name in ("-u", "-A"):
        return [name, f"{draw(safe)}:{draw(safe)}"]
    value = draw(texts)
    unfile = value.replace("@", "") if name != "--data-raw" else value
    return [name, unfile.replace(" ", "_") if name != "--data-urlencode" else unfile]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_options=st.lists(options(), max_size=5), data=st.data())
def test_any_spelling_is_read_as_curl_reads_it(
    oracle: Oracle, given_options: list[list[str]], data: st.DataObject
) -> None:
    written = [data.draw(st.sampled_from(quotings))(word) for option in given_options for word in option]
    command = " ".join(["curl", *written, oracle.url()])
    in_query = ["-G"] in given_options
    if in_query and any(
        not text.isascii() or re.search(r"[\s\\^`{}|<>\"#]", text) for o in given_options for text in o
    ):
        return  # what curl refuses as a URL

    assert of_ours(curl.read(command)) == of_curl(oracle.sent(command))


@given(st.text(max_size=200))
def test_anything_after_curl_is_read_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        curl.read(f"curl {text}")
    except UnreadableError as refused:
        said = str(refused)

    assert "\n" not in said


# cmd, as browsers copy it


def test_what_chrome_copies_for_cmd_is_what_it_copies_for_bash() -> None:
    of_cmd = (
        'curl ^"https://int.api.service.nhs.uk/oauth2/token^" ^\r\n  -H ^"accept: application/json^" ^\r\n'
        '  --data-raw ^"a=^%^7B^\\^"b^\\^"^&c=d^\n\ne^"'
    )
    of_bash = (
        "curl 'https://int.api.service.nhs.uk/oauth2/token' \\\n  -H 'accept: application/json' \\\n"
        "  --data-raw $'a=%7B\"b\"&c=d\\ne'"
    )

    assert curl.read(of_cmd) == curl.read(of_bash)


def test_a_caret_at_the_end_of_a_quoted_word_of_bash_makes_it_no_cmd() -> None:
    assert curl.read("""curl https://int.api.service.nhs.uk/ -d '' -d "^\"""").body == b"^"


def test_in_cmd_plain_quotes_and_carets_mix() -> None:
    command = 'curl -X POST "https://int.api.service.nhs.uk/oauth2/token" ^\n -d "a=b^c&d=e" -d "f=""g"" \\\\" && dir'

    read = curl.read(command)

    assert (read.method, read.url, read.body) == ("POST", URL, b'a=b^c&d=e&f="g" \\')


def test_a_variable_of_cmd_is_a_gap_and_an_encoded_character_is_none() -> None:
    read = curl.read(f'curl "{URL}" ^\n -d "client_assertion=%TOKEN%&a=%C3%A9"')

    assert named(read.body.decode(), read.gaps) == 'client_assertion=the variable "TOKEN"&a=%C3%A9'


# what does not stand there


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("$TOKEN", 'the variable "TOKEN"'),
        ('"${TOKEN}"', 'the variable "TOKEN"'),
        ('"$(cat "secret file.txt" | tr -d \')\')"', "the output of a command"),
        ("`jwt sign`", "the output of a command"),
    ],
)
def test_what_the_shell_would_fill_in_is_a_gap(written: str, words: str) -> None:
    read = curl.read(f"curl {URL} -d client_assertion={written}")

    assert [gap.words for gap in read.gaps] == [words]
    assert named(read.body.decode(), read.gaps) == f"client_assertion={words}"


def test_a_file_is_a_gap_and_is_not_read() -> None:
    read = curl.read(f"curl {URL} -d a=b --data-urlencode client_assertion@/etc/hostname -H @headers.txt")

    assert [gap.words for gap in read.gaps] == [
        'the file "/etc/hostname", which was not read',
        'the file "headers.txt", which was not read',
    ]


def test_a_file_that_is_not_there_is_a_gap_too(tmp_path: Path) -> None:
    read = curl.read(f"curl {URL} -d @none.txt", lambda name: (tmp_path / name).read_bytes())

    assert [gap.words for gap in read.gaps] == ['the file "none.txt", which cannot be read (No such file or directory)']


def test_what_stands_in_single_quotes_is_sent_as_it_is() -> None:
    read = curl.read(f"curl {URL} -d 'client_assertion=$TOKEN'")

    assert (read.body, read.gaps) == (b"client_assertion=$TOKEN", ())


def test_what_stands_around_the_command_is_left_out() -> None:
    read = curl.read(f"$ TOKEN=abc sudo /usr/bin/curl {URL} -d a=b | jq .")

    assert (read.url, read.body) == (URL, b"a=b")


# what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--no-such-thing", 'curl has no option "--no-such-thing" that is known here'),
        ("-é", 'curl has no option "-\\u00e9" that is known here'),
        ("--aws-sigv4 aws:amz", "curl's --aws-sigv4 is not read here: it signs for Amazon's services"),
        ("--digest -u a:b", "curl's --digest is not read here: curl asks the server first"),
        ("-K file", "curl's --config is not read here: its file holds more options"),
        ("--expand-data a", "curl's --expand-data is not read here: curl fills values in"),
        ("https://example.org", "The command has 2 URLs; allowed: one (is one of them not quoted?)"),
        ("-: https://example.org", "curl's --next is not read here: several requests are in one command"),
        ("-d", "curl's --data wants a value, and the command ends there"),
        ("-F a", 'curl\'s --form wants name=content, and has "a"'),
        ("-F a=b -d c", "The command has data, a form and an upload at once; curl takes one of them"),
        ("-d 'a", "The command ends within what ' opens at character 53"),
        ('-d "a', 'The command ends within what " opens at character 53'),
        ("-d $(a", "The command ends within what $( opens at character 54"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(options: str, message: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        curl.read(f"curl {URL} {options}")

    assert str(refused.value) == message


@pytest.mark.parametrize("url", ["https://{int,dev}.api.service.nhs.uk/", "https://int.api.service.nhs.uk/[1-3]"])
def test_a_pattern_of_urls_is_refused(url: str) -> None:
    with pytest.raises(UnreadableError, match="is a pattern for several; allowed: one URL"):
        curl.read(f"curl '{url}'")


def test_a_command_without_a_url_is_refused() -> None:
    with pytest.raises(UnreadableError, match="The command has no URL; allowed: one"):
        curl.read("curl -d a=b")


def test_two_commands_are_refused() -> None:
    with pytest.raises(UnreadableError, match="The text holds 2 curl commands; allowed: one at a time"):
        curl.read(f"curl {URL}; curl {URL}")


def test_what_curl_sends_is_read_from_its_own_bytes_too(oracle: Oracle) -> None:
    command = f"curl {oracle.url()} -d 'a=b c'"

    as_text = raw_http.read(oracle.sent(command).decode())

    assert (as_text.method, as_text.body) == ("POST", b"a=b c")
