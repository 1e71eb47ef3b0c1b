"""The form parameters by which a client lowers a lifetime, never raises it."""

from __future__ import annotations

import re
from typing import Final

from mock_servers.wire.request import Parameters

_POSITIVE_INTEGER: Final = re.compile(r"0*[1-9][0-9]{0,17}", re.ASCII)


def shortened(form: Parameters, name: str, default: float) -> float:
    """Return `default`, in seconds, or what the parameter `name`, in milliseconds, lowers it to.

    Anything but a positive integer is ignored (I), and so is a value that is not below the default (S).
    """
    sent = form.get(name) or ""
    if not _POSITIVE_INTEGER.fullmatch(sent):
        return default
    return min(int(sent) / 1000, default)
