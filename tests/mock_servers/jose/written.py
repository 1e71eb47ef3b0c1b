"""What the tests of keys say of a key, and read of files and logs."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mock_servers.jose import keys

Key: TypeAlias = rsa.RSAPrivateKey
MakeRing: TypeAlias = Callable[..., tuple[keys.KeyRing, list[int]]]
ROOT = Path(keys.__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits, and no pipes among files")
not_root = pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="permissions do not stop root")


def pem(
    key: Key | ec.EllipticCurvePrivateKey, kind: PrivateFormat = PrivateFormat.PKCS8, password: bytes = b""
) -> bytes:
    return key.private_bytes(Encoding.PEM, kind, BestAvailableEncryption(password) if password else NoEncryption())


def public_key_in(content: bytes) -> rsa.RSAPublicKey:
    """The public half of a private PEM, so that no failing assert shows the private one."""
    key = load_pem_private_key(content, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, Key)
    return key.public_key()


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def with_wrong_exponent(key: Key) -> Key:
    """A key whose d is wrong and whose primes are right."""
    own = key.private_numbers()
    wrong = rsa.RSAPrivateNumbers(own.p, own.q, own.d + 2, own.dmp1, own.dmq1, own.iqmp, own.public_numbers)
    return wrong.private_key(unsafe_skip_rsa_key_validation=True)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "mock_servers.jose.keys"]
