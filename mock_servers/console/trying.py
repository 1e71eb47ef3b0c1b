"""The page on which a flow is tried, step by step, with real requests: correct ones, and ones with a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import flask

from mock_servers.commands import powershell, shell
from mock_servers.commands.command import Code
from mock_servers.console import javascript, python_code, runs
from mock_servers.console.flows import FLOWS, Chosen, Step, steps
from mock_servers.console.mistakes import At, mistakes
from mock_servers.console.runs import Run, Taken
from mock_servers.console.sending import TOKENS, send
from mock_servers.console.visit import Visit
from mock_servers.control import exchange_page
from mock_servers.control.problems import ProblemError
from mock_servers.jose import jwts
from mock_servers.journal import provenance
from mock_servers.journal.decoded_jwt import taken_apart
from mock_servers.pages.journal import ExchangePage, JwtPart
from mock_servers.provider.providers import PROVIDERS, title_of
from mock_servers.state.grant import fingerprint
from mock_servers.state.person import LEVELS, Person
from mock_servers.state.registration import NoSuchAppError
from mock_servers.wire.wording import cut, duration, printable

_WRITERS: Final = {
    "curl": shell.script,
    "PowerShell": powershell.script,
    "Python": python_code.script,
    "JavaScript": javascript.script,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """Why there is no such run, and the field of the form that says so; none for one of radio buttons."""

    sentence: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """A value that a step gave: cut, or whole after a click; its JWT, and how long it is good."""

    name: str
    shown: str
    jwt: JwtPart | None
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A step on the page: `code` by language, which step comes `first`, what it may be broken by, what came of it."""

    step: Step
    code: Mapping[str, str]
    first: int | None
    mistakes: Mapping[str, str]
    taken: Taken | None = None
    values: Sequence[_Value] = ()
    is_whole: bool = False
    broken_code: Mapping[str, str] | None = None
    about_mistake: str = ""
    exchange: ExchangePage | None = None
    why: str = ""


def show(visit: Visit) -> flask.Response:
    """Show the run of this browser, or the form that begins one, filled in by a link."""
    query = visit.request.query
    if "flow" in query:
        return _form(visit, {name: query.get(name, "") for name in ("flow", "user", "client_id", "level")})
    run = runs.read(visit)
    if run is None:
        return _form(visit, {})
    if run.whole:
        runs.keep(visit, replace(run, whole=""))
    return _run(visit, run)


def begin(visit: Visit) -> flask.Response:
    """Begin a run."""
    form = visit.form
    run = Run(
        flow=form.get("flow", ""),
        client_id=form.get("client_id", ""),
        user=form.get("user", ""),
        level=form.get("level", ""),
    )
    problem = _problem(visit, run)
    if problem:
        return _form(visit, form, problem, status=400)
    runs.keep(visit, run)
    return visit.go("/try")


def act(visit: Visit) -> flask.Response:
    """Send a step, correct or broken; show whole values; or end the run: by the button that was pressed."""
    run, word = runs.read(visit), visit.form.get("do", "send")
    if word == "end" or run is None or _problem(visit, run):
        runs.forget(visit)
        return visit.go("/try")
    step = next((each for each in _steps(visit, run) if each.word == visit.form.get("step")), None)
    if step is None:
        raise ProblemError(404, "This flow has no such step: open the page again.")
    if word == "show":
        runs.keep(visit, replace(run, whole=step.word))
    else:
        runs.keep(visit, _sent(visit, run, step, word))
    return visit.go(f"/try#step-{step.word}")


def _sent(visit: Visit, run: Run, step: Step, word: str) -> Run:
    """Send a step, and return the run after it."""
    mistake = mistakes(step, _at(visit)).get(visit.form.get("mistake", "")) if word == "break" else None
    if word == "break" and mistake is None:
        raise ProblemError(404, "This step has no such mistake: open the page again.")
    sent = step if mistake is None else mistake.step
    if missing := _missing(sent, run):
        raise ProblemError(409, f"This step needs a value that you do not have yet: {', '.join(missing)}.")
    try:
        outcome = send(visit, sent, run.values)
    except ProblemError as problem:
        return run.after(Taken(step=step.word, status=0, shown="", is_refusal=True, problem=problem.detail), {}, ())
    taken = Taken(
        step=step.word,
        mistake=mistake.word if mistake is not None else "",
        status=outcome.status,
        shown=outcome.shown,
        is_refusal=outcome.is_refusal,
        exchanges=outcome.exchanges,
    )
    return run.after(taken, outcome.values, step.gives)


def _problem(visit: Visit, run: Run) -> _Problem | None:
    """Say why there is no such run; `None` if there is."""
    if run.flow not in FLOWS:
        return _Problem(sentence="Choose a flow.")
    try:
        app = visit.request.platform.apps.get(run.client_id)
    except NoSuchAppError as unknown:
        return _Problem(field="client_id", sentence=str(unknown))
    if run.flow == "application":
        return None
    if not app.redirect_uris:
        sentence = f"{app.name} has no redirect URI, which a log-in needs: add one on its page."
        return _Problem(field="client_id", sentence=sentence)
    return _problem_of_person(run, _person(visit, run))


def _problem_of_person(run: Run, who: Person | None) -> _Problem | None:
    wanted = [each for each in PROVIDERS if run.flow in ("combined", each.name)]
    if who is None or who.provider not in [each.name for each in wanted]:
        name = printable(run.user) if who is None else f"{who.given_name} {who.family_name.title()}"
        places = " or ".join(each.title for each in wanted)
        return _Problem(field="user", sentence=f"{name} has no account at {places}: choose somebody else.")
    if run.level and run.level not in LEVELS[who.provider]:
        levels = ", ".join(LEVELS[who.provider]).upper()
        sentence = f"{title_of(who.provider)} has no level {printable(run.level).upper()}: choose one of {levels}."
        return _Problem(field="level", sentence=sentence)
    return None


def _too_high(run: Run, who: Person | None) -> str:
    """Say that the person does not reach the level chosen; empty if they do."""
    levels = [each.lower() for each in LEVELS[who.provider]] if who is not None else []
    if who is None or not run.level or levels.index(who.level.lower()) <= levels.index(run.level.lower()):
        return ""
    return f"{who.given_name} reaches {who.level.upper()} at most; this request needs {run.level.upper()}."


def _person(visit: Visit, run: Run) -> Person | None:
    people = visit.request.platform.store.people
    return next((found for each in PROVIDERS if (found := people.get((each.name, run.user))) is not None), None)


def _steps(visit: Visit, run: Run) -> Sequence[Step]:
    platform = visit.request.platform
    chosen = Chosen(
        platform=platform,
        base=visit.request.base,
        app=platform.apps.get(run.client_id),
        who=None if run.flow == "application" else _person(visit, run),
        level=run.level,
    )
    return steps(run.flow, chosen)


def _form(
    visit: Visit, values: Mapping[str, str], problem: _Problem | None = None, *, status: int = 200
) -> flask.Response:
    people = visit.read("/users")
    return visit.page(
        "try_form.html",
        "Try",
        status=status,
        flows=FLOWS,
        apps=visit.read("/apps"),
        people={each.title: [person for person in people if person["provider"] == each.name] for each in PROVIDERS},
        levels={title_of(name): levels for name, levels in LEVELS.items()},
        values=values,
        problem=problem,
    )


def _run(visit: Visit, run: Run) -> flask.Response:
    problem = _problem(visit, run)
    if problem:
        return _form(visit, {}, problem)
    now = visit.request.platform.clock.now()
    all_steps = _steps(visit, run)
    shown = [_shown(visit, run, step, all_steps, now) for step in all_steps]
    people = _person(visit, run) if run.flow != "application" else None
    return visit.page("try.html", "Try", run=run, flow=FLOWS[run.flow], steps=shown, person=people)


def _shown(visit: Visit, run: Run, step: Step, all_steps: Sequence[Step], now: float) -> _Shown:
    whole, missing = run.whole == step.word, _missing(step, run)
    numbered = enumerate(all_steps, 1)
    taken = run.taken.get(step.word)
    possible = mistakes(step, _at(visit))
    exchange = _exchange(visit, taken) if taken is not None else None
    is_log_in = isinstance(step.request, Code) and taken is not None and not taken.mistake
    level = _too_high(run, _person(visit, run)) if is_log_in else ""
    broken = possible.get(taken.mistake) if taken is not None and taken.mistake else None
    given = run.given.get(step.word, {})
    return _Shown(
        step=step,
        code=_code(visit, step),
        first=next((number for number, each in numbered if set(each.gives) & set(missing)), None),
        mistakes={each.word: each.about for each in possible.values() if not _missing(each.step, run)},
        taken=taken,
        values=[_value(visit, name, given[name], now, whole=whole) for name in (*TOKENS, "code") if name in given],
        is_whole=whole,
        broken_code=_code(visit, broken.step) if broken is not None else None,
        about_mistake=broken.about if broken is not None else "",
        exchange=exchange,
        why=level or (exchange.why.headline or "" if exchange is not None else ""),
    )


def _missing(step: Step, run: Run) -> list[str]:
    """Return the values of earlier steps that a step lacks."""
    return [name for name in step.needs if name not in run.values]


def _at(visit: Visit) -> At:
    platform = visit.request.platform
    return At(platform.clock.now(), platform.configuration.apim.environment)


def _code(visit: Visit, step: Step) -> dict[str, str]:
    """Return the commands of a step in each language."""
    control, takes_token = visit.request.control, not visit.request.access.is_open
    return {name: write(control, step.commands, takes_token=takes_token) for name, write in _WRITERS.items()}


def _exchange(visit: Visit, taken: Taken) -> ExchangePage | None:
    """Return the last exchange of a step, as far as the journal keeps it."""
    platform = visit.request.platform
    for number in reversed(taken.exchanges):
        record = platform.exchanges.find(str(number))
        if record is not None:
            return exchange_page.exchange_page(platform, record, visit.request.base, visit.request.control)
    return None


def _value(visit: Visit, name: str, value: str, now: float, *, whole: bool) -> _Value:
    issued = provenance.recognise(visit.request.platform.store, fingerprint(value))
    jwt = jwts.decoded(value) if value.count(".") == 2 else None  # noqa: PLR2004 - RFC 7515, section 3.1
    expires_at: Any = issued.expires_at if issued is not None else None
    if jwt is not None and expires_at is None:
        expires_at = jwt.claims.get("exp")
    return _Value(
        name=name,
        shown=value if whole else cut(value),
        jwt=exchange_page.jwt_part(taken_apart(jwt, now)) if jwt is not None else None,
        left=_left(issued.spent_at if issued is not None else None, expires_at, now),
    )


def _left(spent_at: float | None, expires_at: object, now: float) -> str:
    if spent_at is not None:
        return "used up"
    if not isinstance(expires_at, int | float):
        return ""
    return (
        f"valid for {duration(expires_at - now)}" if expires_at > now else f"expired {duration(now - expires_at)} ago"
    )
