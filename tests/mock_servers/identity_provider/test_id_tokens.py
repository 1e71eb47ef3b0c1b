"""Id tokens member by member, in order; times, levels, hashes and what a test may alter."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from mock_servers.identity_provider.log_ins import LevelError, LogInRequest, NoSuchPersonError
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration
from mock_servers.state.person import Person

NOW = 1_800_000_000
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

Mint = Callable[..., jwts.Jwt]


@pytest.fixture
def mint(platform: Mock) -> Mint:
    def minted(provider: str, alterations: Alterations | None = None, **wanted: Any) -> jwts.Jwt:
        asked = LogInRequest(client_id="nhsauth-app", **wanted)
        return jwts.decode(platform.id_token(provider, asked, alterations or Alterations()))

    return minted


def test_cis2_header(platform: Mock, mint: Mint) -> None:
    kid = platform.providers["cis2"].key().kid

    assert list(mint("cis2").header.items()) == [("typ", "JWT"), ("kid", kid), ("alg", "RS256")]


def test_cis2_payload(mint: Mint) -> None:
    claims = dict(mint("cis2", nonce="n-1").claims)

    token_id = claims["org.forgerock.openidconnect.ops"]
    assert re.fullmatch(UUID, token_id)
    assert re.fullmatch(UUID, claims["sid"])
    assert list(claims.items()) == [
        ("sub", "656005750104"),
        ("auditTrackingId", f"{token_id}-1"),
        ("amr", ["N3_SMARTCARD"]),
        ("iss", "http://127.0.0.1:8080/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"),
        ("tokenName", "id_token"),
        ("aud", "nhsauth-app"),
        ("acr", "AAL3_ANY"),
        ("org.forgerock.openidconnect.ops", token_id),
        ("nonce", "n-1"),
        ("sid", claims["sid"]),
        ("azp", "nhsauth-app"),
        ("auth_time", NOW),
        ("realm", "/NHSIdentity/Healthcare"),
        ("exp", NOW + 3600),
        ("tokenType", "JWTToken"),
        ("iat", NOW),
        ("id_assurance_level", 3),
        ("authentication_assurance_level", 3),
    ]


def test_nhs_login_header_repeats_claims(platform: Mock, mint: Mint) -> None:
    token = mint("nhs_login")

    assert list(token.header.items()) == [
        ("sub", token.claims["sub"]),
        ("aud", "nhsauth-app"),
        ("kid", platform.providers["nhs_login"].key().kid),
        ("iss", "http://127.0.0.1:8080"),
        ("typ", "JWT"),
        ("exp", NOW + 3600),
        ("iat", NOW),
        ("alg", "RS512"),
        ("jti", token.claims["jti"]),
    ]


def test_nhs_login_payload(mint: Mint) -> None:
    claims = dict(mint("nhs_login", user="9912003071").claims)

    assert re.fullmatch(UUID, claims["jti"])
    assert list(claims.items()) == [
        ("iss", "http://127.0.0.1:8080"),
        ("sub", claims["sub"]),
        ("aud", "nhsauth-app"),
        ("iat", NOW),
        ("vtm", "http://127.0.0.1:8080/trustmark/127.0.0.1:8080"),
        ("auth_time", NOW),
        ("vot", "P9.Cp.Cd"),
        ("exp", NOW + 3600),
        ("jti", claims["jti"]),
        ("nhs_number", "9912003071"),
        ("identity_proofing_level", "P9"),
        ("id_status", "verified"),
        ("token_use", "id"),
        ("surname", "MILLARD"),
        ("family_name", "MILLARD"),
        ("birthdate", "1968-02-12"),
    ]


def test_a_patient_has_the_same_sub_at_every_log_in(mint: Mint) -> None:
    assert mint("nhs_login").claims["sub"] == mint("nhs_login").claims["sub"]


@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"])
def test_the_key_set_of_a_provider_verifies_its_id_token(platform: Mock, http: Client, provider: str) -> None:
    service = platform.providers[provider]
    token = jwts.decode(platform.id_token(provider, LogInRequest(client_id="nhsauth-app")))

    (jwk,) = http.get(service.provider.endpoint("jwks")).get_json()["keys"]

    assert jwk["kid"] == token.header["kid"]
    assert jwts.verify(token, service.key().private.public_key(), (service.provider.signing_algorithm,))


@pytest.mark.parametrize(
    ("provider", "user", "claim", "level"),
    [
        ("cis2", "656005750109", "authentication_assurance_level", 2),
        ("cis2", "656005750110", "authentication_assurance_level", 1),
        ("nhs_login", "9912003072", "identity_proofing_level", "P5"),
        ("nhs_login", "9912003073", "identity_proofing_level", "P0"),
        ("Cis2-mock-internal-dev", "656005750111", "authentication_assurance_level", 2),
        ("NHS-Login-mock-internal-dev", "9912003071", "identity_proofing_level", "P9"),
    ],
)
def test_a_person_logs_in_at_their_level(mint: Mint, provider: str, user: str, claim: str, level: object) -> None:
    assert mint(provider, user=user).claims[claim] == level


def test_a_person_can_log_in_below_their_level(mint: Mint) -> None:
    assert mint("cis2", user="656005750104", level="AAL2").claims["authentication_assurance_level"] == 2


def test_nobody_logs_in_above_their_level(mint: Mint) -> None:
    with pytest.raises(LevelError, match="656005750110 logs in at aal1 at most, not at aal3"):
        mint("cis2", user="656005750110", level="aal3")


def test_a_level_of_another_provider_is_refused_with_those_there_are(mint: Mint) -> None:
    with pytest.raises(LevelError, match="CIS2 has no level 'P9': it has aal3, aal2, aal1"):
        mint("cis2", user="656005750110", level="P9")


def test_without_a_user_somebody_who_reaches_the_level_logs_in(mint: Mint) -> None:
    assert mint("cis2", level="aal2").claims["authentication_assurance_level"] == 2


def test_an_unknown_person_is_refused_with_those_there_are(mint: Mint) -> None:
    with pytest.raises(NoSuchPersonError, match=r"no user '5': it has 9912003071 \(P9\), 9912003072 \(P5\)"):
        mint("nhs_login", user="5")


def test_altered_members_are_signed_as_asked(platform: Mock, mint: Mint) -> None:
    alterations = Alterations(claims={"exp": 5, "more": [1]}, headers={"kid": "k"}, without=["sub", "header.typ"])

    token = mint("cis2", alterations)

    assert (token.claims["exp"], token.claims["more"], token.header["kid"]) == (5, [1], "k")
    assert "sub" not in token.claims
    assert "typ" not in token.header
    assert jwts.verify(token, platform.providers["cis2"].key().private.public_key(), ("RS256",))


def test_assurance_levels_are_text_when_set_so(ring: KeyRing) -> None:
    platform = Mock(Configuration(cis2=ProviderSettings(assurance_levels="string")), ring=ring)

    claims = jwts.decode(platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))).claims

    assert (claims["id_assurance_level"], claims["authentication_assurance_level"]) == ("3", "3")


def test_a_configured_persons_claims_take_the_place_of_the_providers(ring: KeyRing) -> None:
    person = Person(provider="cis2", id="656005750104", level="aal3", claims={"name": "TEST User", "acr": "X"})
    platform = Mock(Configuration(users=(person,)), ring=ring)

    claims = jwts.decode(platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))).claims

    assert (claims["name"], claims["acr"]) == ("TEST User", "X")


def half_hash(value: str, algorithm: str) -> str:
    digest = hashlib.new(algorithm, value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def test_a_redeemed_code_gives_an_id_token_with_the_hashes_of_token_and_code(platform: Mock, http: Client) -> None:
    redirect = "http://127.0.0.1:8080/_nhsauth/callback"
    code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), redirect)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}

    members = http.post(platform.providers["cis2"].provider.endpoint("token"), data={**form, **secret}).get_json()

    claims = jwts.decode(members["id_token"]).claims
    assert claims["at_hash"] == half_hash(members["access_token"], "sha256")
    assert claims["c_hash"] == half_hash(code, "sha256")
