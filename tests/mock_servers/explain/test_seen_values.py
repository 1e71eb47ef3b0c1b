"""A value that has passed by is objected to where it is not what it is sent as, or was used before, and only there."""

import pytest

from mock_servers.explain.open_world import request_of
from mock_servers.explain.seen_values import SeenValues, ServiceQuestion
from mock_servers.journal.journal import Journal
from mock_servers.reading import curl
from mock_servers.state.grant import Issued, fingerprint

HOME = "https://int.api.service.nhs.uk"
TOKEN_PATH = "/oauth2/token"
NOW = 1_800_000_000.0
VALUE = "a-value-that-was-issued-before"
SENT = {
    "find_code": ("authorization code", f"-d code={VALUE}"),
    "find_refresh_token": ("refresh token", f"-d refresh_token={VALUE}"),
    "find_token": ("access token", f"-H 'Authorization: Bearer {VALUE}'"),
    "find_access_token": ("access token", f"-H 'Authorization: Bearer {VALUE}'"),
}
KINDS = sorted({kind for kind, _ in SENT.values()})


def objection(rule: str, kind: str, *, home: str = HOME, spent_at: float | None = None) -> str | None:
    """Say what a rule objects to a value that was issued as of a kind."""
    seen = SeenValues(journal=Journal())
    issued = Issued(
        kind=kind,
        issuer="the platform",
        client_id="an-app",
        person=None,
        at=NOW - 60,
        expires_at=None,
        redeem_at=TOKEN_PATH,
        home=home,
        spent_at=spent_at,
    )
    seen.store.issued.put(fingerprint(VALUE), issued)
    request = request_of(curl.read(f"curl {HOME}{TOKEN_PATH} {SENT[rule][1]}"), "/oauth2")
    asked = ServiceQuestion(rule=rule, request=request, home=HOME, token_path=TOKEN_PATH, is_provider=False, now=NOW)
    return seen.objection(asked)


@pytest.mark.parametrize("rule", SENT)
def test_what_is_sent_as_what_it_was_issued_as_is_not_objected_to(rule: str) -> None:
    assert objection(rule, SENT[rule][0]) is None


@pytest.mark.parametrize("rule", SENT)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_of_another_kind_is_objected_to_as_what_it_is(rule: str, kind: str) -> None:
    words = objection(rule, kind)

    assert (words is None) == (kind == SENT[rule][0])
    assert words is None or f"is the {kind} of the platform at {HOME}." in words


@pytest.mark.parametrize("rule", SENT)
def test_what_another_service_issued_is_objected_to(rule: str) -> None:
    words = objection(rule, SENT[rule][0], home="https://dep.api.service.nhs.uk")

    assert words is not None
    assert "at https://dep.api.service.nhs.uk." in words


@pytest.mark.parametrize("rule", SENT)
def test_only_what_is_good_once_is_objected_to_when_it_was_used(rule: str) -> None:
    words = objection(rule, SENT[rule][0], spent_at=NOW - 5)

    assert (words is not None) == (rule in ("find_code", "find_refresh_token"))
    assert words is None or words.endswith("was used 5.0 s ago: each is good once.")
