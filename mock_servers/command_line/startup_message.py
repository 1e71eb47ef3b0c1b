"""What `nhsauth serve` says to a person at a terminal: where the page is, and with what to log in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mock_servers.provider.providers import title_of
from mock_servers.state.app import App
from mock_servers.state.configuration import READY_MADE_APP
from mock_servers.state.person import Person
from mock_servers.wire.wording import printable


def lines(url: str, control: str, apps: Sequence[App], people: Sequence[Person]) -> Iterator[str]:
    """Return the lines, for where the services are and where the page is.

    Only the secret of the ready-made app is shown: it is the same in every mock.
    """
    yield f"  page       {control}/_nhsauth/"
    yield f"  token URL  {url}/oauth2/token"
    for app in apps:
        secret = f", client secret {app.client_secret}" if app.client_secret == READY_MADE_APP.client_secret else ""
        kid = f", kid {app.kid}" if app.kid else ""
        yield printable(f"  app        client id {app.client_id}{secret}{kid}")
    for provider, level in dict.fromkeys((person.provider, person.level) for person in people):
        ids = [person.id for person in people if (person.provider, person.level) == (provider, level)]
        yield printable(f"  people     {title_of(provider)}, {level}: {' '.join(ids)}")
    yield "  Ctrl-C ends it."
