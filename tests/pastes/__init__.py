"""Pastes of stuck developers, as they come: each with its cause, and what an answer has to say.

Keys and secrets in them are made when a test runs. `screens.txt` holds the first screen of each, to be read aloud;
`python -m tests.pastes` writes it anew.
"""

import json
import random
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mock_servers.explain.any_text import explain_text
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.reading.plain import decoded

FOLDER: Final = Path(__file__).parent
SCREENS: Final = FOLDER / "screens.txt"
TRUTH: Final[Mapping[str, Mapping[str, Any]]] = json.loads((FOLDER / "truth.json").read_text("utf-8"))
NOW: Final = 1_796_200_000.0
"""When they are pasted: 2 December 2026, after all of them were made."""


def secret() -> str:
    """Return 16 letters and digits, as an app's secret looks."""
    return "".join(random.Random(35).choices(string.ascii_letters + string.digits, k=16))


def private_key() -> str:
    """Return what begins and ends as a private key, shortened, as its owner has pasted it."""
    kind = "RSA PRIVATE KEY"
    return f"-----BEGIN {kind}-----\nMII{secret()}\n-----END {kind}-----"


def paste(name: str) -> str:
    """Return the text of a paste."""
    text = decoded((FOLDER / name).read_bytes())
    return text.replace("{{PRIVATE KEY}}", private_key()).replace("{{SECRET}}", secret())


def explained(name: str) -> RequestExplanation:
    """Explain a paste."""
    return explain_text(paste(name), clock=lambda: NOW)


def screens() -> str:
    """Return the first screen of each paste."""
    return "\n".join(f"== {name}\n\n{explained(name)}\n" for name in TRUTH)
