"""What is wrong with the form as a whole: JSON, a secret in place of an assertion, the query string, a charset.

Mistakes 5, 14, 30 and 31.
"""

from __future__ import annotations

from typing import Final

from mock_servers.apim.request_form import FORM
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown

_CONTENT_TYPE: Final = "check_content_type_form"
_NO_GRANT: Final = "check_grant_type_present"
_LONGEST: Final = 10_000
_PARAMETERS: Final = ("grant_type", "client_assertion", "client_assertion_type", "subject_token")


def json_body(case: Case) -> Finding | None:
    """The parameters are JSON, or a form that is labelled as JSON."""
    is_json = case.request.body[:100].lstrip()[:1] == b"{"
    sent = case.request.content_type
    labelled = "json" in sent.lower()
    if not is_json and not labelled:
        return None
    body = "JSON" if is_json else "a form" if b"=" in case.request.body[:1000] else "empty or something else"
    return Finding(
        id="json-body",
        certainty="certain",
        seen=f"Content-Type is {shown(sent)} and the body is {body}.",
        cause="HTTP libraries send objects as JSON unless told otherwise; the token endpoint of OAuth takes a form.",
        cure="Send grant_type=…&client_assertion=… as a form: in requests data={…} rather than json={…}, in axios and "
        f"fetch a URLSearchParams, with Content-Type {FORM}.",
    )


def content_type_missing(case: Case) -> Finding | None:
    """The body is a form that is labelled as nothing, or as plain text."""
    sent = case.request.content_type
    if (sent and not sent.lower().startswith("text/plain")) or b"grant_type=" not in case.request.body[:_LONGEST]:
        return None
    return Finding(
        id="content-type-missing",
        certainty="certain",
        seen=f"The body is a form, and {f'Content-Type is {shown(sent)}' if sent else 'there is no Content-Type'}.",
        cause="HTTP libraries label a form that is given as an object; text that is put together by hand they send as "
        "what it is, text.",
        cure=f"Give the parameters as an object, or set Content-Type to exactly {FORM}.",
    )


def secret_style_client_credentials(case: Case) -> Finding | None:
    """A client id and secret, as other services take them."""
    form = case.request.form
    if form.get("grant_type") != "client_credentials" or "client_secret" not in form or "client_assertion" in form:
        return None
    ignored = " scope is ignored, too." if "scope" in form else ""
    return Finding(
        id="secret-style-client-credentials",
        certainty="certain",
        seen="The request has a client_secret and no client_assertion.",
        cause=f"Client credentials go by a signed assertion here; the secret is for code and refresh alone.{ignored}",
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
        seen=f"{', '.join(named)}: in the URL, while the body has {_body(case)}.",
        cause="The service reads the body alone. (URLs end in logs, too, with every token that they hold.)",
        cure="Put the parameters into the body, as a form: in axios the second argument of post, not params.",
    )


def _body(case: Case) -> str:
    size = len(case.request.body)
    return f"{size} bytes" if size else "nothing"


def charset_suffix(case: Case) -> Finding | None:
    """The content type is right, and goes on."""
    sent = case.request.content_type
    first, semicolon, _ = sent.partition(";")
    if not semicolon or first.strip().lower() != FORM or not case.refused_by(_CONTENT_TYPE):
        return None
    return Finding(
        id="charset-suffix",
        certainty="certain",
        seen=f"Content-Type is {shown(sent)}{', and this mock was told to be strict about it' * case.known.is_all}.",
        cause="Your HTTP client adds a charset. Whether the real service minds is disputed: its source compares the "
        "whole header, yet live clients send one.",
        cure=f"Set the header yourself, to exactly {FORM}{'; or leave strict_content_type off' * case.known.is_all}.",
    )


FINDERS: Final = (
    Finder(find=json_body, rules=(_CONTENT_TYPE, _NO_GRANT)),
    Finder(find=content_type_missing, rules=(_CONTENT_TYPE, "check_content_type")),
    Finder(find=query_string_params, rules=(_CONTENT_TYPE, _NO_GRANT)),
    Finder(find=charset_suffix, rules=(_CONTENT_TYPE,)),
    Finder(find=secret_style_client_credentials, rules=("check_client_assertion_type",)),
)
