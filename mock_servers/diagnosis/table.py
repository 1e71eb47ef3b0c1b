"""Every finder there is. Where two explain the same rule as surely, the earlier one is believed more.

A new one goes into the module of its group, and into that module's own `FINDERS`.
"""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis import place
from mock_servers.diagnosis.finder import Finder

FINDERS: Final[tuple[Finder, ...]] = (*place.FINDERS,)
