"""What a client under judgement is told: where the service is, and who it is itself."""

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
"""What a command or a service finds in its environment; `nhsauth client-contract --help` says what each is."""


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
