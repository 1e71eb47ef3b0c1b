"""The client contract: runs a team's own client against the mock and checks what it sends.

from contract_tests.client_contract import CallableClient, judge

def test_our_client_keeps_the_contract():
card = judge(CallableClient(lambda settings: OurClient(settings.token_url, ...).get_token))

assert not card.failed, card
"""

from contract_tests.client_contract.checks import CHECKS, Check
from contract_tests.client_contract.judging import judge
from contract_tests.client_contract.scorecard import Scorecard, Verdict
from contract_tests.client_contract.settings import Settings
from contract_tests.client_contract.subject import CallableClient, CommandClient, Got, ServiceClient, Session, Subject

__all__ = [
    "CHECKS",
    "CallableClient",
    "Check",
    "CommandClient",
    "Got",
    "Scorecard",
    "ServiceClient",
    "Session",
    "Settings",
    "Subject",
    "Verdict",
    "judge",
]
