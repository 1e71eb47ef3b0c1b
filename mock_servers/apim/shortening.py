"""The form parameters by which a client lowers a lifetime, never raises it: a script's `parseInt(value) < default`."""

from __future__ import annotations

from typing import Final

from mock_servers.jose import javascript
from mock_servers.wire.request import Parameters

_THOUSAND: Final = 1000


def shortened(form: Parameters, name: str, default: float) -> float:
    """Return a token's lifetime: `default`, in seconds, or what the parameter `name`, in milliseconds, lowers it to.

    What the service makes of a lifetime of nothing or less is not known; here the default holds (I).
    """
    lifetime = lowered(form, name, default)
    return lifetime if lifetime > 0 else default


def lowered(form: Parameters, name: str, default: float) -> float:
    """Return `default`, in seconds, or what the parameter `name`, in milliseconds, says, be it negative (S)."""
    asked = javascript.parse_int(form.get(name) or "") / _THOUSAND
    return min(default, asked)  # no number is not below it
