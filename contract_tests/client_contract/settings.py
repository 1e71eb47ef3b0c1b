"""The settings of a client under test: the service's URL, and its own identity."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

VARIABLES: Final = (
    "NHSAUTH_TOKEN_URL",
    "NHSAUTH_API_URL",
    "NHSAUTH_CLIENT_ID",
    "NHSAUTH_CLIENT_SECRET",
    "NHSAUTH_PRIVATE_KEY_FILE",
    "NHSAUTH_KID",
)
"""The environment variables of a command or a service; `nhsauth client-contract --help` describes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One registered app at one token service.

    `clock` returns seconds since 1970. Only a client that reads its time there, instead of the machine's, can be tested
    for when it renews a token.
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
