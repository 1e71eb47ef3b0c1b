"""Another client vouches to NHS login for a person who has logged in through it; the error is inferred."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock

Ask = Callable[..., TestResponse]
ReadRedirect = Callable[[TestResponse], dict[str, str]]
Vouch = Callable[..., str]
REDIRECT = "https://app.example/callback"
P5 = "9912003072"


@pytest.fixture
def jti(platform: Mock, redeem: Ask) -> str:
    """The jti of the id token of the first client, for whom a person has logged in."""
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    id_token = redeem("nhs_login", code).get_json()["id_token"]
    return str(jwts.decode(id_token).claims["jti"])


@pytest.fixture
def vouch(platform: Mock) -> Vouch:
    """Sign as the first client; keywords change claims, `without` leaves some out."""

    def sign(code: str, *, without: tuple[str, ...] = (), **claims: Any) -> str:
        now = int(platform.clock.now())
        return platform.client_assertion(
            "nhsauth-app",
            alterations=Alterations(
                claims={"code": code, "iat": now, "exp": now + 60, **claims}, without=("aud", "sub", *without)
            ),
        )

    return sign


@pytest.fixture
def second(platform: Mock, authorize: Ask) -> Ask:
    """Ask for a log-in as a second client, which passes on what the first has signed."""
    platform.apps.create(client_id="second", name="Second", redirect_uris=(REDIRECT,), make_key=False)

    def ask(asserted: str, **changes: str | None) -> TestResponse:
        return authorize("nhs_login", client_id="second", asserted_login_identity=asserted, **changes)

    return ask


def test_the_person_is_not_asked_again(
    second: Ask, read_redirect: ReadRedirect, vouch: Vouch, jti: str, platform: Mock
) -> None:
    came = read_redirect(second(vouch(jti)))

    code = platform.store.codes.get(came["code"])
    assert code is not None
    assert (code.log_in.client_id, code.log_in.person.id, came["state"]) == ("second", "9912003071", "s-1")


def test_the_session_is_the_first_ones(
    second: Ask, read_redirect: ReadRedirect, vouch: Vouch, jti: str, platform: Mock
) -> None:
    read_redirect(second(vouch(jti)))

    [session] = platform.store.provider_sessions.values()
    assert [visit.client_id for visit in session.visits] == ["nhsauth-app", "second"]


def test_it_is_good_once(second: Ask, read_redirect: ReadRedirect, vouch: Vouch, jti: str, platform: Mock) -> None:
    asserted = vouch(jti)
    read_redirect(second(asserted))

    came = read_redirect(second(asserted))

    refusal = platform.exchanges.last.refusal
    assert refusal is not None
    assert (came, refusal.rule) == ({"error": "invalid_request", "state": "s-1"}, "claim_asserted")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": 61}, ("invalid_request", "decode_asserted", "exp is 61 s ahead: 60 s are allowed.")),
        ({"exp": -1}, ("invalid_request", "decode_asserted", "exp was 1.0 s ago")),
        ({"exp": "soon"}, ("invalid_request", "decode_asserted", 'exp is "soon"')),
        ({"without": ("exp",)}, ("invalid_request", "decode_asserted", "exp is")),
        ({"without": ("iat",)}, ("invalid_request", "decode_asserted", "lacks iat")),
        ({"without": ("jti",)}, ("invalid_request", "decode_asserted", "lacks jti")),
        ({"without": ("code",)}, ("invalid_request", "decode_asserted", "lacks code")),
        ({"iss": "nobody"}, ("invalid_request", "fetch_voucher", 'iss is "nobody": it must be the client id for')),
        ({"iss": "second"}, ("invalid_request", "fetch_voucher", 'Client "second" has registered no key')),
        ({"code": "other"}, ("login_required", "find_asserted_session", "other")),
    ],
)
def test_a_bad_one_is_reported_to_the_second_client(
    second: Ask,
    read_redirect: ReadRedirect,
    vouch: Vouch,
    jti: str,
    platform: Mock,
    changes: dict[str, Any],
    expected: tuple[str, str, str],
) -> None:
    error, rule, seen = expected
    now = int(platform.clock.now())
    timed = {name: now + value for name, value in changes.items() if name == "exp" and isinstance(value, int)}

    came = read_redirect(second(vouch(**{"code": jti, **changes, **timed})))

    record = platform.exchanges.last
    assert record.refusal is not None
    assert (came, record.refusal.rule) == ({"error": error, "state": "s-1"}, rule)
    assert seen in (record.diagnosis or "")


def test_a_signature_that_no_key_of_the_first_client_made(
    second: Ask, read_redirect: ReadRedirect, vouch: Vouch, jti: str, platform: Mock
) -> None:
    signed, other = vouch(jti).rpartition("."), vouch(jti).rpartition(".")

    came = read_redirect(second(f"{signed[0]}.{other[2]}"))

    record = platform.exchanges.last
    assert record.refusal is not None
    assert (came["error"], record.refusal.rule) == ("invalid_request", "fetch_voucher")
    assert record.diagnosis == 'No key of client "nhsauth-app" made the signature, by RS512.'


@pytest.mark.parametrize("sent", ["x", "a.b.c", "x" * 10_000])
def test_what_is_not_jwt_is_reported_to_the_second_client(second: Ask, read_redirect: ReadRedirect, sent: str) -> None:
    assert read_redirect(second(sent)) == {"error": "invalid_request", "state": "s-1"}


def test_too_low_a_level_is_refused(
    second: Ask, read_redirect: ReadRedirect, vouch: Vouch, platform: Mock, redeem: Ask
) -> None:
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app", user=P5), REDIRECT)
    claims = jwts.decode(redeem("nhs_login", code).get_json()["id_token"]).claims

    came = read_redirect(second(vouch(claims["jti"])))

    assert came["error"] == "interaction_required"


def test_cis2_passes_over_it(authorize: Ask, vouch: Vouch, jti: str) -> None:
    page = authorize("cis2", asserted_login_identity=vouch(jti))

    assert (page.status_code, page.mimetype) == (200, "text/html")
