"""Mock servers of NHS England's API platform and its identity providers; they do not depend on pytest."""

from __future__ import annotations

from pkgutil import extend_path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import flask

    from mock_servers.state.configuration import Configuration

__path__ = extend_path(__path__, __name__)  # a team's folder of this name without `__init__.py` keeps its modules


def create_app(config: Configuration | Path | str | None = None) -> flask.Flask:
    """Return all services as one Flask application: for `flask run`, gunicorn, a test client or your own application.

    `config` is a configuration or its file. Without one it is the nhsauth.toml or pyproject.toml of the current folder,
    else the defaults. The state is where `[state] url` or `NHSAUTH_STATE` says; in a process that runs pytest it is
    always memory. The control token is where `[control]` or `NHSAUTH_CONTROL_TOKEN` says; such a process ignores the
    variable. `app.extensions["nhsauth"]` is the mock itself. A route, hook or error handler that you add to the
    application holds for every service. Raises ValueError for a configuration that does not hold, KeyFileError for a
    key file that cannot be used, and UnusableStateError for a state that cannot be opened.
    """
    from mock_servers.mock import application  # noqa: PLC0415 - importing the package loads no Flask

    return application(config)
