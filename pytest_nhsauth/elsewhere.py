"""What cannot work at a mock that runs already: said when the tests are collected, before the first of them runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

import pytest

from pytest_nhsauth import markers, real_names


def skip(items: Sequence[pytest.Item], config: pytest.Config, url: str, token: str | None) -> None:
    """Skip the tests that need the mock in their own process, and those of real names where the mock has none.

    Raises pytest.UsageError if the whole run was to use real names; in a worker of xdist, which can end no run, the
    fixture fails instead.
    """
    for item in items:
        with suppress(markers.MarkerError):  # the test itself fails of it
            reason = markers.needs_process(item)
            if reason is not None:
                item.add_marker(pytest.mark.skip(f"needs the mock in its own process, not {url}: {reason}"))
    _skip_real_names(items, config, url, token)


def _skip_real_names(items: Sequence[pytest.Item], config: pytest.Config, url: str, token: str | None) -> None:
    everywhere = real_names.decided_by(config, os.environ)
    word = "nhsauth" if everywhere is not None else real_names.FIXTURE
    using = [item for item in items if any(name.startswith(word) for name in getattr(item, "fixturenames", ()))]
    in_worker = hasattr(config, "workerinput")
    if not using or config.option.collectonly or (in_worker and everywhere is not None):
        return
    from pytest_nhsauth.remote import why_no_real_names  # noqa: PLC0415 - only for real names

    reason = why_no_real_names(url, token)
    if reason is None:
        return
    if everywhere is not None:
        raise pytest.UsageError(f"nhsauth: real names ({everywhere}) cannot be used: {reason}")
    for item in using:
        item.add_marker(pytest.mark.skip(f"{real_names.FIXTURE} cannot work: {reason}"))
