"""Says on which machine figures were taken: what of it matters for speed, and nothing that names it or its owner."""

from __future__ import annotations

import os
import platform
import ssl
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("pytest", "Flask", "Werkzeug", "h11", "PyJWT", "cryptography", "requests")


def described() -> list[str]:
    """Return a line each on date, processor, Python and libraries."""
    today = datetime.now(UTC)
    return [
        f"taken on {today.day} {today:%B %Y}",
        f"{os.cpu_count()} cores, {_processor()}{_memory()}, {platform.system()} {platform.machine()}",
        f"{platform.python_implementation()} {platform.python_version()}, {ssl.OPENSSL_VERSION}",
        ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        *_load(),
    ]


def _load() -> list[str]:
    if not hasattr(os, "getloadavg"):
        return []
    return [f"load average {os.getloadavg()[2]:.1f} over the last quarter of an hour, the benchmarks included"]


def _processor() -> str:
    return _first("/proc/cpuinfo", "model name") or platform.processor() or "processor unknown"


def _memory() -> str:
    size = _first("/proc/meminfo", "MemTotal").removesuffix(" kB")
    return f", {int(size) / 2**20:.0f} GiB of memory" if size else ""


def _first(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, "")
