"""A refused signature, explained without the server: with the app's key set, and without one."""

import json
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from mock_servers.explain.any_text import explain_text
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwts
from mock_servers.journal.finding import Finding
from pytest_nhsauth import mock_platform
from pytest_nhsauth.registered_app import RegisteredApp

TOKEN_URL = "https://int.api.service.nhs.uk/oauth2/token"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOW = 1_800_000_000
REFUSED = {"error": "public_key error", "error_description": "JWT signature verification failed", "message_id": "rrt-1"}


@pytest.fixture(scope="module")
def app() -> Iterator[RegisteredApp]:
    with mock_platform() as mock:
        yield mock.app()


def signed(app: RegisteredApp) -> str:
    return app.client_assertion(claims={"iat": NOW, "exp": NOW + 240, "aud": TOKEN_URL})


def with_signature(assertion: str, signature: bytes) -> str:
    return ".".join([*assertion.split(".")[:2], jwts.base64url(signature)])


def signature_of(assertion: str) -> bytes:
    return jwts.decode(assertion).signature


def explained(assertion: str, keys: bytes | None, **more: str) -> RequestExplanation:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
    } | more
    sent = " ".join(f"-d {name}={value}" for name, value in form.items())
    answer = f"HTTP/1.1 401 Unauthorized\n\n{json.dumps(REFUSED)}"
    return explain_text(f"curl {TOKEN_URL} {sent}\n{answer}", Lent(keys=keys), clock=lambda: NOW)


def first(explanation: RequestExplanation) -> Finding:
    return explanation.findings[0]


def key_set(app: RegisteredApp) -> bytes:
    return json.dumps(app.jwks).encode()


def by_pss(app: RegisteredApp, assertion: str) -> str:
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    text = assertion.rpartition(".")[0].encode()
    return with_signature(assertion, app.private_key.sign(text, pss, hashes.SHA512()))


def in_hex(_: RegisteredApp, assertion: str) -> str:
    return with_signature(assertion, signature_of(assertion).hex().encode())


def of_64_bytes(_: RegisteredApp, assertion: str) -> str:
    return with_signature(assertion, signature_of(assertion)[:64])


def cut(_: RegisteredApp, assertion: str) -> str:
    return assertion[:-40]


MISTAKES: dict[str, tuple[Callable[[RegisteredApp, str], str], str, str]] = {
    "hex": (in_hex, "changed-after-signing", "hex"),
    "HMAC": (of_64_bytes, "signature-by-other-alg", "64 bytes"),
    "cut off": (cut, "signature-cut-off", "482 bytes"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("lent", [key_set, lambda _: None], ids=["with the key set", "without it"])
def test_the_form_of_a_signature_is_seen_with_and_without_the_key_set(
    app: RegisteredApp, mistake: str, lent: Callable[[RegisteredApp], bytes | None]
) -> None:
    make, finding_id, words = MISTAKES[mistake]

    found = first(explained(make(app, signed(app)), lent(app)))

    assert found.id == finding_id
    assert words in found.seen


def test_the_key_set_shows_another_algorithm(app: RegisteredApp) -> None:
    found = first(explained(by_pss(app, signed(app)), key_set(app)))

    assert found.id == "signature-by-other-alg"
    assert "PS512" in found.seen


def test_a_signature_that_is_right_by_the_key_set_is_not_blamed(app: RegisteredApp) -> None:
    explanation = explained(signed(app), key_set(app))

    assert (first(explanation).id, first(explanation).certainty) == ("new-key-not-seen-yet", "likely")
    assert "is right for kid" in first(explanation).seen
    assert "probably has another key set" in explanation.answer


def test_beside_a_good_assertion_the_id_token_is_looked_at(app: RegisteredApp) -> None:
    """Both signatures are refused with one sentence (apim.md §3.21 and §5.16)."""
    more = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": app.id_token(claims={"iat": NOW, "exp": NOW + 240})[:-40],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }

    found = first(explained(signed(app), key_set(app), **more))

    assert (found.id, found.certainty) == ("signature-cut-off", "likely")
    assert "subject_token" in found.seen


@pytest.mark.parametrize("make", [lambda _, assertion: assertion, by_pss], ids=["right", "PSS"])
def test_without_the_key_set_nothing_is_claimed_of_a_signature_of_the_right_size(
    app: RegisteredApp, make: Callable[[RegisteredApp, str], str]
) -> None:
    explanation = explained(make(app, signed(app)), None)

    assert first(explanation).certainty == "possible"
    assert "was not signed by" not in explanation.answer


def test_with_the_key_set_nobody_is_asked_for_it_again(app: RegisteredApp) -> None:
    late = app.client_assertion(claims={"iat": NOW, "exp": NOW - 1, "aud": TOKEN_URL})
    refused = '{"error": "invalid_request", "error_description": "Something else", "message_id": "rrt-1"}'
    sent = f"-d grant_type=client_credentials -d client_assertion_type={JWT_BEARER} -d client_assertion={late}"
    text = f"curl {TOKEN_URL} {sent}\nHTTP/1.1 400 Bad Request\n\n{refused}"

    asked, given = (explain_text(text, Lent(keys=keys), clock=lambda: NOW) for keys in (None, key_set(app)))

    assert "--jwks" in " ".join(asked.fine)
    assert "--jwks" not in " ".join(given.fine)
