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


def explanation_page(explained: Mapping[str, Any]) -> ExplanationPage:
    """Return the page of a value that the control API has explained."""
    title = _TITLES.get(explained["kind"], explained["kind"])
    return ExplanationPage(
        title=title if explained["certainty"] == "certain" else f"{title}, it seems",
        facts={
            "What it is": explained["seen"],
            "How sure that is": explained["certainty"],
            "Value": explained["value"],
        },
        why=Why(findings=[finding_shown(each) for each in explained["findings"]]),
        jwt=jwt_part(explained["jwt"]) if explained["jwt"] else None,
        verdicts=[_verdict(each) for each in (*explained["verdicts"], *explained["elsewhere"])],
    )


def request_page(explained: RequestExplanation) -> ExplanationPage:
    """Return the page of an exchange with a real service; of several the first that was refused."""
    facts = {
        "Do": " ".join(each.replace(" \\\n ", "") for each in explained.do),
        "Why": " ".join(explained.why),
        "What is fine": " ".join(explained.fine),
        "Time": explained.moment,
        "Request": explained.request,
        "Answer": explained.said,
        "Rule": " or ".join(explained.stopped_by),
        "Further exchanges": f"{len(explained.also)} with known hosts, {explained.others} with others"
        * bool(explained.also or explained.others),
    }
    open_ones = [f"Only the service knows: {each.words}" for each in explained.unknown if not each.missing]
    return ExplanationPage(
        title=explained.answer,
        facts={name: value for name, value in facts.items() if value},
        why=Why(
            findings=[finding_shown(asdict(each)) for each in explained.findings],
            then=explained.then,
            advice=[*explained.notes, *explained.advice, *open_ones],
        ),
    )


def _verdict(verdict: Mapping[str, Any]) -> VerdictShown:
    error = verdict["error"]
    words = f"{error['status']} {error['code']} {error['description']}" if error else ""
    return VerdictShown(
        role=verdict["as"],
        would_be=verdict["would_be"],
        error=words,
        evidence=EVIDENCE[error["evidence"]] if error else None,
        why=Why(diagnosis=verdict["diagnosis"], then=verdict.get("then", ())),
        not_judged=verdict.get("not_judged", ()),
        cure=verdict.get("cure"),
    )
