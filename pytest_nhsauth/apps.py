"""The registered apps as tests read, register, change and remove them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_servers.state.app import App
from pytest_nhsauth import target as targets
from pytest_nhsauth.error_location import blames_caller

_SOURCES: Final = ("jwks", "jwks_url")


class Apps:
    """The apps by client id."""

    def __init__(self, apps: targets.Apps) -> None:
        self._apps = apps

    def all(self) -> list[App]:
        """Return every app, the oldest first."""
        return self._apps.all()

    @blames_caller
    def get(self, client_id: str) -> App:
        """Return an app. Raises LookupError, listing the known ones."""
        return self._apps.get(client_id)

    @blames_caller
    def create(self, *, make_key: bool = True, **given: Any) -> App:
        """Register an app with these members, named as in the configuration; missing ones are generated.

        It gets a key pair unless `jwks` or `jwks_url` is given. Raises ValueError for an unknown or invalid member, and
        for a client id that is taken.
        """
        read = {name: value for name, value in _read(given).items() if value is not None}
        with_key = make_key and not any(source in read for source in _SOURCES)
        return self._apps.create(make_key=with_key, **read)

    @blames_caller
    def change(self, client_id: str, *, make_key: bool | None = None, **given: Any) -> App:
        """Change members of an app; `make_key` says whether the mock is to hold a key pair for it.

        To name `jwks` or `jwks_url` is to give up the other. Raises LookupError for an unknown app, ValueError for a
        member that does not exist or does not fit.
        """
        return self._apps.change(client_id, make_key=make_key, **_one_source(_read(given)))

    @blames_caller
    def remove(self, client_id: str) -> App:
        """Forget an app. Raises LookupError."""
        return self._apps.remove(client_id)


def _read(given: Mapping[str, Any]) -> dict[str, Any]:
    from mock_servers.configuration import members  # noqa: PLC0415 - reading hints takes its time, and most tests register no app

    return members.read_partial(App, given, where="app", omit=("key_name", "registration"))


def _one_source(given: dict[str, Any]) -> dict[str, Any]:
    named = [source for source in _SOURCES if given.get(source) is not None]
    return dict.fromkeys(_SOURCES) | given if len(named) == 1 else given
