"""What `--observations` writes, what settings and pages it calls for, and that nothing of anybody stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.explained import RealWorld
from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.observations import Day
from mock_servers.command_line.commands import nhsauth
from mock_servers.command_line.exit import Misuse
from mock_servers.command_line.observations import ObservationCollector
from mock_servers.explain import confidential
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.reading.captured import Captured
from mock_servers.settings.sections import ApimSettings, ProviderSettings
from mock_servers.state.configuration import Configuration
from mock_servers.state.person import READY_MADE
from tests.mistakes.listed import GOOD, MISTAKES, SECRET, Draft, alone, made

NOW = 1_800_000_000.0
NOW_TEXT = "2027-01-15T08:00:00Z"
TODAY = "2027-01-15"
MEMBERS = ("refresh_token_expires_in", "issued_token_type", "id_token.authentication_assurance_level")


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> RealWorld:
    return RealWorld(ring)


def command(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(nhsauth, [*map(str, arguments)], input=stdin)


def exchange(world: RealWorld, kind: str, finding: str | None = None, **form: str) -> Captured:
    """One exchange of a kind: a good one, or with a mistake or more fields."""
    world.again()
    draft = GOOD[kind](world)
    if finding is not None:
        next(each for each in MISTAKES if each.finding == finding and kind in each.kinds).make(draft)
    draft.form.update(form)
    draft.send()
    assert world.last is not None
    return world.last


def as_har(*exchanges: Captured) -> str:
    entries = []
    for each in exchanges:
        assert each.answer is not None
        headers = [{"name": name, "value": value} for name, value in each.headers]
        lines = [{"name": name, "value": value} for name, value in each.answer.headers]
        body = {"mimeType": each.header("content-type"), "text": each.body.decode()}
        request = {"method": each.method, "url": each.url, "headers": headers, "postData": body}
        answer = {"status": each.answer.status, "headers": lines, "content": {"text": each.answer.body.decode()}}
        entries.append({"startedDateTime": "2027-01-15T08:00:00Z", "request": request, "response": answer})
    return json.dumps({"log": {"entries": entries}})


# explain


def test_a_har_file_becomes_a_file_of_observations(world: RealWorld, tmp_path: Path) -> None:
    har, file = tmp_path / "day.har", tmp_path / "int.json"
    har.write_text(as_har(exchange(world, "client_credentials"), exchange(world, "client_credentials", "typ-missing")))

    result = command("explain", f"@{har}", "--at", NOW_TEXT, "--observations", file)

    lines = result.stderr.splitlines()
    assert result.exit_code == 1
    assert lines[0] == "Compared with what we would have said: 2 same, 0 differs, 0 cannot tell"
    assert lines[-1] == f"{file} has it, without any value."
    (day,) = observations.read(file)
    assert (day.environment, day.host) == ("int", "int.api.service.nhs.uk")
    assert {each.verdict for each in day.observations} == {"same"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("explain", "eyJhbGciOiJub25lIn0.e30.", "--observations", "x.json"), "--observations goes with requests"),
        (("explain", "Missing client_assertion", "--observations", "x.json"), "an answer alone shows no rule"),
        (("explain", "curl https://int.api.service.nhs.uk/oauth2/token", "--unknown-sentences"), "is for --observ"),
        (("watch", "--unknown-sentences"), "--unknown-sentences is for --observations"),
        (("watch", "--production", "--observations", "x.json"), "--production writes no file"),
        (("config", "suggest"), "No file of observations is named"),
    ],
)
def test_what_cannot_be_asked_is_misuse(
    arguments: tuple[str, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mock_servers.command_line.logs.set_up", lambda **_: None)  # it is for a process of its own

    result = command(*arguments)

    assert (result.exit_code, expected in result.stderr) == (2, True), result.stderr
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_holds_something_else_is_reported_of_before_anything_is_compared(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text("[1]")

    with pytest.raises(Misuse, match=r"mine\.json"):
        ObservationCollector(file)
    with pytest.raises(Misuse, match="there is no such folder"):
        ObservationCollector(tmp_path / "none" / "int.json")


def test_what_is_reached_on_this_machine_is_reported_by_its_address(world: RealWorld) -> None:
    observing = ObservationCollector(None, elsewhere={"int.api.service.nhs.uk": "127.0.0.1:9443"})

    observing.record(exchange(world, "client_credentials"), Lent(at=NOW))

    assert [each.host for each in observing.days] == ["127.0.0.1:9443"]


# nothing of anybody

OURS = " ".join(
    text
    for entry in entries()
    for text in (
        entry.error.code,
        entry.error.sentence,
        *(rule for _, rule in entry.rules),
        "error_description",
        *MEMBERS,
    )
)
"""The catalogue's own words, and the names of members, which may stand in a file."""


def everything(world: RealWorld) -> Iterator[Captured]:
    for kind in GOOD:
        yield exchange(world, kind)
    for kind, mistakes in alone():
        made(world, kind, mistakes)
        assert world.last is not None
        yield world.last


def values_in(text: str) -> set[str]:
    """What of an answer is somebody's: tokens, their claims, ids."""
    found = set(re.findall(r"[A-Za-z0-9._~+/=-]{16,}", text))
    claims = [jwt.claims for each in found if (jwt := jwts.decoded(each)) is not None]
    return found | {str(value) for each in claims for value in each.values() if len(str(value)) > 5}


def test_the_report_of_a_run_full_of_secrets_and_people_holds_none(world: RealWorld, tmp_path: Path) -> None:
    file, exchanges = tmp_path / "int.json", list(everything(world))
    leaky = exchange(world, "client_credentials", "typ-missing")
    body = {"error": "invalid_request", "error_description": "Sorry, TEST User of 9912003071: $SECRET nhsauth-secret"}
    assert leaky.answer is not None
    exchanges.append(replace(leaky, answer=replace(leaky.answer, body=json.dumps(body).encode())))
    observing = ObservationCollector(file)

    for each in exchanges:
        observing.record(each, Lent(at=NOW))
    lines: list[str] = []
    observing.finish(lines.append)

    written = file.read_text(encoding="utf-8")
    whole = "\n".join([written, *lines])
    known = {*confidential.values_of(exchanges), *SECRET.values(), *(person.id for person in READY_MADE)}
    known |= {name for person in READY_MADE for name in (person.given_name, person.family_name) if name}
    for each in exchanges:
        assert each.answer is not None
        known |= values_in(each.answer.body.decode()) | values_in(each.answer.header("location"))
    assert len(known) > 200
    assert {
        value for value in known if value not in OURS and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", whole)
    } == set()


# which settings it calls for


def suggested(days: tuple[Day, ...], tmp_path: Path) -> str:
    tmp_path.mkdir()
    file = tmp_path / "seen.json"
    observations.add_to(file, days)
    result = command("config", "suggest", file)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def days_of(*exchanges: Captured) -> tuple[Day, ...]:
    observing = ObservationCollector(None)
    for each in exchanges:
        observing.record(each, Lent(at=NOW))
    return observing.days


@pytest.mark.parametrize(
    ("configuration", "kind", "change", "expected"),
    [
        (
            Configuration(apim=ApimSettings(strict_content_type=True)),
            "client_credentials",
            lambda draft: setattr(draft, "content_type", "application/x-www-form-urlencoded; charset=utf-8"),
            "[apim]\nstrict_content_type = true",
        ),
        (
            Configuration(apim=ApimSettings(insufficient_scope_status=401)),
            "api",
            lambda draft: draft.headers.update(Authorization=f"Bearer {application_token(draft)}"),
            "[apim]\ninsufficient_scope_status = 401",
        ),
        (
            Configuration(apim=ApimSettings(sandbox_unknown_client=True)),
            "client_credentials",
            lambda draft: draft.claims.update(iss="nobody-here", sub="nobody-here"),
            "[apim]\nsandbox_unknown_client = true",
        ),
        (
            Configuration(cis2=ProviderSettings(assurance_levels="string")),
            "cis2",
            lambda _: None,
            '[cis2]\nassurance_levels = "string"',
        ),
        (
            Configuration(cis2=ProviderSettings(unusable_code="ancestor")),
            "cis2",
            lambda draft: draft.form.update(code="w4xoW3AX9H42RAuPq4IpfSUABPo"),
            '[cis2]\nunusable_code = "ancestor"',
        ),
        (
            Configuration(cis2=ProviderSettings(foreign_assertion="ancestor")),
            "cis2",
            lambda draft: draft.form.update(client_id="another-client"),
            '[cis2]\nforeign_assertion = "ancestor"',
        ),
        (
            Configuration(cis2=ProviderSettings(scope_at_token="refuse")),
            "cis2",
            lambda draft: draft.form.update(scope="openid"),
            '[cis2]\nscope_at_token = "refuse"',
        ),
        (
            Configuration(nhs_login=ProviderSettings(strict_authorize=True)),
            "nhs_login",
            lambda draft: without_state(draft, "openid"),
            "[nhs_login]\nstrict_authorize = true",
        ),
    ],
    ids=lambda each: each.replace("\n", " ") if isinstance(each, str) else "",
)
def test_a_guess_that_has_a_setting_is_contradicted_by_an_observation(
    ring: KeyRing,
    tmp_path: Path,
    configuration: Configuration,
    kind: str,
    change: Callable[[Draft], None],
    expected: str,
) -> None:
    altered, ours = RealWorld(ring, configuration), RealWorld(ring)
    seen = []
    for world in (altered, ours):
        draft = GOOD[kind](world)
        change(draft)
        draft.send()
        assert world.last is not None
        seen.append(days_of(world.last))

    assert (
        suggested(seen[0], tmp_path / "altered")
        == f"{expected}  # observed once in {environment(seen[0])}, last {TODAY}\n"
    )
    assert suggested(seen[1], tmp_path / "ours") == "# What was observed calls for no setting.\n"


def environment(days: tuple[Day, ...]) -> str:
    return days[0].environment


def application_token(draft: Draft) -> str:
    return str(GOOD["client_credentials"](draft.world).send().get_json()["access_token"])


def without_state(draft: Draft, scope: str) -> None:
    """Ask NHS login for a log-in without a state."""
    draft.method, draft.path, draft.key = "GET", "/authorize", None
    draft.query = {
        "client_id": "nhsauth-app",
        "redirect_uri": "https://app.example/callback",
        "response_type": "code",
        "scope": scope,
        "nonce": "once",
    }


def test_without_a_file_those_of_the_configuration_are_read(
    world: RealWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observations.add_to(tmp_path / "int.json", days_of(exchange(world, "client_credentials", "typ-missing")))
    (tmp_path / "nhsauth.toml").write_text('[evidence]\nobservations = ["int.json"]\n')
    monkeypatch.chdir(tmp_path)

    errors, suggest = command("errors", "Invalid 'typ' header in client_assertion"), command("config", "suggest")

    assert "  observed seen once in int on 1 day, last 2027-01-15; never otherwise\n" in errors.stdout
    assert suggest.stdout == "# What was observed calls for no setting.\n"


def test_without_any_file_nothing_is_reported_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = command("errors", "Invalid 'typ' header in client_assertion", "--json")

    assert [each for each in json.loads(result.stdout) if "observed" in each] == []
