"""The pages of the portal, and an API of its own that others call through the platform."""

import secrets

import jwt
import requests
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from portal import nhs


def log_in(request: HttpRequest) -> HttpResponseBase:
    state, nonce = secrets.token_urlsafe(), secrets.token_urlsafe()
    request.session["log_in"] = {"state": state, "nonce": nonce}
    return HttpResponseRedirect(nhs.authorize_url(_callback_uri(request), state, nonce))


def callback(request: HttpRequest) -> HttpResponseBase:
    begun = request.session.pop("log_in", None)
    if begun is None or request.GET.get("state") != begun["state"]:
        return HttpResponse("This log-in was not begun here.", status=400)
    if "code" not in request.GET:
        return HttpResponse("You are not logged in. You can try again whenever you like.", status=403)
    try:
        id_token = nhs.id_token(request.GET["code"], _callback_uri(request), begun["nonce"])
        token = nhs.access_token(id_token)
    except (nhs.RefusedError, requests.RequestException, jwt.PyJWTError):
        return _unavailable()
    request.session["access_token"] = token["access_token"]
    return HttpResponseRedirect(reverse("record"))


def record(request: HttpRequest) -> HttpResponseBase:
    token = request.session.get("access_token")
    if token is None:
        return HttpResponseRedirect(reverse("log-in"))
    try:
        answer = nhs.get("/hello-world/hello/user", token)
    except requests.RequestException:
        return _unavailable()
    if answer.status_code == requests.codes.unauthorized:  # expired, or ended at NHS login
        return HttpResponseRedirect(reverse("log-in"))
    return JsonResponse({"from_the_api": answer.json()}) if answer.ok else _unavailable()


def appointments(_: HttpRequest) -> HttpResponseBase:
    """What others are given. Whether they may have it the platform has judged before they come here."""
    return JsonResponse({"resourceType": "Bundle", "total": 0})


def _callback_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("callback"))


def _unavailable() -> HttpResponse:
    return HttpResponse("The NHS services do not answer at the moment. Please try again later.", status=503)
