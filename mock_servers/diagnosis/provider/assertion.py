"""A client assertion at an identity provider, which wants other things than the platform does. 44 to 47, and 60."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.provider.credential import basic_credentials
from mock_servers.identity_provider.client import Client
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import kids_of
from mock_servers.journal.finding import Finding
from mock_servers.state.app import App
from mock_servers.state.provider import Provider
from mock_servers.wire.wording import difference, duration, shown, url

_CIS2_CLIENT: Final = re.compile(r".+\.apps\.(supplier|national)")
_API_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")
_PLATFORM: Final = re.compile(r"https?://[^/]+/oauth2(-mock)?/token/?")
_NHS_LOGIN_HOST: Final = re.compile(r"https?://auth\.(\w+\.)?(signin|login)\.nhs\.uk(/\w*)?")


def provider_of(case: Case) -> Provider | None:
    """Return the identity provider that refused; `None` at the platform."""
    return next((each for each in case.known.providers if each.name == case.record.service), None)


def _at(case: Case, people: str) -> Provider | None:
    """Return the provider itself, not a mock realm of its people, where an assertion came to it."""
    provider = provider_of(case)
    return provider if provider is not None and provider.name == people and case.assertion is not None else None


def cis2_iss_is_api_key(case: Case) -> Finding | None:
    """The assertion for CIS2 names the app by its key at the platform."""
    iss, client_id = case.claim("iss"), case.form("client_id")
    if _at(case, "cis2") is None or not isinstance(iss, str) or iss == client_id:
        return None
    app = case.known.app(iss)
    if _CIS2_CLIENT.fullmatch(iss) or not (_signs_by_its_key(app, client_id) if app else _API_KEY.fullmatch(iss)):
        return None
    whose = f"the API key of app {shown(app.name)}" if app is not None else "by its shape an API key"
    named = f", and client_id in the form is {shown(client_id)}" if client_id is not None else ""
    return Finding(
        id="cis2-iss-is-api-key",
        certainty="certain" if app is not None and client_id is not None else "likely",
        seen=f"iss of the assertion is {shown(iss)}, {whose} at the platform{named}.",
        cause="CIS2 and the platform know an app by two ids, and sign-in to each is signed for with its own.",
        cure="For CIS2 set iss and sub to the CIS2 client id (….apps.supplier or ….apps.national), here an app of its "
        'own with cis2_auth_method "private_key_jwt"; the API key is for the platform.',
    )


def _signs_by_its_key(app: App, client_id: str | None) -> bool:
    """Whether an app's key is no client of CIS2: the form names another, or the app has not registered to sign."""
    return client_id is not None or app.cis2_auth_method != "private_key_jwt"


def cis2_aud(case: Case) -> Finding | None:
    """`aud` is CIS2's token endpoint but for the port, or another of its URLs."""
    provider, aud, good = _at(case, "cis2"), case.claim("aud"), _endpoint(case)
    if provider is None or aud == good or not isinstance(aud, str):
        return None
    without_port, words = aud == _bare(good) != good, _aud_in_words(case, aud, good)
    return Finding(
        id="cis2-aud-without-443",
        certainty="certain" if words else "likely",
        seen=f"aud is {url(aud)}{words}; CIS2's token endpoint is {url(good)}.",
        cause="CIS2 spells its token endpoint with :443, and many URL libraries drop a port that the scheme implies."
        if without_port
        else "aud is compared with the token endpoint of the discovery document, letter by letter.",
        cure="Keep the string of the discovery document for aud, and do not pass it through a URL parser.",
        difference=difference(aud, good),
    )


def _bare(address: str) -> str:
    return address.replace(":443/", "/", 1)


def _aud_in_words(case: Case, aud: str, good: str) -> str:
    if aud == _bare(good):
        return ", without the port"
    if aud in (_issuer(case), _bare(_issuer(case))):
        return ", which is the issuer"
    if _PLATFORM.fullmatch(aud):
        return ", which is the platform's token URL"
    return ""


def _issuer(case: Case) -> str:
    provider = provider_of(case)
    return provider.issuer(case.request.origin) if provider is not None else ""


def _endpoint(case: Case) -> str:
    provider = provider_of(case)
    return f"{_issuer(case)}{provider.endpoints['token']}" if provider is not None else ""


def cis2_lifetime(case: Case) -> Finding | None:
    """`exp` lies further ahead than CIS2 takes."""
    provider, exp = _at(case, "cis2"), case.seconds("exp")
    if provider is None or provider.proof.longest is None or exp is None or exp - case.now <= provider.proof.longest:
        return None
    return Finding(
        id="cis2-lifetime",
        certainty="certain",
        seen=f"exp of the assertion is {duration(exp - case.now)} ahead.",
        cause=f"CIS2 takes {duration(provider.proof.longest)} at most (found by a live team; its words are our guess), "
        f"and {duration(provider.proof.advised or 0)} are documented.",
        cure="Set exp to now + 240, in seconds: that does at the platform, too.",
    )


def cis2_alg_or_key(case: Case) -> Finding | None:
    """Which of the three it is that "JWT is not valid" does not tell: algorithm, kid or key."""
    registered = _registered_algorithm(case)
    if _at(case, "cis2") is None or registered is None:
        return None
    found = _unknown_kid(case) or _other_algorithm(case, registered) or _other_key(case)
    if found is None:
        return None
    seen, cure = found
    return Finding(
        id="cis2-alg-or-key",
        certainty="certain",
        seen=seen,
        cause="CIS2 answers the same words, JWT is not valid, to a wrong algorithm, an unknown kid and a wrong key.",
        cure=cure,
    )


def _unknown_kid(case: Case) -> tuple[str, str] | None:
    if not case.refused_by("check_assertion_key"):
        return None
    kids = kids_of(case.learned.get("jwks") or ())
    seen = f"kid is {shown(case.header('kid'))}; client and key set have {shown(kids)}."
    return seen, "Send the kid of the registered key, or none: CIS2 then tries each."


def _registered_algorithm(case: Case) -> str | None:
    client, iss = case.learned.get("client"), case.claim("iss")
    if isinstance(client, Client):
        return client.signing_algorithm
    app = case.known.app(iss)
    return app.cis2_signing_algorithm if app is not None else None


def _other_algorithm(case: Case, registered: str) -> tuple[str, str] | None:
    alg = case.header("alg")
    if alg == registered:
        return None
    seen = f"The assertion is signed by {shown(alg)}; registered at CIS2 is {registered}."
    return seen, f"Sign with {registered}, or have the registration changed."


def _other_key(case: Case) -> tuple[str, str] | None:
    if not case.refused_by("check_assertion_signature"):
        return None
    kid = case.header("kid")
    which = "any registered key" if kid is UNDEFINED else f"the key that is registered as kid {shown(kid)}"
    return f"The algorithm is right, and the signature is not that of {which}.", (
        "Sign with the private half of the key that CIS2 reads from your key set."
    )


def nhs_login_auth(case: Case) -> Finding | None:
    """NHS login takes an assertion by RS512 for itself, and nothing else."""
    provider = provider_of(case)
    if provider is None or provider.takes_client_secret:
        return None
    seen = _of_secret(case) if case.assertion is None else _of_algorithm(case, provider) or _of_audience(case)
    if seen is None:
        return None
    return Finding(
        id="nhs-login-auth",
        certainty="certain",
        seen=seen,
        cause=f"{provider.title} knows no client secret, no other algorithm than RS512, and itself alone as audience.",
        cure="Sign an assertion with RS512 (private_key_jwt): iss and sub the client id, aud "
        f"{url(_endpoint(case))}, jti and exp.",
    )


def _of_secret(case: Case) -> str | None:
    if basic_credentials(case) is not None:
        return "The client proves itself by a secret in a Basic header."
    if "client_secret" in case.request.form:
        return "The client proves itself by client_secret in the form."
    if "client_assertion" in case.request.form or not case.refused_by("find_credentials", "check_method_registered"):
        return None
    return "There is neither client_assertion nor client_assertion_type in the form."


def _of_algorithm(case: Case, provider: Provider) -> str | None:
    alg = case.header("alg")
    if alg in provider.proof.algorithms:
        return None
    return f"The assertion is signed by {shown(alg)}."


def _of_audience(case: Case) -> str | None:
    aud: Any = case.claim("aud")
    sent = aud if isinstance(aud, list) else [aud]
    if any(each in (_issuer(case), _endpoint(case)) for each in sent):
        return None
    return f"aud is {url(aud)}{_what_it_is(case, aud)}." if aud is not UNDEFINED else "The assertion has no aud."


def _what_it_is(case: Case, aud: Any) -> str:
    if not isinstance(aud, str):
        return ""
    if _PLATFORM.fullmatch(aud):
        return ", the platform's token URL"
    if aud.endswith("/userinfo"):
        return ", the userinfo endpoint"
    here = urlsplit(case.request.origin).netloc
    return f", NHS login of another environment than {here}" if _NHS_LOGIN_HOST.fullmatch(aud) else ""


FINDERS: Final = (
    Finder(
        find=cis2_iss_is_api_key,
        rules=("check_assertion_names_client", "find_client", "check_method_registered"),
    ),
    Finder(find=cis2_aud, rules=("check_assertion_audience",), named=("cis2-aud-without-443",)),
    Finder(find=cis2_lifetime, rules=("check_assertion_near",)),
    Finder(find=cis2_alg_or_key, rules=("check_assertion_key", "check_assertion_signature")),
    Finder(
        find=nhs_login_auth,
        rules=(
            "find_credentials",
            "check_assertion_signature",
            "check_assertion_audience",
            "check_method_registered",
        ),
    ),
)
