"""Conditions around a request that make it a mistake: a used jti, a spent quota, a provider that is down.

Entered just before the finished draft is sent, and left after its answer.
"""

from contextlib import AbstractContextManager, nullcontext

from contract_tests.draft import Draft, LazyValue, client_credentials


def nothing(_: Draft) -> AbstractContextManager[None]:
    """Change nothing."""
    return nullcontext()


def jti_spent(draft: Draft) -> AbstractContextManager[None]:
    """Use the draft's jti, for its subject, in a request that is valid up to the rule that stores the jti."""
    claims = draft.assertion.claims
    subject = claims.get("sub", LazyValue.CLIENT_ID)
    first = client_credentials(draft.target)
    first.app = draft.app
    first.assertion.claims |= {"iss": subject, "sub": subject, "jti": claims["jti"]}
    first.send()
    return nullcontext()


def quota_spent(draft: Draft) -> AbstractContextManager[None]:
    """Send one sound request of the draft's app, all that its quota allows."""
    first = client_credentials(draft.target)
    first.app = draft.app
    first.send()
    return nullcontext()


def cis2_keys_unreachable(draft: Draft) -> AbstractContextManager[None]:
    """Let CIS2 answer 503 when the platform asks for its keys."""
    return draft.target.fault(on="cis2.jwks", do="status", status=503)


def cis2_tokens_unavailable(draft: Draft) -> AbstractContextManager[None]:
    """Let CIS2 answer 503 when the platform redeems its code."""
    return draft.target.fault(on="cis2.token", do="status", status=503)


def cis2_userinfo_unavailable(draft: Draft) -> AbstractContextManager[None]:
    """Let CIS2 answer 503 when the platform asks it for userinfo."""
    return draft.target.fault(on="cis2.userinfo", do="status", status=503)
