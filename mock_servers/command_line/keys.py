"""`nhsauth keys new`: a key pair in the three forms that onboarding asks for."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Final

import click

from mock_servers.command_line.exit import Misuse
from mock_servers.jose import keys
from mock_servers.jose.keys import KeyPair

_KID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NEXT_STEPS: Final = """\
Key {kid}, RSA of {bits} bits:
  {private_key}  private: keep it secret and out of every repository
  {public_key}  public, as PEM
  {jwks}  public, as a JSON Web Key Set

What goes where:
  - API platform: host jwks.json at a URL that answers without a log-in, and register that URL with your app; or send
    it to your onboarding team. CIS2: register such a URL in Connection Manager. NHS login: asks for it at onboarding.
  - Your program: signs with the private key, algorithm RS512, header "kid": "{kid}". The platform keeps a
    key set for an hour: publish the next key that long before you sign with it.
  - This mock: private_key = '{private_key}' and kid = '{kid}' in [[apps]] of nhsauth.toml.
"""

_OTHERWISE: Final = {
    **dict.fromkeys(("private_key", "public_key"), "choose another --kid"),
    "jwks": "name another folder with --out, then add the key in its jwks.json to {file}, so that it lists both",
}


def make(*, bits: int, kid: str | None, folder: Path, as_json: bool) -> None:
    """Write the three files and say what each is for. Raises Misuse for a file that is there, or cannot be written."""
    kid = kid or f"nhsauth-{date.today():%Y%m%d}"  # noqa: DTZ011 - the user's own day
    if not _KID.fullmatch(kid):
        raise Misuse(f"--kid {kid!r} would not do as a file name; allowed: A-Z, a-z, 0-9, and ._- but not in front")
    files = {
        "private_key": folder / f"{kid}.pem",
        "public_key": folder / f"{kid}.pub.pem",
        "jwks": folder / "jwks.json",
    }
    for member, file in files.items():
        if file.exists() or file.is_symlink():
            raise Misuse(f"{file} is there already, and nothing is overwritten: {_OTHERWISE[member].format(file=file)}")
    pair = KeyPair(kid=kid, private=keys.generate(bits))
    try:
        _write(pair, files)
    except OSError as error:
        raise Misuse(f"{error.filename} cannot be written ({error.strerror})") from None
    made = {"kid": kid, "bits": bits, **{name: str(file) for name, file in files.items()}}
    click.echo(json.dumps(made, indent=2) if as_json else _NEXT_STEPS.format_map(made), nl=as_json)


def _write(pair: KeyPair, files: dict[str, Path]) -> None:
    files["private_key"].parent.mkdir(parents=True, exist_ok=True)
    texts = {
        "private_key": pair.private_pem(),
        "public_key": pair.public_pem(),
        "jwks": json.dumps(keys.jwks(pair, alg="RS512"), indent=2) + "\n",
    }
    for name, text in texts.items():
        mode = 0o600 if name == "private_key" else 0o644
        file = os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text)
