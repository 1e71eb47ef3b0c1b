"""Keeps the record of a request that the HTTP server itself refused: no service has seen it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mock_servers.journal.finding import Finding
from mock_servers.journal.journal import Journal
from mock_servers.journal.leaked_secret import misplaced
from mock_servers.journal.record import Examination, Record, RecordedError, request_shown, response_shown
from mock_servers.pipeline.parse import parsed
from mock_servers.state.store import Store
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import name

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

SERVICE: Final = "server"
"""The service of such a record."""
_STATE_UNREACHABLE: Final = "503"
_COMPRESSED: Final = "415"

FINDINGS: Final[Mapping[str, tuple[str, str, str]]] = {
    "400": (
        "not-an-http-request",
        "What came is no HTTP request as RFC 9112 defines it.",
        "Send the request with an HTTP client library, and let it set Host, Content-Length and Transfer-Encoding.",
    ),
    "405": (
        "not-a-proxy",
        "A client sends CONNECT to its proxy, and this port is none.",
        "Remove this URL from HTTPS_PROXY, or start the mock with `nhsauth run`, which sets up a proxy.",
    ),
    "408": (
        "request-too-slow",
        "The client opened a connection and did not finish its request in time.",
        "Send the whole body: Content-Length must not be larger than the number of bytes of the body.",
    ),
    "414": (
        "url-too-long",
        "A value stands in the URL that belongs in the body.",
        "Send tokens and assertions as form parameters in the body of a POST.",
    ),
    "415": (
        "compressed-body",
        "The client compresses its requests, and this server decompresses none.",
        "Turn off the compression of requests, and send the form as it is, without a Content-Encoding header.",
    ),
    "431": (
        "headers-too-large",
        "The headers are longer or more than servers take.",
        "Remove what does not belong there, such as cookies of other pages or a token that was added twice.",
    ),
    "501": (
        "transfer-encoding",
        "The only transfer encoding of a request is chunked.",
        "Send the body with a Content-Length, or with Transfer-Encoding: chunked alone.",
    ),
}
"""The finding for each status: its id, the usual cause, and the cure."""
_TLS: Final = {
    "This port speaks plain HTTP: say http:": (
        "tls-at-plain-port",
        "The URL begins with https, and the mock was started without TLS.",
        "Call the mock with http://, or start it with --tls.",
    ),
    "This port speaks TLS: say https": (
        "plain-at-tls-port",
        "The URL begins with http, and the mock was started with TLS.",
        "Call the mock with https://, or start it without --tls.",
    ),
}


def keep(journal: Journal, store: Store, now: float, said: tuple[str, str], environ: WSGIEnvironment) -> None:
    """Record a request and its answer, whose status line and text are `said`; nothing where the state is away."""
    status, text = said
    if status.startswith(_STATE_UNREACHABLE):
        return
    request = parsed({**environ, "wsgi.input": io.BytesIO()}, reads_body=True)
    code, sentence = status.partition(" ")[0], text.strip().rstrip(".")
    record = Record(
        at=now,
        service=SERVICE,
        method=request.method,
        path=request.target.partition("?")[0],
        status=int(code),
        request=request_shown(request),
        response=response_shown(Answer(status=int(code), body=text, headers={"connection": "close"})),
        sent={},
        refusal=RecordedError(code="", description=sentence, rule=SERVICE, evidence="I"),
        diagnosis=f"The mock's HTTP server refused the request: {sentence}." if journal.explains else None,
    )
    hidden = misplaced(request, store)
    encoding = name(environ["HTTP_CONTENT_ENCODING"]) if code == _COMPRESSED else ""
    if hidden:
        record.hide(hidden)
    if journal.explains:
        record.explain_with(lambda kept: _explained(kept, encoding))
    journal.counts.exchange(SERVICE, "", record.status, SERVICE, journal.counts.ticks())
    journal.add(record)
    journal.report(record)


def _explained(record: Record, encoding: str) -> Examination:
    sentence = record.error_description or ""
    known = _TLS.get(sentence) or FINDINGS.get(str(record.status))
    if known is None:
        return Examination()
    mistake, cause, cure = known
    is_certain = bool(encoding) or sentence in _TLS
    seen = f"The request has Content-Encoding: {encoding}." if encoding else f"The server answered: {sentence}."
    finding = Finding(id=mistake, certainty="certain" if is_certain else "likely", seen=seen, cause=cause, cure=cure)
    return Examination(headline=seen if is_certain else None, answer=finding.answer, findings=(finding,))
