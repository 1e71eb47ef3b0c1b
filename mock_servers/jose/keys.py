"""RSA keys as objects, their JWKs, and the cache that keeps a mock's own keys between starts.

The caller decides size, kid and algorithm. PEM text is for people and files: it loads too slowly for a request.
Cryptography is loaded for the first key: a start needs none.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from mock_servers.silence import silence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

_LOG = logging.getLogger(__name__)
_EXPONENT = 65537
_SIZES = range(2048, 8192 + 1)
_LOCK_TIMEOUT = 60  # seconds, for what another process does in one or two
_ALLOWED = "allowed is an unencrypted RSA private key in PEM, PKCS#8 or PKCS#1"
_IN_MEMORY = "Cannot use the key cache %s (%s), so keys are in memory, new at each start. Set NHSAUTH_CACHE_DIR."
_FAULTS = {  # the first mark of a file that says why no key could be loaded from it
    b"ENCRYPTED": "is encrypted",
    b"PRIVATE KEY-----": "holds a private key that is damaged or in another format",
    b"PUBLIC KEY-----": "holds a public key",
    b"-----BEGIN ": "holds no private key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A private key and the kid that its signatures name. The repr shows the kid alone."""

    kid: str
    private: rsa.RSAPrivateKey = field(repr=False)

    def public_jwk(self, *, alg: str) -> dict[str, str]:
        """Return the public key as a JWK (RFC 7517) for signatures by `alg`, such as RS512."""
        public = self.private.public_key().public_numbers()
        n, e = (_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (public.n, public.e))
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": alg, "n": n, "e": e}

    def private_pem(self) -> str:
        """Return the private key as PKCS#8 text, not encrypted: only for a user who asks to see it."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def public_pem(self) -> str:
        """Return the public key as SubjectPublicKeyInfo text."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwks(*keys: KeyPair, alg: str) -> dict[str, list[dict[str, str]]]:
    """Return the public keys as a JWK set, `{"keys": […]}`, in the order given."""
    return {"keys": [key.public_jwk(alg=alg) for key in keys]}


PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""The private members of a JWK (RFC 7518, section 6)."""


def public_half(jwk: Mapping[str, object]) -> dict[str, object]:
    """Return a JWK without its private members."""
    return {name: value for name, value in jwk.items() if name not in PRIVATE_MEMBERS}


def thumbprint(jwk: Mapping[str, object]) -> str:
    """Return the SHA-256 thumbprint of an RSA JWK (RFC 7638), base64url. ValueError without kty RSA, n and e."""
    required = {name: jwk.get(name) for name in ("e", "kty", "n")}  # the order is RFC 7638's
    if required["kty"] != "RSA" or not all(isinstance(value, str) for value in required.values()):
        raise ValueError("a thumbprint needs a JWK with kty RSA and with n and e as strings")
    return _base64url(hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest())


def generate(bits: int) -> rsa.RSAPrivateKey:
    """Return a new key with exponent 65537, leaving the GIL to others. ValueError when bits are not in 2048..8192."""
    if bits not in _SIZES:
        raise ValueError(f"{bits} bits are no size for a new RSA key: allowed are {_SIZES[0]} to {_SIZES[-1]}")
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=bits)


class KeyFileError(ValueError):
    """A user's key file cannot be used. One line: the file, what is wrong with it, what is allowed."""


def read_private_key(path: Path, member: str = "") -> rsa.RSAPrivateKey:
    """Return a user's own key, fully checked: once at start, as 4096 bits take 250 ms. Raises KeyFileError.

    `member` is the configuration's member that names the file.
    """
    named = f"{member} is {path}, which" if member else str(path)
    try:
        data = path.read_bytes()
        key = _loaded(data)
    except OSError as error:
        raise KeyFileError(f"{named} cannot be read ({error.strerror}); {_ALLOWED}") from None
    except ValueError:
        fault = next((fault for mark, fault in _FAULTS.items() if mark in data), "is not PEM")
        raise KeyFileError(f"{named} {fault}; {_ALLOWED}") from None
    if key is None:
        raise KeyFileError(f"{named} holds a private key that is not RSA; {_ALLOWED}")
    return key


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return NHSAUTH_CACHE_DIR, else nhsauth's folder in the user's cache; absolute, since tests change directory."""
    given = environ.get("NHSAUTH_CACHE_DIR")
    if given:
        return Path(given).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("nhsauth", appauthor=False).absolute()


class Pems(Protocol):
    """Private keys as PEM by name, which several processes share, as a table of the state has them."""

    def get(self, key: str) -> str | None:
        """Return the key with a name."""

    def add(self, key: str, value: str) -> bool:
        """Keep a key unless another has its name."""


class KeyRing:
    """The mock's own keys by name, each made at its first use; every method is thread-safe.

    Kept for all processes as `{folder}/keys/{name}-{bits}.pem`; if that is impossible, in memory, with one warning.
    """

    def __init__(self, folder: Path | None = None, *, generate: Callable[[int], rsa.RSAPrivateKey] = generate) -> None:
        self._folder = None if folder is None else folder / "keys"
        self._generate = generate
        self._added: dict[str, KeyPair] = {}
        self._pairs: dict[tuple[str, int, str | None], KeyPair] = {}
        self._privates: dict[tuple[str, int], rsa.RSAPrivateKey] = {}
        self._locks: dict[tuple[str, int], Lock] = {}
        self._warned = Lock()
        self._pems: Pems | None = None

    def sharing(self, pems: Pems) -> KeyRing:
        """Return a ring whose keys other processes share; this ring supplies the missing ones."""
        ring = KeyRing(generate=self._generate)
        ring._folder, ring._added, ring._pems = self._folder, self._added, pems
        return ring

    def pair(self, name: str, *, bits: int, kid: str | None = None) -> KeyPair:
        """Return the pair for these arguments, always the same; its thumbprint is the default kid.

        ValueError for a name like a/b.
        """
        wanted = (name, bits, kid)
        found = self._added.get(name) or self._pairs.get(wanted)
        return found or self._pairs.setdefault(wanted, _pair(self._private(name, bits), kid))

    def prepare(self, *wanted: tuple[str, int]) -> None:
        """Load or generate the keys of these names and sizes, in parallel."""
        from concurrent.futures import ThreadPoolExecutor

        lacking = [(name, bits) for name, bits in wanted if name not in self._added]
        with ThreadPoolExecutor(len(lacking) or 1) as pool:
            list(pool.map(lambda one: self._private(*one), lacking))

    def loaded(self) -> dict[str, KeyPair]:
        """Return the pairs that are in memory, by name, without loading or making any."""
        return {**{name: pair for (name, _, _), pair in self._pairs.copy().items()}, **self._added}

    def add(self, name: str, private: rsa.RSAPrivateKey, kid: str | None = None) -> KeyPair:
        """Let `pair` return this configured key under the name, for any size and kid."""
        _check_name(name)
        self._added[name] = added = _pair(private, kid)
        return added

    def _private(self, name: str, bits: int) -> rsa.RSAPrivateKey:
        _check_name(name)
        with self._locks.setdefault((name, bits), Lock()):
            private = self._privates.get((name, bits)) or self._agreed(name, bits)
            return self._privates.setdefault((name, bits), private)

    def _agreed(self, name: str, bits: int) -> rsa.RSAPrivateKey:
        """Return the key that all processes use: the first of them to ask has stored it."""
        if self._pems is None:
            return self._obtained(name, bits)
        place = f"{name}-{bits}"
        if self._pems.get(place) is None:
            self._pems.add(place, _pair(self._obtained(name, bits), "").private_pem())
        found = _loaded((self._pems.get(place) or "").encode(), is_own=True)
        if found is None:
            raise TypeError(f"the state has no RSA key under the name {place}")
        return found

    def _obtained(self, name: str, bits: int) -> rsa.RSAPrivateKey:
        if self._folder is None:
            return self._generate(bits)
        make = cache(partial(self._generate, bits))  # once, even when only keeping the key fails
        try:
            return _load_or_keep(self._folder / f"{name}-{bits}.pem", bits, make)
        except OSError as error:
            if self._warned.acquire(blocking=False):  # and never released
                _LOG.warning(_IN_MEMORY, self._folder, error.strerror or error)
            return make()


def keep_out_of_git(folder: Path) -> None:
    """Have git ignore all in a folder of the cache, which may lie in a repository; a file that is there stays."""
    with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as file:  # never through a link
        file.write("*\n")


def _load_or_keep(file: Path, bits: int, make: Callable[[], rsa.RSAPrivateKey]) -> rsa.RSAPrivateKey:
    """Return the key in the file; else the first of all processes makes and keeps it. Raises OSError."""
    if not isinstance(found := _load(file, bits), str):
        return found
    from filelock import FileLock

    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _tighten(file.parent, 0o700)
    keep_out_of_git(file.parent)
    draft = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    draft.touch(mode=0o600)  # before the lock, which on Windows may wait for a folder that can never be written
    try:
        lock = FileLock(f"{file}.lock", mode=0o600)
        with silence(), lock.acquire(timeout=_LOCK_TIMEOUT, poll_interval=0.01):  # it logs each step
            if not isinstance(found := _load(file, bits), str):
                return found
            draft.write_bytes(_pair(make(), "").private_pem().encode())
            draft.replace(file)  # in one step: no process ever reads half a key
    finally:
        draft.unlink(missing_ok=True)
    if found:
        _LOG.warning("The cached key %s %s: replaced by a new one.", file, found)
    return make()


def _load(file: Path, bits: int) -> rsa.RSAPrivateKey | str:
    """Load the key that was kept in the file, or return what is wrong with the file: "" if there is none."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):  # a pipe would block its reader
            return "is not a regular file"
        key = _loaded(file.read_bytes(), is_own=True)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return "cannot be read as a private key"
    if key is None or key.key_size != bits:
        return f"is not an RSA key of {bits} bits"
    own = key.private_numbers()  # while these two hold, damage elsewhere spoils no signature: OpenSSL has a way round
    if own.p * own.q != own.public_numbers.n or own.public_numbers.e != _EXPONENT:
        return "is damaged"
    _tighten(file, 0o600)
    return key


def _loaded(pem: bytes, *, is_own: bool = False) -> rsa.RSAPrivateKey | None:
    """Return the RSA key in a PEM. Raises ValueError for any other content, or if it is encrypted.

    A key that the mock has kept itself is not checked in full.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=is_own)
    except (TypeError, UnsupportedAlgorithm) as error:  # the first is for encrypted keys
        raise ValueError(str(error)) from error
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def _tighten(path: Path, mode: int) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        with suppress(OSError):  # another user's file, or a file system without modes: the key is good anyway
            path.chmod(mode)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise ValueError(f"{name!r} is no name of a key: allowed are A-Z, a-z, 0-9 and ._-")


def _pair(private: rsa.RSAPrivateKey, kid: str | None) -> KeyPair:
    pair = KeyPair(kid=kid or "", private=private)
    return replace(pair, kid=thumbprint(pair.public_jwk(alg=""))) if kid is None else pair


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
