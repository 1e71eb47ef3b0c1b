"""`mock_platform`: the fixture `nhsauth` without pytest."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from mock_servers.state.configuration import Configuration
from pytest_nhsauth import configuration, logs
from pytest_nhsauth.platform import Platform
from pytest_nhsauth.target import served

R = TypeVar("R")

_GIVEN_AS: Final = "nhsauth"
"""The parameter of a decorated function that gets the platform, if it has one."""


def mock_platform(config: Configuration | Path | str | None = None, **settings: Any) -> MockPlatform:
    """Start the mock on a free port, for a `with` block or for each call of a decorated function.

    `with mock_platform() as nhsauth:` gives the same as the fixture `nhsauth`. A decorated function gets it by its
    parameter `nhsauth`, if it has one. `config` is a configuration or its file, by default the `nhsauth.toml` of the
    current folder, if any; `settings` are members of the file, which replace its own:
    `mock_platform(apps=[{"client_id": "mine"}])`. Raises ValueError for an invalid configuration.
    """
    return MockPlatform(_configured(config, settings))


class MockPlatform:
    """A mock that runs inside a `with` block, or while a decorated function does; may be used again and again."""

    def __init__(self, configured: Configuration | None) -> None:
        self._configured = configured
        self._running: list[ExitStack] = []

    def __enter__(self) -> Platform:
        with ExitStack() as stack:
            stack.enter_context(logs.kept_apart())
            platform = Platform(stack.enter_context(served(self._configured)))
            stack.callback(platform.close)
            stack.enter_context(platform.faults.warned_of())
            self._running.append(stack.pop_all())
        return platform

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.pop().__exit__(kind, error, traceback)

    def __call__(self, function: Callable[..., R]) -> Callable[..., R]:
        """Decorate a function or coroutine function; each call has a mock of its own. Raises TypeError for a class."""
        if inspect.isclass(function):
            raise TypeError(
                f"mock_platform decorates functions, and {function.__name__} is a class: call "
                "cls.enterClassContext(mock_platform()) in its setUpClass"
            )
        return self._awaiting(function) if inspect.iscoroutinefunction(function) else self._calling(function)

    def _calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        wants = _wants(function)

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with MockPlatform(self._configured) as platform:
                return function(*args, **({_GIVEN_AS: platform} if wants else {}), **kwargs)

        return _without_platform(called)

    def _awaiting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        wants = _wants(function)

        @functools.wraps(function)
        async def called(*args: Any, **kwargs: Any) -> Any:
            with MockPlatform(self._configured) as platform:
                return await function(*args, **({_GIVEN_AS: platform} if wants else {}), **kwargs)

        return _without_platform(called)


def _wants(function: Callable[..., Any]) -> bool:
    return _GIVEN_AS in inspect.signature(function).parameters


def _without_platform(called: Callable[..., Any]) -> Callable[..., Any]:
    """Reduce the signature to the caller's own parameters, so that pytest looks for no fixture."""
    known = inspect.signature(called)
    own = [each for name, each in known.parameters.items() if name != _GIVEN_AS]
    called.__signature__ = known.replace(parameters=own)  # type: ignore[attr-defined] # what inspect.signature looks for
    return called


def _configured(config: Configuration | Path | str | None, settings: dict[str, Any]) -> Configuration | None:
    if isinstance(config, Configuration):
        if settings:
            raise ValueError(f"settings are {', '.join(settings)}, beside a Configuration; allowed: put them into it")
        return config
    path = configuration.find(Path.cwd()) if config is None else Path(config)
    if settings:
        return configuration.changed(path, settings)
    return configuration.read(path) if path else None
