"""What a client under judgement is told: where the service is, and who it is itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

VARIABLES: Final = {
    "NHSAUTH_TOKEN_URL": "where tokens are asked for",
    "NHSAUTH_API_URL": "an API that takes the token",
    "NHSAUTH_CLIENT_ID": "the API key, which is iss and sub",
    "NHSAUTH_CLIENT_SECRET": "the secret, for refreshes alone",
    "NHSAUTH_PRIVATE_KEY_FILE": "the private key as PEM, in a file that nobody else can read",
    "NHSAUTH_KID": "the key id under which the public key is registered",
}
"""What a command or a service finds in its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One registered app at one token service.

    `clock` gives seconds since 1970. A client that reads its time there, rather than the machine's, can be judged on
    when it renews a token; one that does not leaves it alone.
    """

    token_url: str
    api_url: str
    client_id: str
    client_secret: str = field(repr=False)
    private_key_pem: str = field(repr=False)
    kid: str
    clock: Callable[[], float] = field(default=time.time, repr=False)

    def environment(self, key_file: Path) -> dict[str, str]:
        """Return the variables for a process; the key is written to `key_file`, mode 600."""
        key_file.touch(mode=0o600)
        key_file.write_text(self.private_key_pem, encoding="ascii")
        values = (self.token_url, self.api_url, self.client_id, self.client_secret, str(key_file), self.kid)
        return dict(zip(VARIABLES, values, strict=True))
