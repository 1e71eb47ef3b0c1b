"""A web application for clinicians: they log in with CIS2 through the API platform, and it calls an API for them."""

import os
import secrets
from typing import Any

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue
from nhs_api import NhsApi, SessionEndedError


def create_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_hex(32)
    platform = os.environ["APIM_URL"]  # https://int.api.service.nhs.uk, or the mock
    client_id, client_secret = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
    token_url = f"{platform}/oauth2/token"
    client = OAuth(app).register(
        "platform",
        client_id=client_id,
        client_secret=client_secret,
        authorize_url=f"{platform}/oauth2/authorize",
        access_token_url=token_url,
        userinfo_endpoint=f"{platform}/oauth2/userinfo",
        # By itself Authlib sends the secret in a Basic header. The platform reads it from the form alone.
        client_kwargs={"scope": "nhs-cis2", "token_endpoint_auth_method": "client_secret_post"},
    )
    api = NhsApi(api_url=platform, token_url=token_url, client_id=client_id, client_secret=client_secret)
    # Tokens stay here, by session: Flask's session is a cookie, which its owner can read.
    # With more than one process this is a database, or Redis.
    tokens: dict[str, dict[str, Any]] = {}

    @app.get("/log-in")
    def log_in() -> ResponseReturnValue:
        answer: ResponseReturnValue = client.authorize_redirect(url_for("callback", _external=True))
        return answer

    @app.get("/callback")
    def callback() -> ResponseReturnValue:
        token = client.authorize_access_token()
        if "access_token" not in token:  # a rate limit answers JSON without "error", which Authlib takes for a token
            return f"The log-in did not work: {token.get('message', 'no token came')}", 502
        session["id"] = secrets.token_urlsafe()
        session["user"] = client.userinfo(token=token)["sub"]
        tokens[session["id"]] = token
        return redirect(url_for("ward"))

    @app.get("/")
    def ward() -> ResponseReturnValue:
        if session.get("id") not in tokens:
            return redirect(url_for("log_in"))
        answer = api.get("/hello-world/hello/user", tokens[session["id"]])
        answer.raise_for_status()
        return {"user": session["user"], "from_the_api": answer.json()}

    @app.errorhandler(SessionEndedError)
    def log_in_again(_: SessionEndedError) -> ResponseReturnValue:
        tokens.pop(session.pop("id"))
        return redirect(url_for("log_in"))

    @app.errorhandler(OAuthError)
    def refused(refusal: OAuthError) -> ResponseReturnValue:
        return f"The log-in did not work: {refusal.description}", 502

    @app.errorhandler(requests.RequestException)
    def unreachable(_: requests.RequestException) -> ResponseReturnValue:
        return "The NHS services do not answer at the moment. Please try again in a few minutes.", 503

    return app
