"""Puts what is known of a value on a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.control.exchange_page import finding_shown, jwt_part
from mock_servers.pages.journal import ExplanationPage, VerdictShown, Why

_TITLES: Final = {
    "access_token": "An access token",
    "refresh_token": "A refresh token",
    "authorization_code": "An authorization code",
    "api_key": "An API key",
    "client_secret": "A client secret",
    "client_assertion": "A client assertion",
    "id_token": "An id_token",
    "logout_token": "A logout token",
    "jwt": "A JWT",
    "private_key": "A private key",
    "pem": "A public key or certificate",
    "message_id": "A message id that nothing is known of",
    "unknown": "A value that nothing is known of",
}


def explanation_page(told: Mapping[str, Any]) -> ExplanationPage:
    """Return the page of what the control API tells of a value."""
    title = _TITLES.get(told["kind"], told["kind"])
    return ExplanationPage(
        title=title if told["certainty"] == "certain" else f"{title}, it seems",
        facts={"What it is": told["seen"], "How sure that is": told["certainty"], "Value": told["value"]},
        why=Why(findings=[finding_shown(each) for each in told["findings"]]),
        jwt=jwt_part(told["jwt"]) if told["jwt"] else None,
        verdicts=[_verdict(each) for each in told["verdicts"]],
    )


def _verdict(told: Mapping[str, Any]) -> VerdictShown:
    error = told["error"]
    words = f"{error['status']} {error['code']} {error['description']}" if error else ""
    return VerdictShown(
        role=told["as"],
        would_be=told["would_be"],
        error=words,
        evidence=EVIDENCE[error["evidence"]] if error else None,
        why=Why(diagnosis=told["diagnosis"], then=told["then"]),
        not_judged=told["not_judged"],
    )
