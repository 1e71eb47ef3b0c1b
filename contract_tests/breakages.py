"""The contract of the token endpoint once more, in its order: each way to break each rule.

Written by hand like the answers, which are in `contract`, and independently of the mock's own list, so that a rule in
the wrong place of that list is noticed here. Of several mistakes in one request the first in this list is answered.
Each part of the contract has a module of its own, `…_breakages`; this one puts them in order.
"""

from contract_tests.assertion_breakages import ASSERTION
from contract_tests.breakage import Breakage, Flow
from contract_tests.browser_flow_breakages import BROWSER_FLOW
from contract_tests.exchange_breakages import EXCHANGE
from contract_tests.gateway_breakages import GATEWAY
from contract_tests.provider_breakages import PROVIDERS
from contract_tests.realm_breakages import REALMS
from contract_tests.request_breakages import REQUEST

TOKEN_SERVICE: tuple[Breakage, ...] = (*REQUEST, *ASSERTION, *EXCHANGE, *BROWSER_FLOW)

BREAKAGES: tuple[Breakage, ...] = (*TOKEN_SERVICE, *PROVIDERS, *REALMS, *GATEWAY)


def of_flow(flow: Flow) -> tuple[Breakage, ...]:
    """Return the breakages of one kind of request, in the order of the contract."""
    return tuple(breakage for breakage in BREAKAGES if flow in breakage.flows)
