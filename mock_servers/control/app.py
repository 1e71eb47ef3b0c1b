"""The control API over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify

if TYPE_CHECKING:
    from mock_servers.platform import Platform


def create_app(platform: Platform) -> Flask:
    """Return the WSGI application of the control API; mount it at `/_nhsauth`."""
    app = Flask(__name__, static_folder=None)

    @app.get("/apps/<client_id>/jwks")
    def jwks(client_id: str) -> Response:
        return jsonify(platform.apps.jwks(platform.apps.get(client_id)))

    return app
