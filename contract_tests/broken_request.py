"""Sends broken requests to a target: a valid draft of a flow, damaged, under the conditions that the damage needs."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from contract_tests import draft
from contract_tests.breakage import Breakage, Flow
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
    Flow.STATUS: draft.status,
    Flow.CIS2_AUTHORIZE: draft.cis2_authorize,
    Flow.CIS2_TOKEN: draft.cis2_token,
    Flow.CIS2_ASSERTED: draft.cis2_asserted,
    Flow.CIS2_REFRESH: draft.cis2_refresh,
    Flow.CIS2_USERINFO: draft.cis2_userinfo,
    Flow.CIS2_END_SESSION: draft.cis2_end_session,
    Flow.CIS2_ELSEWHERE: draft.cis2_authorize,
    Flow.NHS_LOGIN_AUTHORIZE: draft.nhs_login_authorize,
    Flow.NHS_LOGIN_TOKEN: draft.nhs_login_token,
    Flow.NHS_LOGIN_REFRESH: draft.nhs_login_refresh,
    Flow.NHS_LOGIN_USERINFO: draft.nhs_login_userinfo,
    Flow.NHS_LOGIN_METADATA: draft.nhs_login_metadata,
    Flow.REALM_AUTHORIZE: draft.realm_authorize,
    Flow.REALM_TOKEN: draft.realm_token,
    Flow.REALM_ASSERTED: draft.realm_asserted,
    Flow.REALM_USERINFO: draft.realm_userinfo,
    Flow.GATEWAY: draft.hello_user,
    Flow.API_KEY: draft.hello_application,
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
