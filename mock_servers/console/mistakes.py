"""The mistakes that a step can be sent with: those of the catalogue that one edit makes, and each part left out.

An id is that of the finding that recognises the mistake; its words are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mock_servers.commands.command import Asked, Command, Sent, Value, Variable
from mock_servers.console.flows import Step
from mock_servers.diagnosis.table import FINDERS
from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.real_host import HOSTS

_TOKEN_PATH: Final = "/oauth2/token"


@dataclass(frozen=True, slots=True)
class At:
    """When a mistake is made, by the mock's clock, and in which environment of the platform."""

    now: float
    environment: str


Edit = Callable[[Step, At], "Step | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A mistake, by its word, and the step that makes it."""

    word: str
    about: str
    step: Step


def mistakes(step: Step, at: At) -> dict[str, Mistake]:
    """Return the mistakes that this step can be sent with, by their words."""
    found: dict[str, Mistake] = {}
    for word, edit in _EDITS:
        broken = edit(step, at)
        if broken is not None and word not in found:
            found[word] = Mistake(word=word, about=_about(word), step=broken)
    for name in (*step.sent.form, *step.sent.headers):
        word = f"without {name}"
        found[word] = Mistake(word=word, about=f"Leave out {name}", step=_left_out(step, name))
    return found


def _about(word: str) -> str:
    return next((finder.words_of(word) for finder in FINDERS if word in finder.mistakes), word)


def _left_out(step: Step, name: str) -> Step:
    sent = step.sent
    form = {each: value for each, value in sent.form.items() if each != name}
    headers = {each: value for each, value in sent.headers.items() if each != name}
    return step.with_sent(replace(sent, form=form, headers=headers))


def _signs(more: Callable[[str, At], Mapping[str, Any]], at_path: str = _TOKEN_PATH) -> Edit:
    """Return the edit that lets another assertion be signed for a token endpoint, whose URL `more` is called with."""

    def edit(step: Step, at: At) -> Step | None:
        url = next((str(each.body["token_url"]) for each in step.before if _is_signed(each)), "")
        path = urlsplit(url).path
        is_there = path.endswith(at_path) and path.endswith(_TOKEN_PATH) == (at_path == _TOKEN_PATH)
        return step.with_assertion(more(url, at)) if is_there else None

    return edit


def _at_provider(more: Callable[[str, At], Mapping[str, Any]], *, limits_lifetime: bool) -> Edit:
    """Return the edit for the token endpoints of providers that limit the lifetime of an assertion, or do not."""
    paths = [each.endpoint("token") for each in PROVIDERS if (each.proof.longest is not None) == limits_lifetime]
    edits = [_signs(more, path) for path in paths]
    return lambda step, at: next(filter(None, (edit(step, at) for edit in edits)), None)


def _is_signed(command: Command) -> TypeGuard[Asked]:
    return isinstance(command, Asked) and command.call == "client-assertions"


def _claims(**claims: Any) -> Edit:
    return _signs(lambda *_: {"claims": claims})


def _headers(**headers: Any) -> Edit:
    return _signs(lambda *_: {"headers": headers})


def _without(*names: str) -> Edit:
    return _signs(lambda *_: {"without": list(names)})


def _form(name: str, change: Callable[[Value], Value]) -> Edit:
    """Return the edit that changes a parameter, where the step has it."""

    def edit(step: Step, _: At) -> Step | None:
        sent = step.sent
        if name not in sent.form:
            return None
        return step.with_sent(replace(sent, form={**sent.form, name: change(sent.form[name])}))

    return edit


def _renamed(step: Step, _: At) -> Step | None:
    sent = step.sent
    if "client_assertion" not in sent.form:
        return None
    form = {"assertion" if name == "client_assertion" else name: value for name, value in sent.form.items()}
    return step.with_sent(replace(sent, form=form))


def _swapped(step: Step, _: At) -> Step | None:
    sent = step.sent
    if "subject_token" not in sent.form:
        return None
    form = {
        **sent.form,
        "subject_token": sent.form["client_assertion"],
        "client_assertion": sent.form["subject_token"],
    }
    return step.with_sent(replace(sent, form=form))


def _code_as_token(step: Step, _: At) -> Step | None:
    sent = step.sent
    if "subject_token" not in sent.form:
        return None
    return step.with_sent(replace(sent, form={**sent.form, "subject_token": Variable("code")}))


def _elsewhere(step: Step, _: At) -> Step | None:
    sent = step.sent
    return step.with_sent(replace(sent, url=f"{sent.url}s")) if sent.url.endswith(_TOKEN_PATH) else None


def _other_environment(_: str, at: At) -> Mapping[str, Any]:
    hosts = [each.name for each in HOSTS if each.plays == "platform" and each.environment != at.environment]
    return {"claims": {"aud": f"https://{hosts[0]}{_TOKEN_PATH}"}}


def _query(name: str, change: Callable[[str], str | None], at_path: str = "/authorize") -> Edit:
    """Return the edit that changes a parameter of an authorize URL, or leaves it out."""

    def edit(step: Step, _: At) -> Step | None:
        parts = urlsplit(step.sent.url)
        sent = dict(parse_qsl(parts.query))
        if not parts.path.endswith(at_path) or name not in sent:
            return None
        value = change(sent.pop(name))
        query = urlencode(sent if value is None else {**sent, name: value})
        return step.with_sent(Sent(url=urlunsplit(parts._replace(query=query))))

    return edit


def _at_api(headers: Mapping[str, Value]) -> Edit:
    def edit(step: Step, _: At) -> Step | None:
        return step.with_sent(replace(step.sent, headers=headers)) if step.word == "api" else None

    return edit


def _id_token_at_api(step: Step, _: At) -> Step | None:
    is_person = step.word == "api" and step.sent.url.endswith("/user")
    bearer = {"Authorization": Variable("id_token", before="Bearer ")}
    return replace(step.with_sent(replace(step.sent, headers=bearer)), needs=("id_token",)) if is_person else None


_EDITS: Final[tuple[tuple[str, Edit], ...]] = (
    ("code-as-subject-token", _code_as_token),
    ("swapped-tokens", _swapped),
    ("aud-other-environment", _signs(_other_environment)),
    ("aud-near-miss", _signs(lambda url, _: {"claims": {"aud": f"{url}/"}})),
    ("alg-not-rs512", _headers(alg="RS256")),
    ("kid-missing", _without("header.kid")),
    ("wrong-kid", _headers(kid="another-key")),
    ("typ-missing", _without("header.typ")),
    ("exp-missing", _without("exp")),
    ("lifetime-too-long", _signs(lambda _, at: {"claims": {"exp": int(at.now) + 3600}})),
    ("exp-unit", _signs(lambda _, at: {"claims": {"exp": (int(at.now) + 300) * 1000}})),
    ("clock-behind-or-bst", _signs(lambda _, at: {"claims": {"exp": int(at.now) - 3300, "iat": int(at.now) - 3600}})),
    ("jti-missing", _without("jti")),
    ("jti-number", _claims(jti=12345)),
    ("iss-sub-differ", _claims(iss="another-app")),
    ("app-not-known-here", _claims(iss="another-app", sub="another-app")),
    ("nhs-login-auth", _at_provider(_other_environment, limits_lifetime=False)),
    ("cis2-lifetime", _at_provider(lambda _, at: {"claims": {"exp": int(at.now) + 7200}}, limits_lifetime=True)),
    ("client-assertion-type", _form("client_assertion_type", lambda _: "jwt-bearer")),
    ("subject-token-type", _form("subject_token_type", lambda _: "urn:ietf:params:oauth:token-type:access_token")),
    ("grant-type", _form("grant_type", lambda _: "password")),
    ("parameter-name", _renamed),
    ("wrong-path", _elsewhere),
    ("redirect-uri-differs", _form("redirect_uri", lambda value: f"{value}/other")),
    ("redirect-uri-differs", _query("redirect_uri", lambda value: f"{value}/other")),
    ("state-lost", _query("state", lambda _: None, "/oauth2/authorize")),
    ("bearer-shape", _at_api({"Authorization": Variable("access_token")})),
    ("provider-token-at-api", _id_token_at_api),
)
"""By the ids of findings, the edits that make their mistakes."""
