"""Mistakes in what a browser brings back from a provider."""

from contract_tests.draft import STATE, Draft


def state_absent(draft: Draft) -> None:
    """Bring no state."""
    del draft.asked["state"]


def state_unknown(draft: Draft) -> None:
    """Bring a state that nobody issued."""
    draft.asked["state"] = "7a1f6f0e-0000-4000-8000-000000000000"


def state_of_the_client(draft: Draft) -> None:
    """Bring the state that the client sent."""
    draft.asked["state"] = STATE


def state_used_before(draft: Draft) -> None:
    """Bring a state a second time."""
    draft.send()


def error_of_the_provider(draft: Draft) -> None:
    """Come back with an error, as somebody does who has cancelled."""
    draft.asked["error"] = "access_denied"


def code_never_issued(draft: Draft) -> None:
    """Bring a code that the provider does not know."""
    draft.asked["code"] = "no-such-code"


def code_absent(draft: Draft) -> None:
    """Bring no code."""
    del draft.asked["code"]
