"""Calls of the platform's management API, and its refusals."""

import json

from contract_tests.reach import Ability, need
from contract_tests.target import Target
from contract_tests.wire import Answer, HttpRequest

ORGANIZATION = "/v1/organizations/nhsd-nonprod"
PRODUCT, OTHER_PRODUCT = "identity-service-int", "canary-api-int"
SESSIONS = "/environments/int/apis/canary-api-int/revisions/1/debugsessions"
BASIC = "Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0"
KMS = "keymanagement.service"


def call(target: Target, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Call the administration below the organisation, with a bearer, which may be any."""
    need(target.abilities, Ability.ADMINISTRATION)
    sent = {"Authorization": "Bearer any.jwt.will-do", "Content-Type": "application/json", **headers}
    text = "" if body is None else json.dumps(body)
    return target.send(HttpRequest(method=method, path=f"{ORGANIZATION}{path}", headers=sent, body=text))


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Return status, code and message, which every refusal has in its body."""
    assert list(answer.json) == ["code", "message", "contexts"]
    assert answer.json["contexts"] == []
    return answer.status, answer.json["code"], answer.json["message"]
