"""The mock's own certificate authority, and the certificates of a server for each of its names.

These use the machine's time, not the mock's clock: a test that moves the clock must not make TLS fail.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LOG: Final = logging.getLogger(__name__)
AUTHORITY_DAYS: Final = 89
LEAF_DAYS: Final = 7
_SKEW: Final = timedelta(days=1)
"""How far back a certificate's validity starts: containers' clocks differ, and time zones may be set wrongly."""
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_NAME: Final = "nhsauth mock authority"
_NO_MAIL: Final = x509.RFC822Name("nhsauth.invalid")
"""The one host whose mail addresses it may name: without any, a client would accept every address."""
_SERVERS: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])

Now = Callable[[], datetime]


def _meet_real_datetime() -> None:
    """Sign once while `datetime.datetime` is Python's own: cryptography keeps the first class that it sees.

    freezegun replaces that class when a test stops the time. After such a test no certificate could be made.
    """
    found = dt.datetime
    real = next(each for each in found.__mro__ if each.__module__ == "datetime")
    vars(dt)["datetime"] = real
    try:
        key = ec.generate_private_key(ec.SECP256R1())
        _builder(_NAME, None, key.public_key(), real(2000, 1, 1, tzinfo=UTC), LEAF_DAYS).sign(key, hashes.SHA256())
    finally:
        vars(dt)["datetime"] = found


def real_time() -> datetime:
    """Return the machine's own time, which OpenSSL uses: that of a new file, since tests stop Python's clocks."""
    with tempfile.TemporaryFile() as file:
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority that is constrained to the names it was made for; the repr has no key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate, which clients must trust."""
        return self.certificate.public_bytes(Encoding.PEM)

    def private_pem(self) -> bytes:
        """Return certificate and key, for a file that only its owner may read."""
        return self.pem + _pem_of(self.key)

    def holds(self, names: Iterable[str], now: datetime) -> bool:
        """Whether it is valid for these names, and for as long as a certificate made today."""
        constraints = _constraints(names)
        try:
            own = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return False
        return own == constraints and self.lasts(now)

    def lasts(self, now: datetime) -> bool:
        """Whether it is valid for as long as a certificate made today."""
        ends = self.certificate.not_valid_after_utc
        return self.certificate.not_valid_before_utc <= now and ends > now + timedelta(days=LEAF_DAYS)

    def leaf(self, names: Iterable[str], now: datetime) -> bytes:
        """Return a new key and its certificate for these names, as PEM."""
        key, alternatives = ec.generate_private_key(ec.SECP256R1()), [_general_name(name) for name in names]
        builder = (
            _builder("nhsauth mock", self.certificate.subject, key.public_key(), now, LEAF_DAYS)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(_SERVERS, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        certificate = builder.sign(self.key, hashes.SHA256())
        return _pem_of(key) + certificate.public_bytes(Encoding.PEM)


def make_authority(names: Iterable[str], now: datetime) -> Authority:
    """Make an authority for these host names and IP addresses, and for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_NAME, None, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(_SERVERS, critical=False)
        .add_extension(_constraints(names), critical=True)
    )
    return Authority(certificate=builder.sign(key, hashes.SHA256()), key=key)


class UnusableAuthorityError(ValueError):
    """The content of a file is not an authority of ours. One line says why."""


def read_authority(pem: bytes) -> Authority:
    """Return the authority of a `private_pem`. Raises UnusableAuthorityError."""
    try:
        key, certificate = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError):
        raise UnusableAuthorityError("cannot be read as a certificate and its key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise UnusableAuthorityError("holds a key that is not the certificate's")
    if certificate.subject != _subject(_NAME):
        raise UnusableAuthorityError("is another program's authority")
    return Authority(certificate=certificate, key=key)


def _builder(
    name: str, issuer: x509.Name | None, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    subject = _subject(name)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _constraints(names: Iterable[str]) -> x509.NameConstraints:
    loopback = [x509.IPAddress(ipaddress.ip_network(network)) for network in _LOOPBACK]
    own = [_permitted(name) for name in sorted({*names, "localhost"})]
    return x509.NameConstraints(permitted_subtrees=[*own, *loopback, _NO_MAIL], excluded_subtrees=None)


def _permitted(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(ipaddress.ip_network(address))


def _general_name(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Contexts:
    """TLS for a server with many names: a client's SNI selects the certificate, which is made at its first use.

    `names` are for clients without SNI, or for the mock's own names; `is_name` accepts the others. `renewed` returns
    the next authority when the first is about to expire while the server runs.
    """

    def __init__(
        self,
        authority: Authority,
        names: Iterable[str],
        is_name: Callable[[str], bool],
        now: Now = real_time,
        *,
        renewed: Callable[[], Authority] | None = None,
    ) -> None:
        self._authority = authority
        self._renewed = renewed
        self._names = tuple(dict.fromkeys(["localhost", "127.0.0.1", "::1", *names]))
        self._is_name = is_name
        self._now = now
        self._made: dict[str, tuple[ssl.SSLContext, datetime]] = {}
        self._lock = threading.Lock()

    def server(self) -> ssl.SSLContext:
        """Return the context to listen with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose
        return context

    def _choose(self, client: ssl.SSLObject, sent: str | None, _: ssl.SSLContext) -> int | None:
        name = (sent or "").lower().removesuffix(".")
        if name and name not in self._names and not self._is_name(name):
            _LOG.warning("TLS for %r refused: this mock has no such host", name[:100])
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        client.context = self._context("" if name in self._names else name)
        return None

    def _context(self, name: str) -> ssl.SSLContext:
        with self._lock:
            context, renew_at = self._made.get(name, (None, None))
            now = self._now()
            if context is None or renew_at is None or now >= renew_at:
                if self._renewed is not None and not self._authority.lasts(now):
                    self._authority = self._renewed()
                context = _loaded(self._authority.leaf([name] if name else self._names, now))
                self._made[name] = context, now + timedelta(days=LEAF_DAYS) - _SKEW
            return context


def _loaded(pem: bytes) -> ssl.SSLContext:
    """Return a context with this key and certificate, which OpenSSL reads from files only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    descriptor, name = tempfile.mkstemp(prefix="nhsauth-")  # mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink(missing_ok=True)
    return context


_meet_real_datetime()
