"""A client assertion at an identity provider, which has other requirements than the platform."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import API_KEY
from mock_servers.identity_provider.client import Client
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import kids_of
from mock_servers.journal.finding import Finding
from mock_servers.provider import errors
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import owner_of_client_id
from mock_servers.state.app import App
from mock_servers.wire.wording import difference, shown, url

_ALGORITHM: Final = re.compile(r"(?:RS|PS|ES|HS)(?:256|384|512)|EdDSA")
_PLATFORM: Final = re.compile(r"https?://[^/]+/oauth2(-mock)?/token/?")


def provider_of(case: Case) -> Provider | None:
    """Return the identity provider that refused; `None` at the platform."""
    return next((each for each in case.known.providers if each.name == case.record.service), None)


def _registering(case: Case) -> Provider | None:
    """Return the provider, not a mock realm, if an assertion came to one that enforces the registered method."""
    provider = provider_of(case)
    asked = provider is not None and not provider.proof.methods and case.assertion is not None
    return provider if asked else None


def iss_is_api_key(case: Case) -> Finding | None:
    """The assertion names the app by its key at the platform, where clients have ids of another form."""
    provider, iss, client_id = _registering(case), case.claim("iss"), case.form("client_id")
    if provider is None or not provider.client_id_like or not isinstance(iss, str) or iss == client_id:
        return None
    app = case.known.app(iss)
    if owner_of_client_id(iss) is not None or not (
        _signs_by_its_key(app, client_id, provider) if app else API_KEY.fullmatch(iss)
    ):
        return None
    whose = (
        f"the API key of app {shown(app.name)} at the platform"
        if app is not None
        else "which looks like an API key of NHS England's API platform"
    )
    named = f", and client_id in the form is {shown(client_id)}" if client_id is not None else ""
    return Finding(
        id="cis2-iss-is-api-key",
        certainty="certain" if app and (client_id is not None or not app.known_at(provider.knows_as)) else "likely",
        seen=f"iss of the assertion is {shown(iss)}, {whose}{named}.",
        cause=f"An app has one id at {provider.title} and another at the platform. Each accepts only its own.",
        cure=f"For {provider.title} set iss and sub to the {provider.title} client id "
        f"({' or '.join(provider.client_id_like)}), here an app of its own with cis2_auth_method "
        '"private_key_jwt"; the API key is for the platform.',
    )


def _signs_by_its_key(app: App, client_id: str | None, provider: Provider) -> bool:
    """Whether an app's key is no client of the provider, or the form names another, or the app is not to sign."""
    return client_id is not None or not app.known_at(provider.knows_as) or app.auth_method != "private_key_jwt"


def aud_not_endpoint(case: Case) -> Finding | None:
    """`aud` is the provider's token endpoint without its port, or another of its URLs."""
    provider, aud, good = _registering(case), case.claim("aud"), _endpoint(case)
    if provider is None or aud == good or not isinstance(aud, str):
        return None
    without_port, words = aud == _bare(good) != good, _aud_in_words(case, aud, good)
    return Finding(
        id="cis2-aud-without-443",
        certainty="certain" if words else "likely",
        seen=f"aud is {url(aud)}{words}; {provider.title}'s token endpoint is {url(good)}.",
        cause=f"{provider.title} writes its token endpoint with :443, and many URL libraries drop a port that the "
        "scheme implies."
        if without_port
        else "The provider compares aud with its token endpoint, character by character.",
        cure="Use token_endpoint of the discovery document as aud, and do not put it through a URL parser.",
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
    return provider.issuer(case.request.base) if provider is not None else ""


def _endpoint(case: Case) -> str:
    provider = provider_of(case)
    return f"{_issuer(case)}{provider.endpoints['token']}" if provider is not None else ""


def alg_or_key(case: Case) -> Finding | None:
    """The algorithm, the kid or the key is wrong; "JWT is not valid" does not say which."""
    provider, registered = _registering(case), _registered_algorithm(case)
    if provider is None or registered is None:
        return None
    found = _unknown_kid(case, provider) or _other_algorithm(case, registered, provider) or _other_key(case, provider)
    if found is None:
        return None
    seen, cure = found
    row = provider.errors[errors.ASSERTION_KEY_UNKNOWN]
    words = row.sentence or row.code
    return Finding(
        id="cis2-alg-or-key",
        certainty="certain",
        seen=seen,
        cause=f"{provider.title} gives the same answer, {words}, to a wrong algorithm, an unknown kid and a wrong key.",
        cure=cure,
    )


def _unknown_kid(case: Case, provider: Provider) -> tuple[str, str] | None:
    if not case.refused_by("check_assertion_key"):
        return None
    kids = kids_of(case.learned.get("jwks") or ())
    seen = f"kid is {shown(case.header('kid'))}; the key set of the client has {shown(kids)}."
    return seen, f"Send the kid of the registered key. Or send no kid: {provider.title} then tries each key."


def _registered_algorithm(case: Case) -> str | None:
    client, iss = case.learned.get("client"), case.claim("iss")
    if isinstance(client, Client):
        return client.signing_algorithm
    app = case.known.app(iss)
    return app.signing_algorithm if app is not None else None


def _other_algorithm(case: Case, registered: str, provider: Provider) -> tuple[str, str] | None:
    alg = case.header("alg")
    if alg == registered:
        return None
    if not isinstance(alg, str) or _ALGORITHM.fullmatch(alg) is None:
        seen = f"alg is {shown(alg)}, which is no algorithm; registered at {provider.title} is {registered}."
        return seen, f'Set alg to "{registered}": let the library write it.'
    seen = f"The assertion is signed with {alg}; registered at {provider.title} is {registered}."
    return seen, f"Sign with {registered}, or ask {provider.title} to change the registration."


def _other_key(case: Case, provider: Provider) -> tuple[str, str] | None:
    if not case.refused_by("check_assertion_signature"):
        return None
    kid = case.header("kid")
    which = "any registered key" if kid is UNDEFINED else f"the key that is registered as kid {shown(kid)}"
    return f"The algorithm is right, but the signature does not match {which}.", (
        f"Sign with the private half of the key that {provider.title} reads from your key set."
    )


def only_by_key(case: Case) -> Finding | None:
    """The provider accepts only an assertion with its own algorithm and audience."""
    provider = provider_of(case)
    if provider is None or provider.takes_client_secret:
        return None
    seen = _of_secret(case) if case.assertion is None else _of_algorithm(case, provider) or _of_audience(case, provider)
    if seen is None:
        return None
    return Finding(
        id="nhs-login-auth",
        certainty="certain",
        seen=seen,
        cause=f"{provider.title} accepts no client secret, only the algorithm {_algorithm(provider)}, and only "
        "itself as audience.",
        cure=f"Sign an assertion with {_algorithm(provider)} (private_key_jwt): iss and sub the client id, aud "
        f"{url(_endpoint(case))}, jti and exp.",
    )


def _algorithm(provider: Provider) -> str:
    return " or ".join(provider.proof.algorithms) or "the one that is registered"


def _of_secret(case: Case) -> str | None:
    if case.request.basic is not None:
        return "The client authenticates with a secret in a Basic header."
    if "client_secret" in case.request.form:
        return "The client authenticates with client_secret in the form."
    if "client_assertion" in case.request.form or not case.refused_by("find_credentials", "check_method_registered"):
        return None
    return "There is neither client_assertion nor client_assertion_type in the form."


def _of_algorithm(case: Case, provider: Provider) -> str | None:
    alg = case.header("alg")
    if alg in provider.proof.algorithms or not provider.proof.algorithms:
        return None
    return f"The assertion is signed with {_bare_name(alg)}."


def _bare_name(alg: Any) -> str:
    """Return the name of an algorithm; what is no name is shown as it is."""
    return alg if isinstance(alg, str) and _ALGORITHM.fullmatch(alg) else shown(alg)


def _of_audience(case: Case, provider: Provider) -> str | None:
    aud: Any = case.claim("aud")
    sent = aud if isinstance(aud, list) else [aud]
    if any(each in (_issuer(case), _endpoint(case)) for each in sent):
        return None
    return (
        f"aud is {url(aud)}{_what_it_is(case, aud, provider)}." if aud is not UNDEFINED else "The assertion has no aud."
    )


def _what_it_is(case: Case, aud: Any, provider: Provider) -> str:
    if not isinstance(aud, str):
        return ""
    if _PLATFORM.fullmatch(aud):
        return ", the platform's token URL"
    if aud.endswith("/userinfo"):
        return ", the userinfo endpoint"
    here, real = urlsplit(case.request.base).netloc, rf"https?://{provider.host_form}(/\w*)?"
    is_real = provider.host_form and re.fullmatch(real, aud)
    return f", {provider.title} of another environment than {here}" if is_real else ""


FINDERS: Final = (
    Finder(
        find=iss_is_api_key,
        rules=(
            "check_assertion_names_client",
            "check_assertion_not_by_api_key",
            "find_client",
            "check_method_registered",
        ),
        named=("cis2-iss-is-api-key",),
    ),
    Finder(find=aud_not_endpoint, rules=("check_assertion_audience",), named=("cis2-aud-without-443",)),
    Finder(find=alg_or_key, rules=("check_assertion_key", "check_assertion_signature"), named=("cis2-alg-or-key",)),
    Finder(
        find=only_by_key,
        rules=(
            "find_credentials",
            "check_assertion_signature",
            "check_assertion_audience",
            "check_method_registered",
        ),
        named=("nhs-login-auth",),
    ),
)
