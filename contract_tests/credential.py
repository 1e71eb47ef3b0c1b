"""The credentials for a target other than the mock: read from environment variables, never shown.

Errors name the variable, never its value.
"""

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract_tests.jwts import RsaSigner
from contract_tests.reach import CannotJudgeError

PREFIX: Final = "NHSAUTH_CONTRACT_"
_NEEDED: Final = ("CLIENT_ID", "KEY", "KID")
_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An app that the target knows, and further inputs; `id_tokens` are by provider.

    `per_minute` limits the requests in a minute, 0 for no limit; `timeout` is in seconds.
    """

    client_id: str
    signer: RsaSigner = field(repr=False)
    kid: str
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None
    status_key: str | None = field(default=None, repr=False)
    id_tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    per_minute: int = 0
    timeout: float = 10.0


def read(environ: Mapping[str, str], *, per_minute: int) -> Credential:
    """Return the variables' contents; `per_minute` is the target's limit if no variable sets one.

    Raises CannotJudgeError for a missing or invalid variable.
    """
    given = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX) and value}
    missing = [PREFIX + name for name in _NEEDED if name not in given]
    if missing:
        raise CannotJudgeError(f"set {', '.join(missing)}: a target that is not the mock is asked in an app's name")
    return Credential(
        client_id=given["CLIENT_ID"],
        signer=RsaSigner(key=_key(given["KEY"])),
        kid=given["KID"],
        client_secret=given.get("CLIENT_SECRET"),
        redirect_uri=given.get("REDIRECT_URI"),
        status_key=given.get("STATUS_KEY"),
        id_tokens=_id_tokens(given),
        per_minute=int(_number(given, "PER_MINUTE", per_minute)),
        timeout=_number(given, "TIMEOUT", 10.0),
    )


def _key(path: str) -> RSAPrivateKey:
    variable = f"{PREFIX}KEY"
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as error:
        raise CannotJudgeError(f"{variable} names a file that cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CannotJudgeError(f"{variable} names a file that is no unencrypted private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise CannotJudgeError(f"{variable} names a file whose key is not RSA; allowed: an RSA private key in PEM")
    return key


def _number(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = float(given.get(name, default))
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise CannotJudgeError(f"{PREFIX}{name} is {given[name]!r}; allowed: a number from zero up")
    return number


def _id_tokens(given: Mapping[str, str]) -> dict[str, str]:
    named = {"cis2": "ID_TOKEN", "nhs_login": "NHS_LOGIN_ID_TOKEN"}
    return {
        provider: _id_token(given, name) for provider, name in named.items() if {name, f"{name}_COMMAND"} & set(given)
    }


def _id_token(given: Mapping[str, str], name: str) -> str:
    token = given[name] if name in given else _printed(given[f"{name}_COMMAND"], f"{PREFIX}{name}_COMMAND")
    if token.strip().count(".") != 2:
        raise CannotJudgeError(f"{PREFIX}{name} gives no id token; allowed: a JWT of three parts")
    return token.strip()


def _printed(command: str, variable: str) -> str:
    """Return the output of a team's own command; its standard error is for the person."""
    try:
        done = subprocess.run(  # noqa: S603 - the user who set the variable chose the command
            shlex.split(command), stdout=subprocess.PIPE, timeout=_TIMEOUT, check=True, text=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CannotJudgeError(f"the command of {variable} failed ({type(error).__name__})") from None
    return done.stdout
