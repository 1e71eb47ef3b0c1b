"""The right order of calls, as the programs of examples/calls: on a page of its own, and beside each error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mock_servers.apim.flows import ROUTES
from mock_servers.catalogue.entries import SERVICES, Entry
from mock_servers.provider.providers import PROVIDERS
from tools.pages.markdown import link

FOLDER: Final = Path(__file__).parent.parent.parent / "examples" / "calls"
LANGUAGES: Final = {"mjs": "Node", "java": "Java", "py": "Python", "cs": "C# (shown, not run by us)"}
"""What a program is written in, by the ending of its name."""
_LEXERS: Final = {"mjs": "javascript", "java": "java", "py": "python", "cs": "csharp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Some calls in the right order: the name of their programs, a title, and the flows of services that they take."""

    name: str
    title: str
    services: tuple[str, ...] = ("the token service",)
    flows: frozenset[str]


_LOG_IN: Final = frozenset({"show the form", "log in by form", "code"})
ORDERS: Final = (
    Order(
        name="client_credentials",
        title="Client credentials: your application alone",
        flows=frozenset({"client-credentials"}),
    ),
    Order(
        name="token_exchange",
        title="Token exchange: your application has logged the person in",
        flows=frozenset({"token-exchange"}),
    ),
    Order(
        name="authorization_code",
        title="Authorization code: the platform logs the person in",
        flows=frozenset({"authorize", "callback", "authorization-code", "userinfo"}),
    ),
    Order(name="refresh", title="Refresh token", flows=frozenset({"refresh"})),
    *(
        Order(
            name=f"log_in_{provider.name}",
            title=f"Log-in at {provider.title} by your application, before a token exchange",
            services=tuple(service.title for service in SERVICES if service.plays == provider.name),
            flows=_LOG_IN,
        )
        for provider in PROVIDERS
    ),
    Order(
        name="call_api",
        title="A call of an API",
        services=("an API's gateway", "APIs behind the gateway"),
        flows=frozenset({"hello-user"}),
    ),
)


def orders_of(entry: Entry) -> list[Order]:
    """Return the orders one of whose calls a row refuses; a row that no rule answers may refuse each of its service.

    What refuses a request before it is of a flow belongs to every order that calls the same path.
    """
    orders = [order for order in ORDERS if entry.service in order.services]
    flows = {flow for names in entry.rules.values() for flow in names}
    own = [order for order in orders if not flows or flows & order.flows]
    return own or [order for order in orders if _beside(flows) & order.flows]


def _beside(flows: set[str]) -> set[str]:
    """Return the flows of the token service at the paths where these are."""
    paths = [{flow.name for each in route.flows.values() for flow in each} for route in ROUTES]
    return {name for names in paths if flows & names for name in names}


def programs() -> dict[str, str]:
    """Return every program by its file name on the site."""
    names = [f"{order.name}.{ending}" for order in ORDERS for ending in LANGUAGES]
    return {f"calls/{name}": (FOLDER / name).read_text(encoding="utf-8") for name in names}


def page() -> str:
    """Return the page of all orders."""
    sections = (f'<a id="{each.name}"></a>\n\n## {each.title}\n\n{shown(each, highlighted=True)}' for each in ORDERS)
    return f"# The right order of calls\n\n{_CALLS}\n{chr(10).join(sections)}"


_CALLS: Final = """\
Each is a whole program. It reads where the services are, and your app's own values, from its environment: against the
mock, against integration, against production. A log-in prints the address for the browser, and reads the address at
which the browser comes back. Our tests run those for Node, Java and Python against the mock. Those for C# (.NET 9)
are shown: they run only where a .NET is at hand, and here was none. Python needs PyJWT and requests, the others need
nothing.
"""


def section(entries: Iterable[Entry]) -> str:
    """Return the right order for the rows of a page: one, and links to the others; nothing where none is known."""
    orders = list(dict.fromkeys(order for entry in entries for order in orders_of(entry)))
    if not orders:
        return ""
    first, *others = orders
    also = " · ".join(link(each.title, f"../calls/index.md#{each.name}") for each in others)
    also = f"You can meet the same error here: {also}\n\n" if others else ""
    title = link(first.title, f"../calls/index.md#{first.name}")
    return f"## The right order of calls\n\n{title}:\n\n{shown(first)}{also}"


def shown(order: Order, *, highlighted: bool = False) -> str:
    """Return the programs of an order, each in a fold."""
    return "".join(
        f"<details><summary>{language}</summary>\n\n```{{literalinclude}} ../calls/{order.name}.{ending}\n"
        f":language: {_LEXERS[ending] if highlighted else 'text'}\n```\n\n</details>\n\n"
        for ending, language in LANGUAGES.items()
    )
