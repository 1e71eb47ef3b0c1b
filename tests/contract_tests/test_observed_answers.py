"""`nhsauth contract --target int --observations FILE`: a mock under the real names plays the environment."""

from __future__ import annotations

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from benchmarks.explained import RealWorld
from contract_tests.breakage import Flow
from contract_tests.breakages import of_flow
from contract_tests.broken_request import ask
from contract_tests.credential import Credential
from contract_tests.jwts import RsaSigner
from contract_tests.observed_answers import observing
from contract_tests.reach import CannotJudgeError, OutOfReachError, UnpreparedError
from contract_tests.remote_target import RemoteTarget
from contract_tests.target import Kind
from contract_tests.wire import Answer, HttpRequest, Wire
from mock_servers.catalogue import observations
from mock_servers.jose.keys import KeyRing
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration
from tests.mistakes.listed import APP, REDIRECT, SECRET

URL = "https://int.api.service.nhs.uk/oauth2"
PING = HttpRequest(method="GET", path="/oauth2/_ping", headers={})
VERDICTS = ("same", "differs", "cannot_tell")


class World(RealWorld):
    """The environment, of today, and the app that asks it; without what only a mock accepts besides (`audiences`)."""

    def __init__(self, ring: KeyRing) -> None:
        super().__init__(ring, Configuration(apim=ApimSettings(audiences=())))
        self.platform.clock.set(float(int(time.time())), frozen=True)
        self.start = self.platform.snapshot()
        self.credential = Credential(
            client_id=APP,
            signer=RsaSigner(key=self.key.private),
            kid=self.key.kid,
            client_secret=SECRET["client_secret"],
            redirect_uri=REDIRECT,
            id_tokens={"cis2": self.id_token(), "nhs_login": self.id_token("nhs_login")},
        )

    def answer(self, request: HttpRequest) -> Answer:
        """Answer in process, as the wire would bring it."""
        reported = self.http.open(
            request.path,
            method=request.method,
            base_url="https://int.api.service.nhs.uk",
            headers=dict(request.headers),
            data=request.body,
        )
        headers = {name.lower(): value for name, value in reported.headers.items()}
        return Answer(
            status=reported.status_code, headers={**headers, "date": formatdate(self.now)}, text=reported.text
        )


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> World:
    return World(ring)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead to no mock."""
    for name in ("NHSAUTH_URL", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def remote(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The environment in the place of the network."""
    monkeypatch.setattr(Wire, "send", lambda _, request: world.answer(request))
    monkeypatch.setattr("contract_tests.remote_target.time.time", lambda: world.now)
    return world


def asked(target: RemoteTarget) -> int:
    """Ask all that can be asked; return how much that was."""
    count = 0
    for flow in Flow:
        for breakage in of_flow(flow):
            try:
                ask(target, flow, breakage)
            except (OutOfReachError, UnpreparedError):
                continue
            count += 1
    return count


@pytest.mark.slow
def test_what_the_contract_tests_ask_of_an_environment_like_ours_never_differs(remote: World, tmp_path: Path) -> None:
    file = tmp_path / "int.json"
    with (
        observing(URL, file) as keep,
        RemoteTarget("int", URL, remote.credential, Kind.ENVIRONMENT, keep=keep) as target,
    ):
        count = asked(target)

    (day,) = observations.read(file)
    counts = {verdict: sum(each.count for each in day.observations if each.verdict == verdict) for verdict in VERDICTS}
    assert count > 100
    assert sum(counts.values()) >= count
    assert [each for each in day.observations if each.verdict == "differs" or each.wording == "new"] == []
    assert counts["same"] > counts["cannot_tell"]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    with observing(URL, None) as keep:
        keep(PING, Answer(status=200, headers={}, text=""))

    assert [*tmp_path.iterdir()] == []


def test_where_the_environment_reaches_a_mock_nothing_is_observed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NHSAUTH_URL", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:8080")

    with pytest.raises(CannotJudgeError, match="a mock's answers are not observations"), observing(URL, tmp_path / "x"):
        pytest.fail("it was asked")


def test_a_file_that_holds_something_else_is_reported_of_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "int.json").write_text("[1]", encoding="utf-8")

    with (
        pytest.raises(CannotJudgeError, match=r"int\.json: \[0\] is 1; allowed: an object"),
        observing(URL, tmp_path / "int.json"),
    ):
        pytest.fail("it was asked")


def test_what_was_observed_until_the_end_of_a_broken_run_is_written(remote: World, tmp_path: Path) -> None:
    file = tmp_path / "int.json"

    def broken() -> None:
        with observing(URL, file) as keep:
            keep(PING, remote.answer(PING))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()

    assert len(observations.read(file)[0].observations) == 1
