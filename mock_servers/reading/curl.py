"""Reads a `curl` command as curl would: the request that it sends, without sending it or running anything in it.

Files that it names are read only with a `ReadFile`; without one they are gaps.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from mock_servers.reading import shell
from mock_servers.reading.captured import Captured, Gaps, UnreadableError, named
from mock_servers.wire.wording import shown

ReadFile = Callable[[str], bytes]
"""Returns what is in a file; raises OSError."""

_BEGINS: Final = re.compile(r"\s*(?:[$%>]\s+)?(?:\w+=\S*\s+)*(?:sudo\s+|time\s+)?\S*\bcurl(?:\.exe)?\s", re.IGNORECASE)
_PROGRAM: Final = re.compile(r"(?:.*[/\\])?curl(?:\.exe)?", re.IGNORECASE | re.DOTALL)
_URL: Final = re.compile(r"(?:([a-z][a-z0-9+.-]*)://)?([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_FORM: Final = "application/x-www-form-urlencoded"
_BOUNDARY: Final = "------------------------nhsauthexplained"

_FLAGS: Final = frozenset(
    """
    append basic ca-native cert-status compressed-ssh create-dirs crlf disable disable-eprt disable-epsv
    disallow-username-in-url doh-cert-status doh-insecure dump-ca-embed fail fail-early fail-with-body false-start
    ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control http0.9 http1.0 http1.1 http2
    http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 junk-session-cookies
    list-only location location-trusted mail-rcpt-allowfails metalink mptcp alpn buffer clobber keepalive npn
    progress-meter sessionid parallel parallel-immediate path-as-is post301 post302 post303 progress-bar proxy-anyauth
    proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm
    proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name remote-name
    remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir show-error show-headers
    silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast ssl-auto-client-cert
    ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers tcp-fastopen
    tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 trace-ids trace-time
    use-ascii verbose xattr form-escape compressed globoff get head tr-encoding
    """.split()  # noqa: SIM905 - a table
)
"""Options without a value: without any effect on the request but for those of the last line."""

_VALUES: Final = frozenset(
    """
    abstract-unix-socket alt-svc cacert capath cert cert-type ciphers connect-timeout connect-to cookie-jar
    create-file-mode crlfile curves delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url
    dump-header ech egd-file engine etag-save expect100-timeout ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip hostpubmd5 hostpubsha256 hsts interface ip-tos
    ipfs-gateway keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options mail-auth
    mail-from mail-rcpt max-filesize max-redirs max-time noproxy output output-dir parallel-max pass pinnedpubkey
    preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers
    proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name
    proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey random-file
    rate resolve retry retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5
    socks5-gssapi-service socks5-hostname speed-limit speed-time ssl-sessions stderr telnet-option tftp-blksize
    tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-flags
    vlan-priority write-out
    """.split()  # noqa: SIM905 - a table
)

"""Options with a value that has no effect on the request."""

_NOT_READ: Final = {
    "aws-sigv4": "it signs for Amazon's services",
    "config": "its file holds more options",
    "digest": "curl asks the server first",
    "ntlm": "curl asks the server first",
    "ntlm-wb": "curl asks the server first",
    "negotiate": "curl asks the server first",
    "anyauth": "curl asks the server first",
    "next": "several requests are in one command",
    "variable": "curl fills values in",
    "help": "it asks curl for its help",
    "manual": "it asks curl for its help",
    "version": "it asks curl for its version",
    "quote": "it is not of HTTP",
    "continue-at": "it goes on with another request",
    "etag-compare": "it depends on a file",
    "time-cond": "it depends on a file",
}
"""What decides on a request, and cannot be known from the command; each with the reason."""

_NOT_READ_OF_VALUE: Final = frozenset(("aws-sigv4", "config", "variable", "quote", "continue-at")) | {
    "etag-compare",
    "time-cond",
}

_SHORT: Final = dict(
    re.findall(
        r"(\S):(\S+)",
        "a:append E:cert K:config C:continue-at b:cookie c:cookie-jar d:data q:disable D:dump-header f:fail F:form "
        "P:ftp-port G:get g:globoff I:head H:header h:help 0:http1.0 k:insecure 4:ipv4 6:ipv6 j:junk-session-cookies "
        "l:list-only L:location M:manual m:max-time n:netrc ::next N:no-buffer o:output Z:parallel #:progress-bar "
        "x:proxy U:proxy-user p:proxytunnel Q:quote r:range e:referer J:remote-header-name O:remote-name R:remote-time "
        "X:request S:show-error i:show-headers s:silent Y:speed-limit y:speed-time 2:sslv2 3:sslv3 t:telnet-option "
        "z:time-cond 1:tlsv1 T:upload-file B:use-ascii u:user A:user-agent v:verbose V:version w:write-out",
    )
)

_DATA: Final = {
    "data": "@text",
    "data-ascii": "@text",
    "data-binary": "@",
    "data-raw": "",
    "data-urlencode": "encoded",
    "json": "@",
}
"""How each reads its value: whether @ names a file, whose line ends are then left out, and whether it is encoded."""

_FOR_REQUEST: Final = frozenset(
    (
        *_DATA,
        *("cookie", "form", "form-string", "header", "oauth2-bearer", "range", "referer", "request"),
        *("request-target", "upload-file", "url", "url-query", "user", "user-agent", "netrc-file"),
    )
)
_KNOWN: Final = _FLAGS | _VALUES | _FOR_REQUEST | set(_NOT_READ) | {"netrc", "netrc-optional"}


@dataclass(slots=True)
class _Command:
    """The options of one command, as they pile up; a flag that is on is in `flags`."""

    gaps: Gaps
    read_file: ReadFile | None
    flags: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)
    data: bytearray | None = None
    parts: list[bytes] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    def last(self, name: str) -> str | None:
        """Return the value of an option; of several the last."""
        return next(reversed(self.values.get(name, [])), None)

    def file(self, name: str, option: str) -> bytes:
        """Return what is in a file that an option names, or the mark of a gap."""
        label = shown(named(name, self.gaps.found))
        if name == "-":
            return self.gaps.mark(f"what --{option} reads from stdin").encode()
        if self.read_file is None:
            return self.gaps.mark(f"the file {label}, which was not read").encode()
        try:
            return self.read_file(name)
        except (OSError, ValueError) as failure:
            reason = getattr(failure, "strerror", None) or failure
            return self.gaps.mark(f"the file {label}, which cannot be read ({reason})").encode()


def is_curl(text: str) -> bool:
    """Whether a text is a curl command, by its beginning."""
    return _BEGINS.match(f"{text} ") is not None


def read(text: str, read_file: ReadFile | None = None) -> Captured:
    """Return the request that a command sends. Raises UnreadableError."""
    gaps = Gaps()
    found = [words for words in map(_from_curl_on, shell.commands(text, gaps)) if words]
    if not found:
        raise UnreadableError("There is no curl command in the text")
    if len(found) > 1:
        raise UnreadableError(f"The text holds {len(found)} curl commands; allowed: one at a time")
    command = _Command(gaps, read_file)
    _take(command, found[0][1:])
    return _captured(command)


def _from_curl_on(words: list[str]) -> list[str]:
    """Return a command without what stands before its program: a prompt, variables that are set, sudo."""
    at = next((place for place, word in enumerate(words) if _PROGRAM.fullmatch(word)), None)
    return words[at:] if at is not None else []


# options


def _take(command: _Command, words: Sequence[str]) -> None:
    left = deque(words)
    while left:
        word = left.popleft()
        if word == "--":
            command.values.setdefault("url", []).extend(left)
            return
        if word.startswith("--"):
            _take_long(command, word, left)
        elif word.startswith("-") and word != "-":
            _take_short(command, word[1:], left)
        else:
            _set(command, "url", word)


def _take_long(command: _Command, word: str, left: deque[str]) -> None:
    name = word[2:]
    wanted = name.removeprefix("no-")
    if wanted not in _KNOWN:
        if name.startswith("expand-"):
            raise UnreadableError(f"curl's {word} is not read here: curl fills values in")
        raise UnreadableError(f"curl has no option {shown(word)} that is known here")
    if name.startswith("no-"):
        command.flags.discard(wanted)
    else:
        _apply(command, wanted, None, left)


def _take_short(command: _Command, letters: str, left: deque[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _SHORT.get(letter)
        if name is None:
            raise UnreadableError(f"curl has no option {shown(f'-{letter}')} that is known here")
        if _takes_value(name):
            _apply(command, name, letters or None, left)
            return
        _apply(command, name, None, left)


def _takes_value(name: str) -> bool:
    return name in _VALUES or name in _FOR_REQUEST or name in _NOT_READ_OF_VALUE


def _apply(command: _Command, name: str, value: str | None, left: deque[str]) -> None:
    if name in _NOT_READ:
        raise UnreadableError(f"curl's --{name} is not read here: {_NOT_READ[name]}")
    if not _takes_value(name):
        command.flags.add(name)
        return
    if value is None and not left:
        raise UnreadableError(f"curl's --{name} wants a value, and the command ends there")
    _set(command, name, left.popleft() if value is None else value)


def _set(command: _Command, name: str, value: str) -> None:
    command.values.setdefault(name, []).append(value)
    if name in _DATA:
        piece = _piece(command, name, value)
        if command.data is None:
            command.data = bytearray()
        command.data += (b"&" if command.data and name != "json" else b"") + piece
    elif name in ("form", "form-string"):
        command.parts.append(_part(command, name, value))
    elif name == "url-query":
        command.queries.append(value[1:] if value.startswith("+") else _urlencoded(command, name, value).decode())


# the body


def _piece(command: _Command, name: str, value: str) -> bytes:
    how = _DATA[name]
    if how == "encoded":
        return _urlencoded(command, name, value)
    if not how or not value.startswith("@"):
        return shell.encoded(value)
    content = command.file(value[1:], name)
    return re.sub(rb"[\r\n\0]", b"", content) if how == "@text" else content


def _urlencoded(command: _Command, name: str, value: str) -> bytes:
    """Encode as --data-urlencode does: `content`, `=content`, `name=content`, `@file` or `name@file`."""
    found = re.match(r"([^=@]*)([=@])", value)
    label, mark = (found[1], found[2]) if found else ("", "")
    rest = value[found.end() :] if found else value
    content = command.file(rest, name) if mark == "@" else shell.encoded(rest)
    encoded = quote(content, safe="").replace("%20", "+").encode()
    return shell.encoded(f"{label}=") + encoded if label else encoded


def _part(command: _Command, option: str, value: str) -> bytes:
    name, equals, content = value.partition("=")
    if not equals:
        raise UnreadableError(f"curl's --{option} wants name=content, and has {shown(value[:20])}")
    of_file = option == "form" and content[:1] in ("@", "<")
    plain = re.sub(r";(?:type|filename|headers|encoder)=.*", "", content) if option == "form" else content
    body = command.file(plain[1:], option) if of_file else shell.encoded(plain)
    filename = f'; filename="{plain[1:]}"' if of_file and content[0] == "@" else ""
    head = f'Content-Disposition: form-data; name="{name}"{filename}'
    return shell.encoded(f"--{_BOUNDARY}\r\n{head}\r\n\r\n") + body + b"\r\n"


# the request


def _captured(command: _Command) -> Captured:
    uploaded = command.last("upload-file")
    bodies = [command.data is not None, bool(command.parts), uploaded is not None]
    if sum(bodies) > 1:
        raise UnreadableError("The command has data, a form and an upload at once; curl takes one of them")
    url, user = _address(command)
    body = _body(command, uploaded)
    headers = [*_own_headers(command, url, user, body), *_asked_headers(command)]
    if body is not None:
        headers.append(("Content-Length", str(len(body))))
    method = command.last("request") or _method(command, uploaded)
    found = tuple(command.gaps.found)
    return Captured(source="curl", method=method, url=url, headers=tuple(headers), body=body or b"", gaps=found)


def _method(command: _Command, uploaded: str | None) -> str:
    if "head" in command.flags:
        return "HEAD"
    if uploaded is not None:
        return "PUT"
    sends = command.parts or (command.data is not None and "get" not in command.flags)
    return "POST" if sends else "GET"


def _body(command: _Command, uploaded: str | None) -> bytes | None:
    if uploaded is not None:
        return command.file(uploaded, "upload-file")
    if command.parts:
        return b"".join(command.parts) + f"--{_BOUNDARY}--\r\n".encode()
    return None if "get" in command.flags or command.data is None else bytes(command.data)


def _address(command: _Command) -> tuple[str, str | None]:
    """Return the URL as curl asks for it, and the user whom it names."""
    urls = command.values.get("url", [])
    if len(urls) != 1:
        found = f"The command has {len(urls)} URLs" if urls else "The command has no URL"
        raise UnreadableError(f"{found}; allowed: one" + (" (is one of them not quoted?)" if urls else ""))
    _refuse_glob(command, urls[0])
    parts = _URL.fullmatch(urls[0].strip())
    scheme, authority, path, query = parts.groups() if parts else (None, "", "", None)
    user, _, host = authority.rpartition("@")
    if not host or re.search(r"\s", authority):
        raise UnreadableError(f"The URL {shown(urls[0][:60])} has no host")
    if "path-as-is" not in command.flags:
        path = _without_dots(path)
    target = command.last("request-target") or f"{path or '/'}{_query(command, query)}"
    url = f"{(scheme or 'http').lower()}://{host}{target}"
    try:
        urlsplit(url)
    except ValueError as broken:
        raise UnreadableError(f"The URL {shown(urls[0][:60])} is none: {broken}") from None
    return url, user or None


def _refuse_glob(command: _Command, url: str) -> None:
    # An address of IPv6 has brackets, and no pattern.
    if "globoff" not in command.flags and re.search(r"\{[^}]*\}|\[[^\]:]*-[^\]:]*\]", url):
        raise UnreadableError(f"The URL {shown(url[:60])} is a pattern for several; allowed: one URL")


def _without_dots(path: str) -> str:
    """Leave out `.` and `..`, as RFC 3986 §5.2.4 has it."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ended = segments[-1] in (".", "..")
    return "".join(f"/{each}" for each in kept) + ("/" if ended else "")


def _query(command: _Command, query: str | None) -> str:
    data = [command.data.decode("utf-8", "surrogateescape")] if "get" in command.flags and command.data else []
    more = "&".join((*data, *command.queries))
    asked = query if query and len(query) > 1 else ""
    return asked + (f"{'&' if asked else '?'}{more}" if more else "")


def _asked_headers(command: _Command) -> list[tuple[str, str]]:
    headers = []
    for line in command.values.get("header", []):
        if line.startswith("@"):
            headers.append(("", command.file(line[1:], "header").decode()))
            continue
        name, colon, value = line.partition(":")
        bare, semicolon, _ = line.partition(";")
        if colon and value.strip():
            headers.append((name.strip(), _multipart(command, name, value.strip())))
        elif not colon and semicolon:
            headers.append((bare.strip(), ""))
    return headers


def _multipart(command: _Command, name: str, value: str) -> str:
    of_form = command.parts and name.strip().lower() == "content-type"
    return f"{value}; boundary={_BOUNDARY}" if of_form else value


def _own_headers(command: _Command, url: str, user: str | None, body: bytes | None) -> list[tuple[str, str]]:
    """Return what curl adds by itself, but where the command gives or takes away a header of that name."""
    named_by_hand = {re.split("[:;]", line)[0].strip().lower() for line in command.values.get("header", [])}
    added = {
        "Host": urlsplit(url).netloc,
        "Authorization": _authorization(command, user),
        "User-Agent": command.last("user-agent") or "curl",
        "Accept": "application/json" if "json" in command.values else "*/*",
        "Accept-Encoding": "deflate, gzip" if "compressed" in command.flags else None,
        "Range": f"bytes={command.last('range')}" if command.last("range") else None,
        "Referer": (command.last("referer") or "").removesuffix(";auto") or None,
        "Cookie": _cookie(command),
        "Content-Type": _content_type(command) if body is not None else None,
    }
    return [(name, value) for name, value in added.items() if value and name.lower() not in named_by_hand]


def _authorization(command: _Command, user: str | None) -> str | None:
    bearer = command.last("oauth2-bearer")
    if bearer is not None:
        return f"Bearer {bearer}"
    if {"netrc", "netrc-optional"} & command.flags or command.last("netrc-file"):
        return command.gaps.mark("the user and password of a .netrc file")
    given = command.last("user") or user
    if given is None:
        return None
    whole = given if ":" in given else f"{given}:{command.gaps.mark('the password, which curl asks for')}"
    return f"Basic {base64.b64encode(shell.encoded(whole)).decode()}"


def _cookie(command: _Command) -> str | None:
    given = command.values.get("cookie", [])
    files = [each for each in given if "=" not in each]
    marks = [command.gaps.mark(f"the cookies of the file {shown(each)}") for each in files if each]
    return ";".join([each for each in given if "=" in each] + marks) or None


def _content_type(command: _Command) -> str | None:
    if command.parts:
        return f"multipart/form-data; boundary={_BOUNDARY}"
    if command.data is None:
        return None
    return "application/json" if "json" in command.values else _FORM
