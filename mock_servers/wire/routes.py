"""Which flows a path of a service may take: one table a service, read by its Flask routes and by `explain`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Generic, TypeVar

from mock_servers.rules import Flow
from mock_servers.wire.request import Answer

E = TypeVar("E")

ANY: Final = "any"
"""In place of methods: every method without a row of its own."""
ANYWHERE: Final = "/<path:path>"
"""A path of a service that takes every path."""

Row = Mapping[str, Sequence[str]]
"""The names of flows by methods: `{"GET HEAD": ["ping"]}`."""

_VARIABLE: Final = re.compile(r"<(path:)?\w+>")


class _ByMethod(dict[str, Sequence[Flow[E, Answer]]]):
    """Flows by method; any method that is not there has those of `ANY`."""

    def __missing__(self, _: str) -> Sequence[Flow[E, Answer]]:
        return self[ANY]


class Route(Generic[E]):
    """One path, as Flask writes it. `flows` by method are what a request may take, in order; the last takes any."""

    def __init__(self, path: str, flows: Mapping[str, Sequence[Flow[E, Answer]]], methods: Sequence[str]) -> None:
        self.path = path
        self.flows: Mapping[str, Sequence[Flow[E, Answer]]] = _ByMethod(flows)
        self.methods = methods
        variable = _VARIABLE.sub(lambda found: ".+" if found[1] else "[^/]+", path)
        self._pattern = re.compile(variable) if variable != path else None

    def fits(self, path: str) -> bool:
        """Whether a path with variable parts is this one."""
        return self._pattern is not None and self._pattern.fullmatch(path) is not None


class Routes(Generic[E]):
    """The table of a service.

    `order` is THE ORDER of its flows, which holds at each path. `table` names by path and method the flows that are
    there; `everywhere` those of every path. Raises LookupError for a name that no flow has.
    """

    def __init__(self, order: Sequence[Flow[E, Answer]], table: Mapping[str, Row], everywhere: Row) -> None:
        self.order = order
        unknown = {name for row in (*table.values(), everywhere) for names in row.values() for name in names}
        unknown -= {flow.name for flow in order}
        if unknown:
            raise LookupError(f"no flow is called {', '.join(sorted(unknown))}")
        self._routes = {path: self._route(path, row, everywhere) for path, row in table.items()}
        self._variable = [route for path, route in self._routes.items() if "<" in path and path != ANYWHERE]
        self._elsewhere = self._route("", {}, everywhere)

    def _route(self, path: str, row: Row, everywhere: Row) -> Route[E]:
        own, general = _by_method(row), _by_method(everywhere)
        flows: dict[str, Sequence[Flow[E, Answer]]] = {}
        for method in dict.fromkeys([*own, *general, ANY]):
            names = {*own.get(method, own.get(ANY, ())), *general.get(method, ()), *general.get(ANY, ())}
            flows[method] = tuple(flow for flow in self.order if flow.name in names)
        return Route(path, flows, [method for method in own if method != ANY])

    def __getitem__(self, path: str) -> Route[E]:
        """Return the route of a path, as the table writes it. Raises KeyError."""
        return self._routes[path]

    def __iter__(self) -> Iterator[Route[E]]:
        return iter(self._routes.values())

    def find(self, path: str) -> Route[E]:
        """Return the route of a path as a client writes it; one that the table does not have is what is everywhere."""
        own = self._routes.get(path) or next((each for each in self._variable if each.fits(path)), None)
        return own or self._routes.get(ANYWHERE) or self._elsewhere


def _by_method(row: Row) -> dict[str, Sequence[str]]:
    return {method: names for methods, names in row.items() for method in methods.split()}
