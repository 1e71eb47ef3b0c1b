"""Mistakes in the form as a whole: JSON, a secret instead of an assertion, the query string, a charset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final
from urllib.parse import parse_qsl

from mock_servers.apim.request_form import FORM
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import printed_object
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import names, shown
from mock_servers.wire.wrapping import Unwrapped, decompressed, json_object, recovered

_CONTENT_TYPE: Final = "check_content_type_form"
_NO_GRANT: Final = "check_grant_type_present"
_LONGEST: Final = 10_000
_PARAMETERS: Final = ("grant_type", "client_assertion", "client_assertion_type", "subject_token")
PARAMETERS: Final = (
    *_PARAMETERS,
    "subject_token_type",
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "refresh_token",
)
_JOINT: Final = re.compile(rf"([\r\n\t ;,|]+)({'|'.join(PARAMETERS)})=")
_NAME_OF_KIND: Final = {
    "refresh token": "refresh_token",
    "authorization code": "code",
    "client secret": "client_secret",
    "API key": "client_id",
    "client assertion": "client_assertion",
    "id_token": "subject_token",
}
"""The parameter for each kind of issued value."""
_LONGEST_NAME: Final = 30
_LONG: Final = 500
"""Characters that no API key or code has, but a JWT, even a damaged one."""
_NEAR: Final = 0.85
"""How alike two names are of which one is misspelt by a letter."""
_SEVERAL: Final = 2
_GZIP: Final = b"\x1f\x8b"
_COMPRESSED: Final = ("gzip", "x-gzip", "deflate", "br", "zstd", "compress")
_ANY_PRESENCE: Final = (
    "check_client_assertion_type",
    "check_subject_token_beside_assertion",
    "check_client_assertion_present",
    "check_subject_token_present",
    "check_subject_token_type_id_token",
    "check_client_id_present",
    "check_client_secret_present",
    "check_code_present",
    "check_redirect_uri_in_form",
    "check_redirect_uri_present",
    "check_refresh_token_present",
    "check_grant_type_token_exchange",
    "find_credentials",
)
"""The rules that miss a parameter."""


def json_body(case: Case) -> Finding | None:
    """The body is JSON, or a form that is labelled as JSON."""
    is_json = case.request.body[:100].lstrip()[:1] == b"{"
    sent = case.request.content_type
    inside = next((name for name, value in case.request.form.pairs if "grant_type" in (json_object(value) or ())), None)
    if inside is not None:
        return _json_inside(inside)
    labelled = "json" in sent.lower()
    if not is_json and not labelled:
        return None
    body = "JSON" if is_json else "a form" if b"=" in case.request.body[:1000] else "empty or something else"
    return Finding(
        id="json-body",
        certainty="certain",
        seen=f"Content-Type is {shown(sent)} and the body is {body}.",
        cause="Many HTTP libraries send an object as JSON by default. An OAuth token endpoint takes a form.",
        cure="Send grant_type=…&client_assertion=… as a form: in requests data={…} rather than json={…}, in axios and "
        f"fetch a URLSearchParams, with Content-Type {FORM}.",
    )


def _json_inside(name: str) -> Finding:
    return Finding(
        id="json-body",
        certainty="certain",
        seen=f"The parameter {shown(name)} holds the whole request as JSON.",
        cause="Your code wrote the object as JSON, and then sent that text as one parameter of a form.",
        cure="Send each member as its own form parameter.",
    )


def multipart_body(case: Case) -> Finding | None:
    """The parameters are parts of a multipart body."""
    sent = case.request.content_type
    if not sent.lower().lstrip().startswith("multipart/"):
        return None
    return Finding(
        id="multipart-body",
        certainty="certain",
        seen=f"Content-Type is {shown(sent.partition(';')[0])}.",
        cause="requests sends it for files={…}, browsers and fetch for FormData, curl for -F. A token endpoint "
        "does not read it.",
        cure="Send a form: in requests data={…} in place of files=, in fetch and axios a URLSearchParams in place of "
        f"FormData, in curl -d in place of -F, with Content-Type {FORM}.",
    )


def compressed_body(case: Case) -> Finding | None:
    """The body is compressed."""
    sent, body = case.request.headers.get("content-encoding", ""), case.request.body
    if not body.startswith(_GZIP) and sent.lower() not in _COMPRESSED:
        return None
    return Finding(
        id="compressed-body",
        certainty="certain",
        seen=f"The body is compressed: {f'Content-Encoding is {shown(sent)}' if sent else 'it begins as gzip does'}.",
        cause="The service does not unpack a body. (How the real service answers is our guess.)",
        cure="Send the form uncompressed, and leave Content-Encoding out.",
    )


def encoded_body(case: Case) -> Finding | None:
    """The whole body is encoded, or is an object that was turned into text."""
    body = case.request.body[:_LONGEST]
    if any(name in case.request.form for name in _PARAMETERS[:1]) or not body:
        return None
    text = body.decode("latin-1")
    if _is_form(text) or compressed_body(case) is not None or encoded_twice(case) is not None:
        return None
    printed = printed_object(text.strip())
    if printed is not None:
        return _wrong_body(f"The body is {shown(text)}.", printed)
    plain = decompressed(case.request.body)
    found = (
        Unwrapped(bare=plain.decode("latin-1"), around=("compression around it",))
        if plain is not None and _is_form(plain.decode("latin-1"))
        else recovered(text, _is_form)
    )
    return (
        _wrong_body(
            f"The body is a form with {found.words}.",
            "Your code encoded the form once more, or turned it into text for another purpose.",
        )
        if found is not None
        else _of_map(text)
    )


def _of_map(text: str) -> Finding | None:
    """The body is a map as its language prints it, such as `{a=b, c=d}`."""
    named = [name for name in PARAMETERS if re.search(rf"[{{\[(\s,'\"]{name}\W{{1,4}}", text)]
    if text.lstrip()[:1] not in ("{", "[", "(") or len(named) < _SEVERAL or json_object(text) is not None:
        return None
    return _wrong_body("The body is an object that was printed, such as {a=b, c=d}.", "It is not a form.")


def _wrong_body(seen: str, cause: str) -> Finding:
    return Finding(
        id="encoded-body",
        certainty="certain",
        seen=seen,
        cause=cause,
        cure="Give the parameters to the HTTP library as an object, and let it write the form, once.",
    )


def _is_form(text: str) -> bool:
    """Whether a text is a form with several parameters of a token request, or the same as JSON."""
    names = json_object(text) or dict(parse_qsl(text))
    return "grant_type" in names and sum(name in names for name in PARAMETERS) >= _SEVERAL


def empty_body(case: Case) -> Finding | None:
    """The request has no body."""
    if case.request.body or case.request.oversized or any(name in case.request.query for name in _PARAMETERS):
        return None
    sent = case.request.content_type
    return Finding(
        id="empty-body",
        certainty="certain",
        seen=f"The request has no body{f'; its Content-Type is {shown(sent)}' if sent else ' and no Content-Type'}.",
        cause="Your code gave the HTTP library no form, or a redirect on the way dropped it.",
        cure="Send the parameters as a form in the body, straight to the URL that answers, not to one that redirects.",
    )


def encoded_twice(case: Case) -> Finding | None:
    """The whole form was encoded twice, so it arrived as one long parameter name."""
    form = case.request.form
    held = (name for name in form if any(f"{each}=" in name for each in PARAMETERS))
    found = next((name for name in held if "&" in name or len(list(form)) == 1), None)
    if found is None:
        return None
    return Finding(
        id="encoded-twice",
        certainty="certain",
        seen=f"The form has a parameter whose name holds the whole form ({len(found)} characters).",
        cause="Your code encoded the finished form again: its = and & arrived as part of a name.",
        cure="Encode once: give the HTTP library an object, or send the finished text as it is.",
    )


def joined_parameters(case: Case) -> Finding | None:
    """Something other than & joins the parameters, so the first one contains the others."""
    found, escaped = next(_swallowing(case), None), [name for name in case.request.form if name.startswith("amp;")]
    if found is None:
        return _escaped(escaped[0]) if escaped else None
    name, swallowed, by = found
    return Finding(
        id="parameters-joined",
        certainty="certain",
        seen=f"{name} holds {swallowed}= as well: between them is {shown(by)}.",
        cause="Form parameters are joined by &, on one line. Any other character is part of the value.",
        cure="Join the parameters by &, or give them to the HTTP library as an object.",
    )


def _escaped(name: str) -> Finding:
    return Finding(
        id="parameters-joined",
        certainty="certain",
        seen=f"The form has a parameter {shown(name[:_LONGEST_NAME])}: its parameters are joined by &amp;.",
        cause="The form was escaped for HTML, or copied from an HTML page.",
        cure="Join the parameters by &, or give them to the HTTP library as an object.",
    )


def _swallowing(case: Case) -> Iterator[tuple[str, str, str]]:
    for name, value in case.request.form.pairs:
        found = _JOINT.search(value[:_LONGEST]) if name in PARAMETERS else None
        if found is not None:
            yield name, found[2], found[1]


def parameter_name(case: Case) -> Finding | None:
    """A parameter has the wrong name, such as assertion, clientAssertion or grant-type."""
    form, missing = case.request.form, _WANTED.get(case.refusal.rule)
    spelt = (
        (name, meant) for name in form if (meant := _meant(name)) and meant not in form and _fits(case, name, meant)
    )
    found = dict((*spelt, *_by_value(case)))
    if not found or (missing is not None and missing not in found.values()):
        return None
    meant, each = next(iter(found.values())), [f"{shown(sent)} {name}" for sent, name in found.items()]
    return Finding(
        id="parameter-name",
        certainty="certain",
        seen=f"The form has {', '.join(map(shown, found))}, and no {', '.join(found.values())}.",
        cause="Parameter names must match exactly. The service ignores names that it does not know.",
        cure=f"Call it {meant}." if len(found) == 1 else f"Call {', and '.join(each)}.",
    )


def _fits(case: Case, name: str, meant: str) -> bool:
    """Whether a value can be that of the parameter: a JWT or a URN under a name like client is no client_id."""
    value = case.form(name) or ""
    return meant not in ("client_id", "code") or (len(value) < _LONG and not value.startswith(("eyJ", "urn:")))


def _by_value(case: Case) -> Iterator[tuple[str, str]]:
    """Find values that the mock has issued, under a parameter name that no service reads."""
    for name, value in case.request.form.pairs:
        issued = case.known.issued(value) if name not in PARAMETERS else None
        meant = _NAME_OF_KIND.get(issued.kind) if issued is not None else None
        if meant is not None and meant not in case.request.form:
            yield name, meant


def _meant(sent: str) -> str | None:
    letters = re.sub(r"[^a-z]", "", sent.lower())
    if letters == "assertion":
        return "client_assertion"
    known = {name.replace("_", ""): name for name in PARAMETERS if name != sent}
    if sent in PARAMETERS or letters in known:
        return known.get(letters)
    nearest = get_close_matches(letters, known, n=1, cutoff=_NEAR)
    return known[nearest[0]] if nearest else None


def parameter_missing(case: Case) -> Finding | None:
    """The form lacks a parameter, and no other finding says why."""
    missing = _REQUIRED.get(case.refusal.rule)
    if missing is None or missing in case.request.form or not list(case.request.form):
        return None
    return Finding(
        id="parameter-missing",
        certainty="certain",
        seen=f"The form has no {missing}; it has {names(case.request.form)}.",
        cause="The service reads the parameter by exactly this name, from the form in the body.",
        cure=f"Send {missing} as well.",
    )


def content_type_missing(case: Case) -> Finding | None:
    """The body is a form, but its Content-Type is missing or plain text."""
    sent = case.request.content_type
    text = not sent or sent.lower().startswith("text/plain")
    if not text or b"grant_type=" not in case.request.body[:_LONGEST]:
        return None
    return Finding(
        id="content-type-missing",
        certainty="certain",
        seen=f"The body is a form, and {f'Content-Type is {shown(sent)}' if sent else 'there is no Content-Type'}.",
        cause="HTTP libraries set the form type when you give them an object. They send your own text as text.",
        cure=f"Give the parameters as an object, or set Content-Type to exactly {FORM}.",
    )


def secret_style_client_credentials(case: Case) -> Finding | None:
    """The request has a client id and secret, but this grant needs an assertion."""
    form = case.request.form
    if form.get("grant_type") != "client_credentials" or "client_secret" not in form or "client_assertion" in form:
        return None
    ignored = " scope is ignored, too." if "scope" in form else ""
    return Finding(
        id="secret-style-client-credentials",
        certainty="certain",
        seen="The request has a client_secret and no client_assertion.",
        cause=f"Here client_credentials needs a signed assertion. The secret is only for code and refresh.{ignored}",
        cure="Sign a JWT with the app's private key (RS512, kid, iss = sub = API key, aud = this URL, jti, exp) and "
        "send it as client_assertion, with client_assertion_type "
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
    )


def query_string_params(case: Case) -> Finding | None:
    """The parameters are in the URL."""
    named = [name for name in _PARAMETERS if name in case.request.query and name not in case.request.form]
    if not named:
        return None
    return Finding(
        id="query-string-params",
        certainty="certain",
        seen=f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'} in the URL; {_body(case)}.",
        cause="The service reads only the body. (Logs keep URLs, with every token in them.)",
        cure="Send the parameters in the body, as a form. In axios use the second argument of post, not params.",
    )


def _body(case: Case) -> str:
    size = len(case.request.body)
    return f"the body has {size} bytes" if size else "the body is empty"


def charset_suffix(case: Case) -> Finding | None:
    """The Content-Type has something after the type, such as a charset."""
    sent = case.request.content_type
    first, semicolon, _ = sent.partition(";")
    if not semicolon or first.strip().lower() != FORM or not case.refused_by(_CONTENT_TYPE):
        return None
    return Finding(
        id="charset-suffix",
        certainty="certain",
        seen=f"Content-Type is {shown(sent)}{', and this mock is set to be strict about it' * case.known.is_all}.",
        cause="Your HTTP client adds a charset. Its source compares the whole header, but live clients send one: we do "
        "not know whether the real service refuses it.",
        cure=f"Set the header yourself, to exactly {FORM}{'; or leave strict_content_type off' * case.known.is_all}.",
    )


_REQUIRED: Final = {
    "check_grant_type_present": "grant_type",
    "check_grant_type_token_exchange": "grant_type",
    "check_client_assertion_present": "client_assertion",
    "check_subject_token_present": "subject_token",
}
"""The parameter that a rule misses."""
_WANTED: Final = {
    **_REQUIRED,
    "check_client_assertion_type": "client_assertion_type",
    "check_subject_token_type_id_token": "subject_token_type",
}
"""The parameter that a rule reads: a misspelt other one is not why it refused."""
_OF_BODY: Final = (_CONTENT_TYPE, "check_content_type", _NO_GRANT)
FINDERS: Final = (
    Finder(find=multipart_body, rules=_OF_BODY),
    Finder(find=compressed_body, rules=_OF_BODY),
    Finder(find=encoded_twice, rules=_OF_BODY),
    Finder(find=encoded_body, rules=(*_OF_BODY, "check_grant_type_token_exchange")),
    Finder(find=empty_body, rules=_OF_BODY),
    Finder(
        find=joined_parameters,
        rules=(_NO_GRANT, "check_grant_type_supported", "check_grant_type_known", *_ANY_PRESENCE),
        named=("parameters-joined",),
    ),
    Finder(find=parameter_name, rules=(_NO_GRANT, *_ANY_PRESENCE)),
    Finder(find=json_body, rules=_OF_BODY),
    Finder(find=content_type_missing, rules=(_CONTENT_TYPE, "check_content_type")),
    Finder(find=query_string_params, rules=_OF_BODY),
    Finder(find=charset_suffix, rules=(_CONTENT_TYPE,)),
    Finder(find=secret_style_client_credentials, rules=("check_client_assertion_type",)),
    Finder(find=parameter_missing, rules=tuple(_REQUIRED), last_resort=True),
)
