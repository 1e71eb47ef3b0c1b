"""The correct client of the token service, where a user of the plugin looks for it; it lives in mock_servers."""

from mock_servers.client import Client, ServiceUnreachableError, Token, TokenError

__all__ = ["Client", "ServiceUnreachableError", "Token", "TokenError"]
