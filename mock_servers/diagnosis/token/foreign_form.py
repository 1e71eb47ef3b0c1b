"""A refresh token or a code that came to the platform and has another service's form."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import Shape, shape_of
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import cut

_OWN: Final = {"refresh_token": "32 letters and digits", "code": "8 letters and digits"}
"""The form of the platform's own."""
_IDS: Final = {"refresh_token": "token-of-other-service", "code": "code-spent-or-late"}
_CURES: Final = {
    "refresh_token": "Send the refresh_token of the platform's last token answer; renew a provider's tokens at that "
    "provider.",
    "code": "Redeem a provider's code at that provider's token endpoint, and exchange the id_token of its answer here.",
}


def of_provider(name: str, sent: str) -> Shape | None:
    """Return the form of a refresh token or a code, if it is one of a provider and never the platform's."""
    shape = shape_of(sent)
    return shape if shape is not None and shape.by != _OWN[name] and shape.word == "authorization_code" else None


def foreign(name: str, sent: str, *, is_possible: bool = False) -> Finding | None:
    """Say that a value has the form of another service's."""
    shape = of_provider(name, sent)
    if shape is None:
        return None
    return Finding(
        id=_IDS[name],
        certainty="possible" if is_possible and shape.also else "likely",
        seen=f"{name} {cut(sent)} is {shape.by}: it looks like {shape.words}. The platform's have {_OWN[name]}.",
        cause="CIS2, NHS login and the platform each issue codes and tokens, and accept only their own.",
        cure=_CURES[name],
    )


def _finder(name: str) -> Finder:
    def value_of_other_form(case: Case) -> Finding | None:
        """A refresh token or a code has another service's form."""
        sent = case.form(name)
        if sent is None or provider_of(case) is not None or case.known.issued(sent) is not None:
            return None
        return foreign(name, sent, is_possible=case.known.is_all)

    value_of_other_form.__name__ = f"{name}_of_other_form"  # its name in the log
    return Finder(find=value_of_other_form, rules=(f"find_{name}",), named=(_IDS[name],))


FINDERS: Final = tuple(_finder(name) for name in _OWN)
