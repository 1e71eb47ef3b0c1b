"""Puts broken requests to a target: a sound draft of a flow, damaged, in the circumstances that the damage needs."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from contract_tests import draft
from contract_tests.breakages import Breakage, Flow
from contract_tests.draft import Draft
from contract_tests.reach import need
from contract_tests.target import Target
from contract_tests.wire import Answer

SOUND: Mapping[Flow, Callable[[Target], Draft]] = {
    Flow.ROUTING: draft.client_credentials,
    Flow.CLIENT_CREDENTIALS: draft.client_credentials,
    Flow.TOKEN_EXCHANGE: draft.token_exchange,
    Flow.DELEGATION: draft.delegation,
    Flow.REFRESH: draft.refresh,
    Flow.AUTHORIZE: draft.authorize,
    Flow.CALLBACK: draft.callback,
    Flow.AUTHORIZATION_CODE: draft.authorization_code,
    Flow.USERINFO: draft.userinfo,
    Flow.LOGOUT: draft.backchannel_logout,
}


def ask(target: Target, flow: Flow, *breakages: Breakage) -> Answer:
    """Return the answer to one request that holds all the mistakes.

    Raises OutOfReachError when the target cannot be brought into their circumstances.
    """
    for breakage in breakages:
        need(target.abilities, *breakage.needs)
    broken = SOUND[flow](target)
    for breakage in breakages:
        breakage.damage(broken)
    with ExitStack() as around:
        for breakage in breakages:
            around.enter_context(breakage.circumstance(broken))
        return broken.send()
