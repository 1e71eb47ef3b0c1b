"""Whether the management API, and the token service behind it, slow down as apps and tokens pile up."""

from __future__ import annotations

import time
from typing import Final

from benchmarks.bench import Bench
from benchmarks.figure import Figure, microseconds, times
from benchmarks.measuring import Sample
from mock_servers.mock import Mock
from mock_servers.state.developer_app import DeveloperApp, Key, Subscription
from mock_servers.state.grant import AccessToken

FEW: Final = (10, 10)
MANY: Final = (2_000, 5_000)
"""Apps and tokens."""

_ORGANIZATION: Final = "/v1/organizations/nhsd-nonprod"
_DEVELOPER: Final = "tester@example.nhs.uk"
_APPS: Final = f"{_ORGANIZATION}/developers/{_DEVELOPER}/apps"
_CALLS: Final = {
    "list ten apps over the management API": f"{_APPS}?count=10",
    "list ten apps from the last on": f"{_APPS}?count=10&startKey={{last}}",
    "show an app": f"{_APPS}/{{last}}",
    "show an app by its id": f"{_ORGANIZATION}/apps/id-{{last}}",
    "show an access token": f"{_ORGANIZATION}/oauth2/accesstokens/token-{{token}}",
    "call an API with a token": "/mock-jwks/test-auth/app/level3",
}
_GOAL: Final = 1.5


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    few, many = _filled(bench, *FEW), _filled(bench, *MANY)
    return [_figure(bench, name, path, few, many) for name, path in _CALLS.items()]


def _figure(bench: Bench, name: str, path: str, few: Mock, many: Mock) -> Figure:
    turns = bench.in_turn(bench.effort.calls, _sample(many, path, MANY), _sample(few, path, FEW))
    return Figure(
        name=f"{name}: {MANY[0]:,} apps, {MANY[1]:,} tokens",
        measured=microseconds(turns.median(0)),
        beside=f"{microseconds(turns.median(1))} with {FEW[0]} of each",
        ratio=times(turns.ratio()),
        goal=f"≤ {_GOAL}",
        met=turns.ratio() <= _GOAL,
    )


def _sample(platform: Mock, path: str, size: tuple[int, int]) -> Sample:
    last, token = size[0] - 1, size[1] - 1
    url = f"{platform.url}{path.format(last=f'app-{last}', token=token)}"

    def sample() -> float:
        begun = time.perf_counter()
        status, _, body = platform.in_process.visit(url, bearer=f"token-{token}")
        taken = time.perf_counter() - begun
        if status != 200:  # noqa: PLR2004 - or what was measured is a refusal
            raise AssertionError(f"{url} answered {status}: {body!r}")
        return taken

    return sample


def _filled(bench: Bench, apps: int, tokens: int) -> Mock:
    platform, now = bench.platform(), time.time()
    environment = platform.configuration.apim.environment
    for number in range(apps):
        platform.developer_apps.add(_app(f"app-{number}", f"mock-jwks-{environment}", now))
    for number in range(tokens):
        token = AccessToken(
            client_id=f"key-app-{number % apps}",
            environment=environment,
            scopes=("urn:nhsd:apim:app:level3:mock-jwks",),
            issued_at=now,
            expires_at=now + 86_400,
        )
        platform.store.access_tokens.put(f"token-{number}", token)
    return platform


def _app(name: str, product: str, now: float) -> DeveloperApp:
    key = Key(
        consumer_key=f"key-{name}",
        consumer_secret=f"of {name}",
        subscriptions=(Subscription(product=product),),
        issued_at=now,
    )
    return DeveloperApp(id=f"id-{name}", developer=_DEVELOPER, name=name, keys=(key,), created_at=now, modified_at=now)
