"""What is said of a text in which nothing was found: what was looked for, two examples, and the nearest sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.said import known_sentences

_LOOKED_FOR: Final = "I looked for the services' sentences, requests (curl, HTTP, HAR, code), JWTs, key sets and URLs."
_LONGEST: Final = 200
"""Characters of a text that may be meant as one sentence, or as the name of a file."""


def nothing_found(text: str) -> RequestExplanation:
    """Return the explanation of a text that nothing was found in; `by` is None."""
    near = known_sentences().near(text) if len(text) <= _LONGEST else []
    return RequestExplanation(
        answer="I found no request, no error of these services and no token in this text.",
        do=(
            *(f"Did you mean @{text.strip()}?" for _ in range(is_file(text))),
            *(f'Did you mean "{each}"?' for each in near),
            'Try nhsauth explain "Malformed JWT in subject_token"',
            "or  nhsauth explain @request.txt, with the request, then the answer, in the file.",
        ),
        why=(_LOOKED_FOR,),
        by=None,
    )


def is_file(text: str) -> bool:
    """Whether a text is the name of a file that is there."""
    name = text.strip()
    try:
        return bool(name) and len(name) <= _LONGEST and Path(name).is_file()
    except (OSError, ValueError):
        return False
