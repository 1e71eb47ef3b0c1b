"""Files of observations: their form, how they grow, and what they show of the rows of the catalogue."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.observations import Answered, Day, Observation, ObservationsError, Predicted
from mock_servers.catalogue.observed import observed
from tools.pages import generate

pytestmark = pytest.mark.slow

INT = "int.api.service.nhs.uk"
CIS2 = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"


def entry(rule: str, plays: str = "platform", evidence: str = "") -> Entry:
    return next(
        each
        for each in entries()
        if each.plays == plays and any(rule == name for _, name in each.rules) and evidence in ("", each.error.evidence)
    )


def flow_of(each: Entry) -> str:
    return next(iter(each.rules.values()))[0]


def seen(each: Entry, count: int = 1, **changes: Any) -> Observation:
    """That a row was answered, by its only rule."""
    error = each.error
    reported = Answered(status=error.status, code=error.code, description=error.sentence)
    plain = Observation(
        flow=flow_of(each),
        rules=tuple(dict.fromkeys(name for _, name in each.rules)),
        predicted=None,
        answered=reported,
        wording="row",
        verdict="cannot_tell",
        count=count,
    )
    return replace(plain, **changes)


def instead(each: Entry, status: int, count: int = 1) -> Observation:
    """That something else was answered where a row was expected."""
    error = each.error
    reported = replace(observations.answered(status, "invalid_request", "What nobody knows", keeps=False))
    expected = Predicted(status=error.status, code=error.code, description=error.sentence)
    return seen(each, count, predicted=expected, answered=reported, wording="new", verdict="differs")


def day(date: str, *found: Observation, host: str = INT, environment: str = "int") -> Day:
    return Day(version=1, environment=environment, host=host, day=date, observations=found)


EXP = entry("check_client_assertion_exp_near")
GUESSES = (
    entry("check_client_assertion_begun"),
    entry("check_app_jwks_readable"),
    entry("check_assertion_near", "cis2"),
)


# what is shown of a row


def test_without_any_file_a_row_is_not_yet_observed() -> None:
    assert str(observed(EXP, ())) == "not yet observed"


def test_what_was_seen_and_never_otherwise_is_counted_by_days() -> None:
    days = [day(f"2026-11-{date}", seen(EXP, 5)) for date in (27, 29)] + [day("2026-12-01", seen(EXP, 4))]

    found = observed(EXP, days)

    assert str(found) == "seen 14 times in int on 3 days, last 2026-12-01; never otherwise"
    assert found.letter("S") == "O"


def test_one_day_settles_nothing() -> None:
    found = observed(EXP, [day("2026-12-01", seen(EXP, 14))])

    assert str(found) == "seen 14 times in int on 1 day, last 2026-12-01; never otherwise"
    assert found.letter("I") == "I"


def test_what_was_answered_otherwise_comes_first_and_settles_nothing() -> None:
    days = [day("2026-12-01", instead(EXP, 401), seen(EXP, 9)), day("2026-12-02", seen(EXP))]

    found = observed(EXP, days)

    assert str(found) == (
        "**answered otherwise** once in int on 1 day, last 2026-12-01, on one day alone so far: "
        "401 invalid_request: words that are new; seen 10 times in int on 2 days, last 2026-12-02"
    )
    assert found.letter("S") == "S"


def test_a_contradiction_of_two_days_outranks_any_source() -> None:
    days = [day(f"2026-12-0{date}", instead(EXP, 401, 3)) for date in (1, 2)]

    assert "6 times in int on 2 days, last 2026-12-02, which outranks any source" in str(observed(EXP, days))


def test_words_of_several_rules_prove_no_row() -> None:
    several = seen(EXP, rules=("check_client_assertion_exp_near", "find_app"))
    days = [day(f"2026-12-0{date}", several) for date in (1, 2)]

    found = observed(EXP, days)

    assert found.letter("I") == "I"
    assert str(found) == (
        "not yet observed; its words seen 2 times in int on 2 days, last 2026-12-02, by one of several rules"
    )


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "mock", "api.enterprise.apigee.com"])
def test_what_a_mock_answers_never_counts(host: str) -> None:
    assert str(observed(EXP, [day("2026-12-01", seen(EXP), host=host)])) == "not yet observed"


def test_an_answer_of_one_service_says_nothing_of_another() -> None:
    assert str(observed(EXP, [day("2026-12-01", seen(EXP), host=CIS2)])) == "not yet observed"


# the pages


def guesses_seen() -> Sequence[Day]:
    platform, keys, cis2 = GUESSES
    return [
        each
        for date in ("2026-12-01", "2026-12-02")
        for each in (
            day(date, seen(platform, 2), seen(keys, 3)),
            day(date, seen(cis2, 4), host=CIS2),
        )
    ]


def test_a_file_of_observations_settles_three_guesses_on_the_pages(tmp_path: Path) -> None:
    file = tmp_path / "int.json"
    file.write_text(observations.written(observations.merged(guesses_seen())), encoding="utf-8")

    before, after = generate.pages([]), generate.pages(observations.read(file))

    assert [each.error.evidence for each in GUESSES] == ["I", "I", "I"]
    settled = [after["errors/token-service.md"], after["errors/token-service.md"], after["errors/cis2.md"]]
    counts = ("seen 4 times", "seen 6 times", "seen 8 times")
    for each, page, times in zip(GUESSES, settled, counts, strict=True):
        text = f"· {each.error.row} · evidence **O**, observed in a real environment, on two days or more"
        assert f"{text}\n\n*Observed:* {times} in int on 2 days, last 2026-12-02; never otherwise\n" in page
    assert "**O**, observed" not in before["errors/token-service.md"]
    rows = [line for line in after["fidelity.md"].splitlines() if "| O |" in line]
    assert {line.split(" | ")[0].removeprefix("| ") for line in rows} == {"§3.22", "§3.19a", "CIS2 §5 token"}
    assert "Contradicted" not in after["fidelity.md"]


def test_what_contradicts_comes_first_on_the_pages() -> None:
    pages = generate.pages([*guesses_seen(), day("2026-12-01", instead(EXP, 401))])

    page, ledger = pages["errors/token-service.md"], pages["fidelity.md"]
    assert page.index("\n## ") == page.index(f"\n## {EXP.error.sentence}\n")
    assert ledger.index("## Contradicted by observations") < ledger.index("## Rows")
    contradicted = ledger.partition("## Contradicted by observations")[2].partition("## Rows")[0]
    text = f"| §3.15 | S | 400 invalid_request: {EXP.error.sentence} | 401 invalid_request: words that are new | "
    (line,) = [line for line in contradicted.splitlines() if line.startswith("| §")]
    assert line == f"{text}{observed(EXP, [day('2026-12-01', instead(EXP, 401))])} |"


# the files


def test_a_file_says_again_what_was_written(tmp_path: Path) -> None:
    days = observations.merged([*guesses_seen(), day("2026-12-01", instead(EXP, 401))])
    file = tmp_path / "several.json"

    observations.add_to(file, days)

    assert observations.read(file) == days
    jsonschema.validate(json.loads(file.read_text(encoding="utf-8")), observations.schema())
    assert [path.name for path in tmp_path.iterdir()] == ["several.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_file_and_its_lock_are_their_owners_alone_under_every_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "locks"))
    (tmp_path / "locks").mkdir()
    before = os.umask(0)
    try:
        observations.add_to(tmp_path / "one.json", [day("2026-12-01", seen(EXP))])
    finally:
        os.umask(before)

    files = [tmp_path / "one.json", *(tmp_path / "locks").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_one_host_and_day_is_one_object(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    observations.add_to(file, [day("2026-12-01", seen(EXP))])

    whole = json.loads(file.read_text(encoding="utf-8"))

    assert {name: value for name, value in whole.items() if name != "observations"} == {
        "version": 1,
        "environment": "int",
        "host": INT,
        "day": "2026-12-01",
    }
    jsonschema.validate(whole, observations.schema())


def test_a_file_grows_by_counting(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    for count in (2, 3):
        observations.add_to(file, [day("2026-12-01", seen(EXP, count), instead(EXP, 401))])

    (whole,) = observations.read(file)

    assert sorted(each.count for each in whole.observations) == [2, 5]


def test_several_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: observations.add_to(file, [day("2026-12-01", seen(EXP))]), range(24)))

    (whole,) = observations.read(file)

    assert [each.count for each in whole.observations] == [24]


GOOD: Mapping[str, Any] = json.loads(observations.written([day("2026-12-01", seen(EXP))]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"version": 2}, "version is 2; allowed: 1"),
        ({"day": "yesterday"}, "day is 'yesterday'; allowed: a date"),
        ({"host": "INT"}, "host is 'INT'; allowed: a host name in lower case"),
        ({"token": "x"}, "token is unknown"),
        ({"observations": [{**GOOD["observations"][0], "count": 0}]}, "observations[0].count is 0; allowed: a whole"),
        (
            {"observations": [{**GOOD["observations"][0], "answered": {"status": 400, "code": "eyJhbGciOi"}}]},
            "observations[0].answered.code is",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, change: Mapping[str, Any], expected: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({**GOOD, **change}), encoding="utf-8")

    with pytest.raises(ObservationsError) as failed:
        observations.read(file)

    assert str(failed.value).startswith(f"{file}: ")
    assert expected.replace("'", '"') in str(failed.value).replace("'", '"')
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**GOOD, **change}, observations.schema())


@pytest.mark.parametrize(
    ("text", "expected"), [("{", "is not JSON"), (None, "cannot be read (No such file or directory)")]
)
def test_a_file_that_is_none_is_said(tmp_path: Path, text: str | None, expected: str) -> None:
    file = tmp_path / "bad.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(ObservationsError, match=r"bad\.json") as failed:
        observations.read(file)

    assert expected in str(failed.value)


def test_a_file_that_holds_something_else_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"mine": true}', encoding="utf-8")

    with pytest.raises(ObservationsError):
        observations.add_to(file, [day("2026-12-01", seen(EXP))])

    assert file.read_text(encoding="utf-8") == '{"mine": true}'


def test_an_unknown_sentence_is_reported_by_length_and_hash() -> None:
    reported = asdict(observations.answered(400, "invalid_request", "No such person: 9912003071", keeps=False))

    assert (reported["description"], reported["description_length"]) == (None, 26)
    assert (
        reported["description_sha256"]
        == observations.answered(400, "x", "No such person: 1", keeps=False).description_sha256
    )
