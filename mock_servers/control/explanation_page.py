"""Puts what is known of a value on a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.control.exchange_page import finding_shown, jwt_part
from mock_servers.explain.request_explanation import RequestExplanation
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
        verdicts=[_verdict(each) for each in (*told["verdicts"], *told["elsewhere"])],
    )


def request_page(told: RequestExplanation) -> ExplanationPage:
    """Return the page of an exchange with a real service; of several the first that was refused."""
    facts = {
        "Request": told.request,
        "Answer": told.answer,
        "Rule": " or ".join(told.stopped_by),
        "Further exchanges": f"{len(told.also)} with known hosts, {told.others} with others"
        * bool(told.also or told.others),
    }
    open_ones = [f"Only the service knows: {each.words}" for each in told.unknown if not each.missing]
    return ExplanationPage(
        title="Why a request was refused" if told.refused else "A request that nothing is held against",
        facts={name: value for name, value in facts.items() if value},
        why=Why(
            findings=[finding_shown(asdict(each)) for each in told.findings],
            then=told.then,
            advice=[*told.notes, *told.advice, *open_ones],
        ),
    )


def _verdict(told: Mapping[str, Any]) -> VerdictShown:
    error = told["error"]
    words = f"{error['status']} {error['code']} {error['description']}" if error else ""
    return VerdictShown(
        role=told["as"],
        would_be=told["would_be"],
        error=words,
        evidence=EVIDENCE[error["evidence"]] if error else None,
        why=Why(diagnosis=told["diagnosis"], then=told.get("then", ())),
        not_judged=told.get("not_judged", ()),
        cure=told.get("cure"),
    )
