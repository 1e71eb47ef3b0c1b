"""Environment variables for code under test: the ini's `nhsauth_env`, filled in from the mock."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

from mock_servers.wire.wording import did_you_mean

if TYPE_CHECKING:
    from pytest_nhsauth.platform import Platform
    from pytest_nhsauth.registered_app import RegisteredApp

_LINE: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.DOTALL)

_VALUES: Final[Mapping[str, Callable[[Platform, RegisteredApp, Path], str]]] = {
    "url": lambda platform, _app, _folder: platform.url,
    "token_url": lambda platform, _app, _folder: platform.token_url,
    "authorize_url": lambda platform, _app, _folder: platform.authorize_url,
    "userinfo_url": lambda platform, _app, _folder: platform.userinfo_url,
    "cis2_issuer": lambda platform, _app, _folder: platform.cis2.issuer,
    "nhs_login_issuer": lambda platform, _app, _folder: platform.nhs_login.issuer,
    "gateway_url": lambda platform, _app, _folder: platform.gateway,
    "client_id": lambda _platform, app, _folder: app.client_id,
    "client_secret": lambda _platform, app, _folder: app.client_secret,
    "private_key_path": lambda _platform, app, folder: _written(app.private_key_pem, folder),
    "private_key_pem": lambda _platform, app, _folder: app.private_key_pem,
    "kid": lambda _platform, app, _folder: app.kid,
    "jwks_url": lambda _platform, app, _folder: app.jwks_url,
    "redirect_uri": lambda _platform, app, _folder: app.redirect_uri,
}
"""The placeholders. Most need a look-up, a private key its conversion to PEM: only named ones are computed."""


def read(lines: Sequence[str]) -> dict[str, str]:
    """Return templates by variable. Raises ValueError, naming the line, what is wrong with it and what is allowed."""
    templates: dict[str, str] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{line!r} is no NAME=value")
        if match[1] in templates:
            raise ValueError(f"{match[1]} is given twice")
        _check(match[1], match[2].strip())
        templates[match[1]] = match[2].strip()
    return templates


def _check(variable: str, template: str) -> None:
    try:
        fields = [(field, spec, conversion) for _, field, spec, conversion in Formatter().parse(template)]
    except ValueError as error:
        raise ValueError(f"{variable} is {template!r}: {error}; a brace of its own is written twice") from None
    for field, spec, conversion in fields:
        if field is not None and (field not in _VALUES or spec or conversion):
            meant = did_you_mean(field, _VALUES) if field not in _VALUES else ""
            whole = "{" + field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
            raise ValueError(f"{variable} has {whole}, which is unknown{meant}; allowed: {', '.join(_VALUES)}")


def filled(templates: Mapping[str, str], platform: Platform, app: RegisteredApp, folder: Path) -> dict[str, str]:
    """Return the variables; a private key's file goes to `folder`.

    Raises LookupError for a value that the app does not have.
    """
    named = {field for template in templates.values() for _, field, _, _ in Formatter().parse(template) if field}
    values = {name: _VALUES[name](platform, app, folder) for name in named}
    return {variable: template.format(**values) for variable, template in templates.items()}


def _written(pem: str, folder: Path) -> str:
    path = folder / "private-key.pem"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 - a Path has no mode for a new file
        file.write(pem)
    return str(path)
