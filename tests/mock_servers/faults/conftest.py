"""Faults are ordered through the platform's own object; waiting is noted and takes no time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mock_servers.configuration import members
from mock_servers.faults.pause import Pause
from mock_servers.mock import Mock
from mock_servers.state.fault import Fault

Order = Callable[..., Fault]


@dataclass
class Waits(Pause):
    """A pause that no request makes, and that knows how long each would have waited."""

    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits(platform: Mock) -> Waits:
    """What requests have waited."""
    pause = Waits()
    platform.faults.pause = pause
    return pause


@pytest.fixture
def order(platform: Mock) -> Order:
    """Order a fault, its members as the control API takes them."""

    def ordered(on: str, do: str, **more: Any) -> Fault:
        return platform.faults.order(members.read(Fault, {"on": on, "do": do, **more}))

    return ordered
