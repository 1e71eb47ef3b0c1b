"""How long the service believes a key set that it fetched, and what it does not keep."""

import uuid

import pytest

from contract_tests import jwts
from contract_tests.answers import Said, said
from contract_tests.draft import Draft, client_credentials
from contract_tests.jwks_host import Page, json_page
from contract_tests.target import Target

PROVES = ("§3.19", "S")

HOUR = 3600
NO_SUCH_KEY = Said(401, "invalid_request", "Invalid 'kid' header in client_assertion JWT - no matching public key")


@pytest.fixture
def path() -> str:
    """A path of the host of key sets that no other test serves."""
    return f"/{uuid.uuid4()}"


def _draft(target: Target, path: str) -> Draft:
    draft = client_credentials(target)
    draft.app["jwks_url"] = target.jwks_host.url + path
    return draft


def _of_the_new_key(target: Target, path: str) -> Draft:
    draft = _draft(target, path)
    draft.assertion.sign = target.foreign_signer
    draft.assertion.header["kid"] = "new-key"
    return draft


def _serve(target: Target, path: str, *, new: bool) -> None:
    added = jwts.public_jwk(target.foreign_signer.key.public_key(), "new-key")
    target.jwks_host.serve(path, json_page({"keys": [target.jwk, added] if new else [target.jwk]}))


def test_a_new_key_is_not_seen_within_the_hour(target: Target, path: str) -> None:
    """An unknown kid does not make the service look again."""
    _serve(target, path, new=False)
    _draft(target, path).send()
    _serve(target, path, new=True)

    with target.at(target.now() + HOUR - 1):
        answer = _of_the_new_key(target, path).send()

    assert said(answer) == NO_SUCH_KEY


def test_a_new_key_is_seen_after_the_hour(target: Target, path: str) -> None:
    """Then the set is fetched again."""
    _serve(target, path, new=False)
    _draft(target, path).send()
    _serve(target, path, new=True)

    with target.at(target.now() + HOUR + 1):
        answer = _of_the_new_key(target, path).send()

    assert answer.status == 200


def test_a_key_taken_away_is_good_for_the_rest_of_the_hour(target: Target, path: str) -> None:
    """The kept set is believed."""
    _serve(target, path, new=True)
    _draft(target, path).send()
    _serve(target, path, new=False)

    assert _of_the_new_key(target, path).send().status == 200


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_failure_is_not_kept(target: Target, path: str, status: int) -> None:
    """The next request fetches again."""
    target.jwks_host.serve(path, Page(status=status))
    _draft(target, path).send()
    _serve(target, path, new=False)

    assert _draft(target, path).send().status == 200


def test_a_web_page_is_kept_for_the_hour_like_a_key_set(target: Target, path: str) -> None:
    """It was an answer of status 200, and nobody looked into it."""
    target.jwks_host.serve(path, Page(body=b"<!doctype html>"))
    _draft(target, path).send()
    _serve(target, path, new=False)

    assert said(_draft(target, path).send())[:2] == (401, "unknown_error")
