"""Mistakes made before the request: what is registered of the app, or is not."""

from contract_tests import jwts
from contract_tests.draft import Draft
from contract_tests.jwks_host import Page, json_page

_PAGE = Page(headers={"Content-Type": "text/html"}, body=b"<!doctype html><title>Keys</title>")


def not_approved(draft: Draft) -> None:
    """Use an app that is not approved, or no more."""
    draft.app["approved"] = False


def key_not_approved(draft: Draft) -> None:
    """Use an app whose key is not approved, or no more."""
    draft.app["key_approved"] = False


def developer_inactive(draft: Draft) -> None:
    """Use an app whose developer is not active."""
    draft.app["developer_active"] = False


def company_inactive(draft: Draft) -> None:
    """Use an app whose company is not active."""
    draft.app["company_active"] = False


def at_providers_alone(draft: Draft) -> None:
    """Be an app that the platform does not know, only CIS2 and NHS login."""
    draft.app["services"] = ["cis2", "nhs_login"]


def not_subscribed(draft: Draft) -> None:
    """Use an app whose products do not cover the service."""
    draft.app["subscribed"] = False


def quota_of_one(draft: Draft) -> None:
    """Use an app that may send one request a minute, which `precondition.quota_spent` then sends."""
    draft.app["quota_per_minute"] = 1


def no_public_key(draft: Draft) -> None:
    """Use an app that has no JWKS URL."""
    draft.app["jwks"] = None


def jwks_host_silent(draft: Draft) -> None:
    """Register a JWKS URL where nobody listens."""
    draft.app["jwks_url"] = draft.target.jwks_host.silent_url + "/jwks.json"


def jwks_url_in_capitals(draft: Draft) -> None:
    """Register the URL of a good set with its scheme in capitals, which the service does not take for a URL."""
    good = draft.target.jwks_host.serve("/good", json_page({"keys": [draft.target.jwk]}))
    draft.app["jwks_url"] = good.replace("http://", "HTTP://", 1)


def jwks_not_found(draft: Draft) -> None:
    """Register a JWKS URL that answers 404."""
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/not-found", Page(status=404))


def jwks_host_failing(draft: Draft) -> None:
    """Register a JWKS URL that answers 500, with a good set in its body."""
    good = json_page({"keys": [draft.target.jwk]})
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/failing", Page(status=500, body=good.body))


def jwks_a_web_page(draft: Draft) -> None:
    """Register the URL of a web page."""
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/page", _PAGE)


def jwks_a_bare_key(draft: Draft) -> None:
    """Serve the key itself in the place of a set of keys."""
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/bare", json_page(draft.target.jwk))


def jwks_keys_no_list(draft: Draft) -> None:
    """Serve a set whose `keys` is one key."""
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/one", json_page({"keys": draft.target.jwk}))


def jwks_moved(draft: Draft) -> None:
    """Register a URL that redirects to the set: nobody follows."""
    host = draft.target.jwks_host
    good = host.serve("/good", json_page({"keys": [draft.target.jwk]}))
    draft.app["jwks_url"] = host.serve("/moved", Page(status=302, headers={"Location": good}))


def scopes_of_people_only(draft: Draft) -> None:
    """Use an app that is for people to act through, and not for itself."""
    draft.app["scopes"] = [
        "urn:nhsd:apim:user-nhs-cis2:aal3:hello-world",
        "urn:nhsd:apim:user-nhs-login:P9:hello-world",
    ]


def no_scopes(draft: Draft) -> None:
    """Use an app that has no product at all."""
    draft.app["scopes"] = []


def scopes_of_the_app_only(draft: Draft) -> None:
    """Use an app that may act for itself, and not for people."""
    draft.app["scopes"] = ["urn:nhsd:apim:app:level3:hello-world"]


def scopes_of_lower_levels(draft: Draft) -> None:
    """Use an app for people who are known less well than this one."""
    draft.app["scopes"] = [
        "urn:nhsd:apim:user-nhs-cis2:aal2:hello-world",
        "urn:nhsd:apim:user-nhs-login:P5:hello-world",
    ]


def key_too_short(draft: Draft) -> None:
    """Register a key of 1024 bits, and sign with it."""
    signer, host = draft.target.short_signer, draft.target.jwks_host
    key = jwts.public_jwk(signer.key.public_key(), draft.target.jwk["kid"])
    draft.app["jwks_url"] = host.serve("/short", json_page({"keys": [key]}))
    draft.assertion.sign = signer


def key_of_a_curve(draft: Draft) -> None:
    """Register a key that is not RSA: the example of RFC 7517, appendix A.1."""
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "kid": draft.target.jwk["kid"],
    }
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/curve", json_page({"keys": [key]}))
