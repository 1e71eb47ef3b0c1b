"""The form parameters that shorten a lifetime and never extend it: a script's `parseInt(value) < default`."""

from __future__ import annotations

from typing import Final

from mock_servers.jose import javascript
from mock_servers.wire.request import Parameters

_THOUSAND: Final = 1000


def shortened(form: Parameters, name: str, default: float) -> float:
    """Return a token's lifetime: `default`, in seconds, or a shorter one from the parameter `name`, in milliseconds.

    The service's treatment of a lifetime of zero or less is not known; here the default applies (I).
    """
    lifetime = lowered(form, name, default)
    return lifetime if lifetime > 0 else default


def lowered(form: Parameters, name: str, default: float) -> float:
    """Return `default`, in seconds, or what the parameter `name`, in milliseconds, says, be it negative (S)."""
    asked = javascript.parse_int(form.get(name) or "") / _THOUSAND
    return min(default, asked)  # NaN is not less than it
