"""What a server counts: in one process, and in several that share a folder, of which some are killed."""

import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import Client

from mock_servers.journal import shared_counts
from mock_servers.journal.counts import BUCKETS, DEATHS, DURATIONS, EXCHANGES, FAULTS, FINDINGS, NANOSECONDS, Counts
from mock_servers.journal.shared_counts import SharedCounts
from mock_servers.mock import Mock
from mock_servers.state.fault import Fault
from mock_servers.state.table import UnusableStateError

EXCHANGE = ("oauth2", "token-exchange", 400, "check_kid_present")


def test_an_exchange_is_counted_with_its_duration() -> None:
    counts = Counts(ticks=iter([4_000_000, 7_000_000]).__next__)

    counts.exchange(*EXCHANGE, counts.ticks())

    bucket = BUCKETS.index(0.005)
    assert counts.totals() == {
        (EXCHANGES, *EXCHANGE): 1,
        (DURATIONS, "oauth2", bucket): 1,
        (NANOSECONDS, "oauth2"): 3_000_000,
    }


@pytest.mark.parametrize(
    ("nanoseconds", "bucket"), [(0, 0), (1_000_000, 0), (1_000_001, 1), (10**10, 12), (10**10 + 1, 13)]
)
def test_a_bound_is_in_its_bucket(nanoseconds: int, bucket: int) -> None:
    counts = Counts(ticks=lambda: nanoseconds)

    counts.exchange(*EXCHANGE, 0)

    assert counts.totals()[DURATIONS, "oauth2", bucket] == 1


def test_each_kind_is_counted_by_its_labels() -> None:
    counts = Counts()

    counts.finding("certain", "exp-too-far")
    counts.finding("certain", "exp-too-far")
    counts.finding("likely", "exp-too-far")
    counts.fault("status", "token")
    counts.death()

    assert counts.totals() == {
        (FINDINGS, "certain", "exp-too-far"): 2,
        (FINDINGS, "likely", "exp-too-far"): 1,
        (FAULTS, "status", "token"): 1,
        (DEATHS,): 1,
    }


@pytest.fixture
def asked(platform: Mock, http: Client) -> Mock:
    """A mock that has answered: a token request, a refused one, discovery, and one that met a fault."""

    def post(**form: str) -> None:
        http.post("/oauth2/token", data=form, base_url=platform.url).close()

    post(grant_type="password")
    http.get("/realms/Cis2-mock-internal-dev/.well-known/openid-configuration", base_url=platform.url).close()
    platform.faults.order(Fault(on="token", do="status", status=503))
    post(grant_type="password")
    return platform


def test_a_mock_counts_its_exchanges_those_that_its_journal_leaves_out_included(asked: Mock) -> None:
    counted = {
        series[1:]: number for series, number in asked.exchanges.counts.totals().items() if series[0] == EXCHANGES
    }

    assert counted == {
        ("oauth2", "grant-type-unsupported", 400, "check_grant_type_supported"): 1,
        ("oauth2", "grant-type-unsupported", 503, "fault"): 1,
        ("Cis2-mock-internal-dev", "discovery", 200, ""): 1,
    }


def test_a_mock_counts_its_faults_and_findings(asked: Mock) -> None:
    for record in asked.exchanges:
        record.examination()
        record.examination()

    counted = asked.exchanges.counts.totals()
    assert counted[FAULTS, "status", "token"] == 1
    assert {series[1:]: number for series, number in counted.items() if series[0] == FINDINGS} == {
        ("likely", "grant-type"): 1
    }


def test_worlds_count_with_their_server(platform: Mock, http: Client) -> None:
    assert platform.worlds is not None
    platform.worlds.create("team-a")

    http.get("/_worlds/team-a/hello-world/hello/world", base_url=platform.url).close()

    assert platform.exchanges.counts.totals()[EXCHANGES, "gateway", "hello-world", 200, ""] == 1


# several processes

KILLED = """
import os, signal, sys
from pathlib import Path
from mock_servers.journal.shared_counts import SharedCounts

counts = SharedCounts(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    counts.fault("drop", "token")
print(len(counts.totals()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path, times: int) -> None:
    """Let a process count, and be killed at once."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(times)], capture_output=True, check=False)  # noqa: S603 - our own program

    assert done.stdout == b"1\n", done.stderr.decode()


def test_each_process_reads_what_all_have_counted(tmp_path: Path) -> None:
    one, other = SharedCounts(tmp_path), SharedCounts(tmp_path)

    one.finding("certain", "x")
    other.fault("drop", "token")
    other.finding("certain", "x")

    assert one.totals() == other.totals() == {(FINDINGS, "certain", "x"): 2, (FAULTS, "drop", "token"): 1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no workers, and no SIGKILL")
def test_what_a_killed_process_has_counted_stays_and_the_next_one_counts_on_in_its_file(tmp_path: Path) -> None:
    living = SharedCounts(tmp_path)
    living.fault("drop", "token")

    killed(tmp_path, 30)
    killed(tmp_path, 12)

    assert living.totals() == {(FAULTS, "drop", "token"): 43}
    assert len(list(tmp_path.glob("*.counts"))) == 2


def test_a_name_that_was_not_written_to_its_end_is_none(tmp_path: Path) -> None:
    counts = SharedCounts(tmp_path)
    counts.fault("drop", "token")
    counts._memory[counts._end : counts._end + 60] = b'["faults", "a process was killed while it wrote this down, "'  # noqa: SLF001 - as a process leaves it that is killed
    counts._lock.release()  # noqa: SLF001 - as a process leaves it that is killed

    following = SharedCounts(tmp_path)
    following.fault("delay", "api")

    assert following.totals() == {(FAULTS, "drop", "token"): 1, (FAULTS, "delay", "api"): 1}
    assert len(list(tmp_path.glob("*.counts"))) == 1


def test_more_series_than_there_is_room_for_are_not_counted_and_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_MOST", 4)
    counts = SharedCounts(tmp_path)

    for number in range(9):
        counts.finding("certain", str(number))
    counts.finding("certain", "0")

    assert counts.totals() == {
        (FINDINGS, "certain", "0"): 2,
        (FINDINGS, "certain", "1"): 1,
        (FINDINGS, "certain", "2"): 1,
    }


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    folder.touch()

    with pytest.raises(UnusableStateError, match=r"^The counts in .*nowhere cannot be written: .+"):
        SharedCounts(folder)
