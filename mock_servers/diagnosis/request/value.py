"""Wrong contents of a parameter: nothing, a variable, a path, a key, JSON, or the value with something around it.

`mangled_jwt` recognises damaged JWTs, `bearer` what follows Bearer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from mock_servers.apim import flows
from mock_servers.diagnosis.altered_value import altered, masked
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder, rules_of
from mock_servers.diagnosis.opaque_value import has_form, is_path, is_unfilled, printed_object
from mock_servers.journal.finding import Finding
from mock_servers.journal.leaked_private_key import is_private
from mock_servers.state.grant import Issued
from mock_servers.wire.origins import parts_of
from mock_servers.wire.wording import cut, shown, spelt
from mock_servers.wire.wrapping import LONGEST, json_object, recovered

BELONGS: Final = {
    "client_assertion": "a JWT that the private key has signed",
    "subject_token": "the id_token of the provider's token answer",
    "refresh_token": "the refresh_token of the last token answer",
    "code": "the code that came to the redirect URI",
    "client_secret": "the app's client secret",
    "client_id": "the app's API key",
    "authorization": "Bearer and the access_token of the token answer",
    "apikey": "the app's API key",
}
"""The purpose of each parameter or header."""
_PUBLIC: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_KINDS: Final = {
    "client_id": "API key",
    "client_secret": "client secret",
    "code": "authorization code",
    "refresh_token": "refresh token",
}
"""What provenance calls the right value of each."""
_MEMBERS: Final = {
    "subject_token": ("id_token",),
    "refresh_token": ("refresh_token",),
    "code": ("code",),
    "client_assertion": ("client_assertion",),
    "client_secret": ("client_secret", "secret"),
    "client_id": ("client_id", "apikey", "key"),
}
"""The member of a whole JSON answer that holds the value."""


_JUDGES: Final = {
    "client_assertion": (
        "check_subject_token_beside_assertion",
        "check_client_assertion_present",
        *rules_of(*flows.CLIENT_ASSERTION),
        "find_credentials",
        "decode_assertion",
    ),
    "subject_token": ("check_subject_token_beside_assertion", *rules_of(*flows.SUBJECT_TOKEN)),
    "refresh_token": ("check_refresh_token_present", "find_refresh_token"),
    "code": ("check_code_present", "find_code"),
    "client_secret": ("check_client_secret_present", "check_client_secret"),
    "client_id": ("check_client_id_present", "find_app_by_client_id", "find_credentials", "find_client"),
    "redirect_uri": ("check_redirect_uri_in_form", "check_redirect_uri_present"),
    "client_assertion_type": ("check_client_assertion_type", "find_credentials"),
    "grant_type": ("check_grant_type_present",),
}
"""The rules that check each, first the one for its presence."""


def _finder(name: str) -> Finder:
    def wrong_value(case: Case) -> Finding | None:
        """A value is empty, a variable, a path, a key or JSON, or has something around it."""
        sent = next((value for each, value in case.request.form.pairs if each == name), None)
        if sent is None:
            return _in_basic(name, case)
        if not sent.strip():
            return Finding(
                id="empty-parameter",
                certainty="certain",
                seen=f"{name} was sent, but "
                f"{'empty' if not sent else f'has nothing but white space in it, {shown(sent)}'}.",
                cause="The variable was empty when your code built the form. The service treats it as missing.",
                cure=f"Send as {name} {BELONGS.get(name, 'its value')}, and stop when you have none.",
            )
        known = case.known.issued(sent)
        if known is not None and known.kind == _KINDS.get(name, known.kind):
            return _of_other_app(case, known) if name == "client_secret" else None
        return _wrong(name, sent[:LONGEST], case)

    wrong_value.__name__ = f"wrong_value_of_{name}"  # its name in the log
    return Finder(find=wrong_value, rules=_JUDGES[name], named=_NAMED)


def _in_basic(name: str, case: Case) -> Finding | None:
    """Look at a value of the Basic header in the same way."""
    sent = dict(zip(("client_id", "client_secret"), case.request.basic or (), strict=False)).get(name)
    if not sent or case.known.issued(sent) is not None:
        return None
    found = _wrong(name, sent[:LONGEST], case)
    return replace(found, seen=f"In the Basic header, {found.seen}") if found is not None else None


def _wrong(name: str, sent: str, case: Case) -> Finding | None:
    if is_private(sent):
        return None
    found = _public_key(name, sent) or _json(name, sent)
    if found is not None or name in ("client_assertion", "subject_token") or name not in BELONGS:
        return found
    if sent.startswith(_URL):
        return _url(name, sent, case)
    return _around(name, sent, case) or _unfilled(name, sent) or _changed(name, sent, case) or _url(name, sent, case)


def _public_key(name: str, value: str) -> Finding | None:
    """A public key or a certificate was sent instead of a token or a secret."""
    found, members = _PUBLIC.search(value), json_object(value)
    if found is None and not (members and "kty" in members):
        return None
    what = f"a PEM ({found[1].lower()})" if found else "a JWK"
    return Finding(
        id="public-key-sent",
        certainty="certain",
        seen=f"{name} is {what}: it is public, so this does no harm.",
        cause="You register a public key once, as a JWK in the app's key set. You never send it in a request.",
        cure=f"Register the key, and send as {name} {BELONGS.get(name, 'its value')}.",
    )


_URL: Final = ("https://", "http://")
_NEXT_PARAMETER: Final = re.compile(r"&(state|session_state|iss|scope|client_id|redirect_uri)=")


def _url(name: str, sent: str, case: Case) -> Finding | None:
    """A URL was sent, or a part of one, in place of the value of one of its parameters."""
    is_url = sent.startswith(_URL)
    address = sent if is_url else f"?{name}={sent}"
    if not is_url and not _NEXT_PARAMETER.search(sent):
        return None
    parts = parts_of(address)
    inside = dict(parse_qsl(parts.query or parts.fragment)).get(name) if parts is not None else None
    issued = case.known.issued(inside) if inside else None
    return Finding(
        id="url-as-value",
        certainty="certain" if is_url or issued is not None else "likely",
        seen=f"{name} is a URL of {len(sent)} characters."
        if is_url
        else f"{name} has the next parameter of a URL in it: {cut(sent)}.",
        cause=f"The URL has the value as its parameter {name}."
        if inside
        else "Your code sent an address, and not a value.",
        cure=f"Send only the value of its parameter {name}, decoded." if inside else f"Send as {name} {BELONGS[name]}.",
    )


def _unfilled(name: str, sent: str) -> Finding | None:
    printed = printed_object(sent.strip())
    if printed is not None:
        return Finding(
            id="variable-not-filled-in",
            certainty="certain",
            seen=f"{name} is {shown(sent)}.",
            cause=printed,
            cure=f"Send as {name} {BELONGS[name]}.",
        )
    unfilled = is_unfilled(sent)
    if not unfilled and not is_path(sent):
        return None
    return Finding(
        id="variable-not-filled-in",
        certainty="certain" if unfilled else "likely",
        seen=f"{name} is {spelt(sent)}: {_SEEN_UNFILLED if unfilled else _SEEN_PATH}.",
        cause="The step that fills in the value did not run, or found no value.",
        cure=f"Send as {name} {BELONGS[name]}{'' if unfilled else ': read the file, and send what is in it'}.",
    )


_SEEN_UNFILLED: Final = "a variable that was not filled in"
_SEEN_PATH: Final = "it looks like the path of a file that was not read"


def _json(name: str, sent: str) -> Finding | None:
    members = json_object(sent)
    if members is None:
        return None
    member = next((each for each in _MEMBERS.get(name, ()) if isinstance(members.get(each), str)), None)
    seen, cause, cure = _of_members(name, members, member)
    return Finding(id="json-as-value", certainty="certain", seen=f"{name} is {seen}.", cause=cause, cure=cure)


def _of_members(name: str, members: Mapping[str, Any], member: str | None) -> tuple[str, str, str]:
    """Describe a JSON object in the place of a value, why it is there, and what to send instead."""
    belongs = BELONGS.get(name, "its value")
    if member is not None:
        return "JSON, a whole answer", f"The value is only one member of it, {member}.", f"Send only its {member}."
    if "error" in members or "fault" in members or "issue" in members:
        said = shown(members.get("error_description") or members.get("error") or members.get("fault"))
        cause = f"The step before this one failed ({said}). Your code sent its answer on without a check."
        return "JSON, an error answer", cause, f"Fix that error first, then send as {name} {belongs}."
    if "access_token" in members:
        cause = f"That answer has no {' or '.join(_MEMBERS.get(name, (name,)))} in it."
        return "JSON, a whole token answer", cause, f"Send as {name} {belongs}."
    if any(each in members for each in ("exp", "jti")):
        return (
            "JSON, the claims of a JWT that is not signed",
            "A JWT has three parts, and a library makes it.",
            (f"Sign the claims, and send as {name} {belongs}."),
        )
    if "sub" in members or "nhsid_useruid" in members or "nhs_number" in members:
        return (
            "JSON, the answer of a userinfo endpoint",
            "Userinfo describes a person. It is not a token.",
            (f"Send as {name} {belongs}."),
        )
    return "JSON", "Your code sent a whole object, not one text.", f"Send as {name} {belongs}."


def _around(name: str, sent: str, case: Case) -> Finding | None:
    kind = _KINDS.get(name)
    found = recovered(sent, lambda bare: _is_known(bare, kind, case), name)
    is_proved = found is not None
    if found is None and not case.known.is_all and not has_form(name, sent):
        found = recovered(sent, lambda bare: has_form(name, bare), name)
    if found is None:
        return None
    return Finding(
        id="wrapped-value",
        certainty="certain" if is_proved else "likely",
        seen=f"{name} is the right kind of value, with {found.words}.",
        cause="The service compares the value character by character.",
        cure=f"Send {name} as it was given, with nothing around it, and let the HTTP library encode the form, once.",
    )


def _of_other_app(case: Case, known: Issued) -> Finding | None:
    asking = case.app
    if asking is None or known.client_id == asking.client_id:
        return None
    return Finding(
        id="secret-of-other-app",
        certainty="certain",
        seen=f"client_secret is the secret of app {shown(known.client_id)}; client_id is {shown(asking.client_id)}.",
        cause="Your code takes key and secret from two settings. Only one of them was changed.",
        cure="Copy API key and secret of the same app, from one page of the developer portal.",
    )


def _changed(name: str, sent: str, case: Case) -> Finding | None:
    """The value is masked, or one that is known here with its end or its letters changed."""
    hidden = masked(sent, case)
    found = hidden or altered(name, sent, case)
    if found is None:
        return None
    return Finding(
        id="masked-value" if hidden else "wrapped-value",
        certainty=found.certainty,
        seen=f"{name} {found.words}.",
        cause=found.cause,
        cure=f"Send as {name} {BELONGS[name]}: {found.cure[0].lower()}{found.cure[1:]}" if hidden else found.cure,
    )


def _is_known(bare: str, kind: str | None, case: Case) -> bool:
    issued = case.known.issued(bare) if bare else None
    return issued is not None and issued.kind == kind


_NAMED: Final = {
    "masked-value": "A part of the value is hidden, as in the log that it was copied from.",
    "url-as-value": "A whole URL was sent, or more of it than one parameter's value.",
    "empty-parameter": "The parameter is empty, which counts as missing.",
    "public-key-sent": "A public key or a certificate was sent instead of a token or a secret.",
    "json-as-value": "A whole JSON answer, or the claims of a JWT, was sent instead of one value.",
    "variable-not-filled-in": "A variable was not filled in, or the path of a file was sent instead of its content.",
    "secret-of-other-app": "The client secret is another app's.",
    "wrapped-value": "The value is right, but has white space, quotes, its name or one encoding too many.",
}
FINDERS: Final = tuple(_finder(name) for name in _JUDGES)
