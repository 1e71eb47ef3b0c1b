"""Every error row of every service, with its usual cause and cure: what a search for a sentence should find."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers import causes
from mock_servers.apim import errors as token_service
from mock_servers.causes import Usual
from mock_servers.gateway import errors as gateway
from mock_servers.identity_provider import errors as providers
from mock_servers.rules import ServiceError

EVIDENCE: Final[Mapping[str, str]] = {
    "S": "read in the service's source or its own tests",
    "D": "documented",
    "Q": "quoted by a user",
    "I": "inferred, a guess",
}
"""How well an answer is known, by its letter."""

_PLACEHOLDER: Final = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: who answers it, under which name it stands in the catalogue, and what usually lies behind it."""

    service: str
    name: str
    error: ServiceError
    usual: Usual

    def is_about(self, text: str) -> bool:
        """Whether the row's name, code, status or sentence contains the text, or the text its sentence; case apart."""
        error, wanted = self.error, text.strip().casefold()
        own = (self.name, error.code, error.sentence, str(error.status), error.row)
        return any(wanted in each.casefold() for each in own) or self._stands_in(wanted)

    def _stands_in(self, text: str) -> bool:
        sentence = _PLACEHOLDER.sub(".*", re.escape(self.error.sentence.casefold()))
        return bool(sentence) and re.search(sentence, text) is not None

    def as_json(self) -> dict[str, Any]:
        """Return the row for programs."""
        error = self.error
        return {
            "service": self.service,
            "name": self.name,
            "status": error.status,
            "error": error.code,
            "error_description": error.sentence,
            "evidence": error.evidence,
            "evidence_means": EVIDENCE[error.evidence],
            "row": error.row,
            "cause": self.usual.cause,
            "cure": self.usual.cure,
        }


def entries() -> list[Entry]:
    """Return every row, in the order of the catalogues."""
    return [
        *_of_module(token_service, "the token service", causes.TOKEN_SERVICE),
        *_of_module(gateway, "an API's gateway", causes.GATEWAY),
        *_of_provider("CIS2", providers.CIS2),
        *_of_provider("NHS login", providers.NHS_LOGIN),
    ]


def _of_module(module: Any, service: str, usual: Mapping[str, Usual]) -> Iterator[Entry]:
    for name, row in vars(module).items():
        if isinstance(row, ServiceError):
            yield Entry(service=service, name=name, error=row, usual=usual[name])


def _of_provider(title: str, rows: Mapping[str, ServiceError]) -> Iterator[Entry]:
    for name, row in rows.items():
        yield Entry(service=title, name=name.upper(), error=row, usual=causes.PROVIDERS[name])
