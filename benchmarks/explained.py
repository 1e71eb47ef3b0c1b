"""How well `explain` works offline: each mistake, sent to the mock under the real names and read back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from benchmarks.figure import Figure
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.whole import Lent, explain_captured
from mock_servers.jose.keys import KeyRing
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.state.configuration import Configuration
from tests.mistakes.listed import APP, Mistake, World, alone, made

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from benchmarks.bench import Bench


class RealWorld(World):
    """A world whose platform answers under the real names; `last` is the exchange that was last made with it."""

    def __init__(self, ring: KeyRing, configuration: Configuration | None = None) -> None:
        super().__init__(ring, real=True, configuration=configuration)
        self.http = Client(self._recorded)
        self.last: Captured | None = None

    def _recorded(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        url, method = _url(environ), environ["REQUEST_METHOD"]  # the mounts of the platform change the path
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            started.append((status, headers))
            return start_response(status, headers, *more)

        answered = b"".join(self.platform(environ, start))
        ((status, headers),) = started
        answer = CapturedAnswer(status=int(status[:3]), headers=tuple(headers), body=answered)
        self.last = Captured(
            source="raw",
            method=method,
            url=url,
            headers=tuple(_headers(environ)),
            body=body,
            answer=answer,
        )
        return [answered]


def _url(environ: WSGIEnvironment) -> str:
    query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
    return f"https://{environ['HTTP_HOST']}{environ['PATH_INFO']}{query}"


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedMistake:
    """A mistake that was made in a request of a kind, the rule that refused it, and its offline explanation."""

    kind: str
    mistake: Mistake
    rule: str
    captured: Captured
    explanation: RequestExplanation

    @property
    def sure(self) -> list[str]:
        """The certain findings."""
        return [each.id for each in self.explanation.findings if each.certainty == "certain"]

    @property
    def is_found(self) -> bool:
        """Whether the mistake is found, by more than a possibility."""
        findings = self.explanation.findings
        return any(each.id == self.mistake.finding for each in findings if each.certainty != "possible")


def explained_all(world: RealWorld, *, with_keys: bool = False) -> Iterator[ExplainedMistake]:
    """Make each mistake by itself, and explain the exchange with nothing but what its text has, and maybe the keys."""
    for kind, mistakes in alone():
        made(world, kind, mistakes)
        record, captured = world.platform.exchanges.last, world.last
        if captured is None or record.refusal is None:
            raise LookupError(f"{mistakes[0].finding} in {kind} was not refused")
        keys = json.dumps(world.platform.apps.jwks(world.platform.apps.get(APP))).encode() if with_keys else None
        lent = Lent(at=world.now, keys=keys)
        explanation = explain_captured(captured, lent)
        yield ExplainedMistake(
            kind=kind, mistake=mistakes[0], rule=record.refusal.rule, captured=captured, explanation=explanation
        )


def figures(opened: Bench) -> list[Figure]:
    """Measure how well a request and its answer are explained offline."""
    ring = KeyRing(opened.keys)
    return [
        _figure("with its answer alone", list(explained_all(RealWorld(ring)))),
        _figure("with its answer and the app's key set", list(explained_all(RealWorld(ring), with_keys=True))),
    ]


def _figure(name: str, explained: list[ExplainedMistake]) -> Figure:
    sure = [(each.mistake.finding, found) for each in explained for found in each.sure]
    right = sum(1 for wanted, found in sure if wanted == found)
    recall = sum(each.is_found for each in explained) / len(explained)
    same = sum(each.rule in each.explanation.stopped_by for each in explained)
    return Figure(
        name=f"diagnosis offline: each mistake at a real host, {name}",
        measured=f"certain findings that are right {right} of {len(sure)}, recall {recall:.2f}",
        beside=f"the rule that refused is among those named in {same} of {len(explained)}",
        goal="every certain finding right, the rule always named",
        met=right == len(sure) and same == len(explained),
    )
