"""All values that must be new: tokens, codes, session and message ids, in the form of the real services."""

from __future__ import annotations

import base64
import string
import uuid
from random import Random, SystemRandom

_ALPHABET = (string.ascii_letters + string.digits).encode()
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
"""The letter for each byte. The first eight are slightly more frequent, which does no harm here."""


class Identifiers:
    """Makes new values from one source of randomness; a seeded `random` makes them repeatable."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()

    def access_token(self) -> str:
        """28 letters and digits: the platform's opaque access token (Q)."""
        return self._letters_and_digits(28)

    def refresh_token(self) -> str:
        """32 letters and digits: the platform's refresh token (Q)."""
        return self._letters_and_digits(32)

    def apigee_code(self) -> str:
        """8 letters and digits: the platform's own authorization code (I)."""
        return self._letters_and_digits(8)

    def api_key(self) -> str:
        """32 letters and digits: an app's client id (Q)."""
        return self._letters_and_digits(32)

    def client_secret(self) -> str:
        """16 letters and digits: an app's secret (S)."""
        return self._letters_and_digits(16)

    def ticket(self) -> str:
        """27 characters of base64url, 20 random bytes: CIS2's codes and opaque tokens (Q for codes)."""
        raw = self._random.getrandbits(160).to_bytes(20, "big")
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def uuid(self) -> str:
        """A random UUID as text: jti, sid, NHS login's codes and refresh tokens."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def message_id(self) -> str:
        """The form of the platform's message ids (Q): `rrt-1183045613714605707-b-geu2-2173710-114871213-1`."""
        draw = self._random.randrange
        region = "abcd"[draw(4)]
        return (
            f"rrt-{draw(10**17, 10**19)}-{region}-geu2-{draw(10**4, 10**7):05d}-{draw(10**5, 10**9):06d}-{draw(1, 5)}"
        )

    def _letters_and_digits(self, length: int) -> str:
        return self._random.randbytes(length).translate(_LETTERS).decode()
