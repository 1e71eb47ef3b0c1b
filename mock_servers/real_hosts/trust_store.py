"""The files that clients need to trust the mock, for every runtime; and the authority that `serve --tls` keeps.

No system store is ever changed: a client without one of these files trusts the mock no more than before.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from mock_servers.jose.keys import keep_out_of_git
from mock_servers.real_hosts.certificate import Authority, UnusableAuthorityError, make_authority, read_authority
from mock_servers.silence import silence

_LOG: Final = logging.getLogger(__name__)
PASSWORD: Final = "changeit"
"""The password of the trust store for Java, by that platform's custom. Nothing in the store is secret."""
_LOCK_TIMEOUT: Final = 30  # seconds
_PRIVATE: Final = "authority.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """The files: the authority alone, the authority with the public ones, and the latter as PKCS#12 for Java."""

    authority: Path
    bundle: Path
    java: Path

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """All of them."""
        return self.authority, self.bundle, self.java


def export(authority: Authority, folder: Path) -> TrustStore:
    """Write the files into a folder that exists. Raises OSError."""
    import certifi  # noqa: PLC0415 - only where TLS is served

    public = Path(certifi.where()).read_bytes()
    store = TrustStore(authority=folder / "ca.pem", bundle=folder / "bundle.pem", java=folder / "truststore.p12")
    _write(store.authority, authority.pem)
    _write(store.bundle, authority.pem + public)
    _write(store.java, _java(authority, public))
    return store


def kept(names: Collection[str], cache: Path, now: datetime) -> tuple[Authority, TrustStore]:
    """Return the authority for these names that all processes share, made or renewed if needed. Raises OSError.

    Its cache folder is named after its names, so that two projects do not replace each other's. The folder above has
    copies of the public files of the latest start, where containers find them.
    """
    from filelock import FileLock  # noqa: PLC0415 - 14 ms

    digest = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:12]
    folder = cache / "tls" / digest
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep_out_of_git(folder)
    with silence(), FileLock(folder / "lock", mode=0o600).acquire(timeout=_LOCK_TIMEOUT):
        authority = _read(folder / _PRIVATE, names, now)
        if authority is None:
            authority = make_authority(names, now)
            _write(folder / _PRIVATE, authority.private_pem(), private=True)
        store = export(authority, folder)
        for file in store.files:
            _write(folder.parent / file.name, file.read_bytes())
        return authority, store


def _read(file: Path, names: Collection[str], now: datetime) -> Authority | None:
    """Return the kept authority if it is still valid; otherwise log why, and the caller replaces it."""
    try:
        pem = _own(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        _LOG.warning("The certificate authority %s %s: replaced by a new one.", file, error.strerror)
        return None
    try:
        found = read_authority(pem)
    except UnusableAuthorityError as error:
        _LOG.warning("The certificate authority %s %s: replaced by a new one.", file, error)
        return None
    if not found.holds(names, now):
        _LOG.warning("The certificate authority %s expires, or is not for these names: replaced by a new one.", file)
        return None
    return found


def _own(file: Path) -> bytes:
    """Return what a file holds that is this user's alone. Raises OSError: who else may write or read it has the key."""
    with os.fdopen(
        os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb"
    ) as it:
        found = os.fstat(it.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        if os.name == "posix" and found.st_uid != getattr(os, "geteuid")():  # noqa: B009 - Windows has none
            raise OSError(errno.EACCES, "belongs to another user")
        if os.name == "posix" and found.st_mode & 0o077:
            raise OSError(errno.EACCES, "can be read or written by other users")
        return it.read()


def _java(authority: Authority, public: bytes) -> bytes:
    from cryptography import x509  # noqa: PLC0415 - only where TLS is served
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12  # noqa: PLC0415 - only where TLS is served

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a public authority has a serial number that RFC 5280 would not allow
        roots = [authority.certificate, *x509.load_pem_x509_certificates(public)]
    entries = [pkcs12.PKCS12Certificate(root, f"root-{index}".encode()) for index, root in enumerate(roots)]
    return pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(PASSWORD.encode()))


def _write(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write in one step, so that no process reads half of it."""
    draft = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    draft.touch(mode=0o600 if private else 0o644)
    try:
        draft.write_bytes(content)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
