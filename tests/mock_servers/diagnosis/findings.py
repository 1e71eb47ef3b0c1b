"""What tests read of the last exchange's findings."""

from mock_servers.journal.finding import Finding
from mock_servers.mock import Mock


def top(platform: Mock) -> Finding:
    return platform.exchanges.last.findings[0]


def seen(platform: Mock) -> tuple[str, str]:
    """The best finding's id, how sure it is."""
    return top(platform).id, top(platform).certainty
