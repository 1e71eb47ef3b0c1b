"""The page with the box that explains."""

from __future__ import annotations

import flask

from mock_servers.console.visit import Visit
from mock_servers.control.exchange_page import ROLES


def show(visit: Visit) -> flask.Response:
    """Show the box."""
    return visit.page("explain.html", "Explain", roles=ROLES)
