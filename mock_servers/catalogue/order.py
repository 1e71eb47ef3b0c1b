"""The order in which a service checks a request: its flows, and the rules of one flow with what each answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_servers.catalogue.entries import SERVICES, Service
from mock_servers.rules import Flow, Kind, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A flow of a service, which answers by its own rows."""

    service: Service
    flow: Flow[Any, Any]

    def steps(self) -> list[dict[str, Any]]:
        """Return its rules in their order, each with its answer.

        What it answers is null where the service has no row for the rule's problem. `remembers`: it changes what the
        service knows, even where a later rule refuses.
        """
        return [
            {"policy": policy.name, "rule": rule.name, "remembers": rule.kind is Kind.CLAIM, **self._answer(rule.error)}
            for policy in self.flow.policies
            for rule in policy.rules
        ]

    def _answer(self, problem: Problem) -> dict[str, Any]:
        row = self.service.row(problem)
        return {
            "status": row.status if row else None,
            "error": row.code if row else None,
            "error_description": row.sentence if row else None,
            "evidence": row.evidence if row else None,
            "cure": problem.cure if row else None,
        }


def orders() -> Mapping[str, Mapping[str, Order]]:
    """Return the flows of each service that is played, by its word (`platform`, `cis2`, …) and the flow's name."""
    found: dict[str, dict[str, Order]] = {}
    for service in SERVICES:
        for flow in service.flows:
            found.setdefault(service.plays, {}).setdefault(flow.name, Order(service=service, flow=flow))
    return found
