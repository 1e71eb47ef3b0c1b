"""The correct client of the token service, importable from the plugin; its code is in mock_servers."""

from mock_servers.client import Client, ServiceUnreachableError, Token, TokenError

__all__ = ["Client", "ServiceUnreachableError", "Token", "TokenError"]
