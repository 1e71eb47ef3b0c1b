"""Writes the answers of a real environment to the contract tests, compared with the predicted ones."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.reach import CannotJudgeError
from contract_tests.wire import Answer, HttpRequest
from mock_servers.catalogue import observations
from mock_servers.catalogue.observations import Day, ObservationsError
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.traffic.comparison import compared

Keep = Callable[[HttpRequest, Answer], None]


@contextmanager
def observing(url: str, file: Path | None) -> Iterator[Keep]:
    """Yield a function for each request and its answer; at the end the file has the observations.

    Without a file nothing is kept. Raises CannotJudgeError for an unwritable file, and if the environment is a mock.
    """
    if file is None:
        yield lambda _, __: None
        return
    if "NHSAUTH_URL" in os.environ and os.environ.get("HTTPS_PROXY") == os.environ["NHSAUTH_URL"]:
        raise CannotJudgeError("HTTPS_PROXY is nhsauth run or watch, and a mock's answers are not observations")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    days: list[Day] = []

    def keep(request: HttpRequest, answer: Answer) -> None:
        found = compared(_captured(origin, request, answer))
        if found is not None:
            days.append(found)

    try:
        observations.check_writable(file)
        try:
            yield keep
        finally:
            observations.add_to(file, days)
    except ObservationsError as reason:
        raise CannotJudgeError(str(reason)) from None


def _captured(origin: str, request: HttpRequest, answer: Answer) -> Captured:
    return Captured(
        source="response",
        method=request.method,
        url=f"{origin}{request.path}",
        headers=tuple(request.headers.items()),
        body=request.body.encode(),
        answer=CapturedAnswer(
            status=answer.status, headers=tuple(answer.headers.items()), body=answer.text.encode(errors="replace")
        ),
    )
