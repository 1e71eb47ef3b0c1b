"""The contract as one table: what each paragraph answers, how well that is known, and from where.

The rows are those of contract.toml, read from what is public of the real services and not from the mock, which never
reads them. A breakage names its row and says only how to break the rule, and in which requests.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias

Evidence: TypeAlias = Literal["S", "D", "Q", "I"]
"""S: the service's published source or its own tests. D: NHS documentation. Q: quoted by a user. I: inferred."""


class Shape(StrEnum):
    """The form of a refusal; which members and headers it has is in `answers`."""

    ENVELOPE = "error, error_description and message_id"
    RATE_LIMIT = "the gateway's own members"
    PLATFORM_REDIRECT = "a form's redirect to the client, with error, error_description and state"
    PLATFORM_REDIRECT_WITHOUT_STATE = "a form's redirect to the client, with error and error_description"
    REDIRECT = "a redirect to the client, with error, error_description and state"
    REDIRECT_WITHOUT_STATE = "a redirect to the client, with error and error_description"
    REDIRECT_UNDESCRIBED = "a redirect to the client, with error and state"
    REDIRECT_CODE_ALONE = "a redirect to the client, with error"
    DESCRIPTION_FIRST = "error_description and error"
    DESCRIPTION_FIRST_WITH_STATE = "error_description, error and state"
    ERROR_FIRST = "error and error_description, not to be stored"
    ERROR_ALONE = "error, not to be stored"
    BEARER = "error and error_description, in a header as well"
    BEARER_OF_SCOPE = "the same, of a scope that the token lacks"
    FAULT = "the gateway's fault"
    FAULT_CHALLENGED = "the gateway's fault, in a header as well"
    PAGE = "a web page"
    ALLOW_GET = "no body, and a header that allows GET"
    ALLOW_POST = "no body, and a header that allows POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer of the contract.

    `key` is its paragraph, and behind a colon the case, where a paragraph has several. `source` is a key of SOURCES.
    """

    key: str
    status: int
    code: str | None
    sentence: str
    shape: Shape
    evidence: Evidence
    source: str

    @property
    def paragraph(self) -> str:
        """The paragraph, such as `§3.17` of the row `§3.17: sandbox`."""
        return self.key.partition(": ")[0]


_READ: Final = tomllib.loads(files("contract_tests").joinpath("contract.toml").read_text(encoding="utf-8"))
SOURCES: Final[Mapping[str, str]] = _READ.pop("sources")
"""Where an answer is known from, by a short name."""


def _rows(lines: Mapping[str, Mapping[str, Any]]) -> dict[str, Row]:
    """Return the rows by their keys; a row `as` another takes from it what it does not say itself."""
    rows: dict[str, Row] = {}
    for key, line in lines.items():
        said: dict[str, Any] = dict(line)
        if "shape" in said:
            said["shape"] = Shape[said["shape"].upper()]
        other = said.pop("as", None)
        rows[key] = replace(rows[other], key=key, **said) if other else Row(**{"key": key, "code": None} | said)
    return rows


CONTRACT: Final[Mapping[str, Row]] = _rows({key: line for service in _READ.values() for key, line in service.items()})
