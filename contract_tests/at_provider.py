"""A log-in at a provider as its own client sees it: the log-in, its tokens, userinfo, the log-in page."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from contract_tests import draft
from contract_tests.draft import FORM, Draft
from contract_tests.jwts import decode
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

CIS2_PATH = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
REALM_PATH = f"/realms/{draft.REALM_WORKER.provider}"


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A provider: valid requests to it, their person, and its place."""

    authorize: Callable[[Target], Draft]
    token: Callable[[Target], Draft]
    person: Person
    path: str
    userinfo: str


CIS2 = At(
    authorize=draft.cis2_authorize,
    token=draft.cis2_token,
    person=HEALTHCARE_WORKER,
    path=CIS2_PATH,
    userinfo=f"{CIS2_PATH}/userinfo",
)
NHS_LOGIN = At(
    authorize=draft.nhs_login_authorize,
    token=draft.nhs_login_token,
    person=PATIENT,
    path="",
    userinfo="/userinfo",
)
REALM = At(
    authorize=draft.realm_authorize,
    token=draft.realm_token,
    person=HEALTHCARE_WORKER,
    path=REALM_PATH,
    userinfo=f"{REALM_PATH}/protocol/openid-connect/userinfo",
)
PROVIDERS = {"cis2": CIS2, "nhs_login": NHS_LOGIN, "realm": REALM}


def asking(target: Target, at: At, asked: Mapping[str, Any], app: Mapping[str, Any] | None = None) -> Draft:
    """Return a valid authorization request with these parameters added; those that are None are left out."""
    made = at.authorize(target)
    made.app = dict(app or {})
    made.asked = {name: value for name, value in {**made.asked, **asked}.items() if value is not None}
    return made


def landed(answer: Answer) -> dict[str, str]:
    """Return the parameters of a redirect to the client."""
    return draft.asked_at(answer.headers.get("location", ""))


def logged_in(target: Target, at: At, asked: Mapping[str, Any], user: str = "") -> Answer:
    """Return the answer to a request that itself names who logs in: the person of the provider, or another."""
    return asking(target, at, {"nhsauth_user": user or at.person.user, **asked}).send()


def redeemed(
    target: Target, at: At, answer: Answer, app: Mapping[str, Any] | None = None, redirect_uri: str = ""
) -> Answer:
    """Return the answer to the code that a redirect carries."""
    made = at.token(target)
    made.app = dict(app or {})
    made.form |= {"code": landed(answer)["code"], "redirect_uri": redirect_uri or target.redirect_uri}
    return made.send()


def tokens(target: Target, at: At, asked: Mapping[str, Any], user: str = "") -> dict[str, Any]:
    """Return the token answer of a log-in."""
    return redeemed(target, at, logged_in(target, at, asked, user)).json


def claims(target: Target, at: At, asked: Mapping[str, Any], user: str = "") -> dict[str, Any]:
    """Return the claims of the id token of a log-in."""
    return decode(tokens(target, at, asked, user)["id_token"])[1]


def userinfo(target: Target, at: At, access_token: str) -> Answer:
    """Return the answer to a sound call of userinfo."""
    headers = {"Authorization": f"Bearer {access_token}"}
    return target.send(HttpRequest(method="GET", path=at.userinfo, headers=headers))


def form_of(page: Answer) -> dict[str, str]:
    """Return the fields of the form on a page."""
    inputs = [each for each in re.findall(r"<input[^>]*>", page.text) if "radio" not in each or "checked" in each]
    fields = [dict(re.findall(r'([\w-]+)="([^"]*)"', each)) for each in inputs]
    return {html.unescape(each["name"]): html.unescape(each.get("value", "")) for each in fields if "name" in each}


def posted(target: Target, page: Answer, form: Mapping[str, str]) -> Answer:
    """Send the form of a page, with these fields."""
    action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
    assert action is not None
    path = html.unescape(action[1]).removeprefix(target.origin)
    return target.send(HttpRequest(method="POST", path=path, headers={"Content-Type": FORM}, body=urlencode(form)))


def page_says(answer: Answer, sentence: str) -> bool:
    """Whether a page has a sentence, which may contain characters that HTML escapes."""
    return sentence in html.unescape(answer.text)
