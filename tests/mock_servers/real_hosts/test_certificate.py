"""The mock's certificates: good for its own names and for nothing else, and never a matter of the mock's clock."""

import os
import shutil
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from mock_servers.jose.keys import keep_out_of_git
from mock_servers.real_hosts import trust_store
from mock_servers.real_hosts.certificate import Authority, Contexts, make_authority, read_authority, real_time
from mock_servers.settings.real_host import HOSTS
from tests.processes import python

NAMES = [host.name for host in HOSTS]
INT, EVIL = "int.api.service.nhs.uk", "evil.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority(NAMES, real_time())


@contextmanager
def accepting(context: ssl.SSLContext) -> Iterator[int]:
    """Shake hands with every client, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                client.settimeout(10)
                try:
                    with context.wrap_socket(client, server_side=True) as wrapped:
                        wrapped.recv(1)
                except OSError:
                    continue

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def certificate_for(port: int, name: str, pem: bytes) -> x509.Certificate:
    """Shake hands as a strict client does, and return what the server showed. Raises ssl.SSLError."""
    context = ssl.create_default_context(cadata=pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as sock,
        context.wrap_socket(sock, server_hostname=name) as wrapped,
    ):
        return x509.load_der_x509_certificate(wrapped.getpeercert(binary_form=True) or b"")


def knows(name: str) -> bool:
    return name in NAMES


@pytest.fixture
def port(authority: Authority) -> Iterator[int]:
    with accepting(Contexts(authority, ["mock"], knows).server()) as port:
        yield port


@pytest.mark.parametrize("name", NAMES)
def test_a_strict_client_accepts_every_real_host(authority: Authority, port: int, name: str) -> None:
    shown = certificate_for(port, name, authority.pem)

    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [name]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "mock"])
def test_the_mocks_own_names_share_a_certificate(name: str) -> None:
    own = make_authority([*NAMES, "mock"], real_time())
    with accepting(Contexts(own, ["mock"], knows).server()) as port:
        shown = certificate_for(port, name, own.pem)

    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "mock"]


def test_another_name_is_refused_by_an_alert_and_a_line(
    authority: Authority, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        certificate_for(port, EVIL, authority.pem)

    assert caplog.messages == [f"TLS for '{EVIL}' refused: this mock has no such host"]


@pytest.mark.parametrize("name", [EVIL, "nhs.uk", "xapi.service.nhs.uk"])
def test_clients_accept_no_other_name_from_this_authority(authority: Authority, name: str) -> None:
    """The constraints hold even where somebody else has the key."""
    stolen = Contexts(authority, [], lambda _: True).server()

    with accepting(stolen) as port, pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)permitted subtree"):
        certificate_for(port, name, authority.pem)


def test_who_does_not_trust_the_authority_is_not_served(port: int) -> None:
    foreign = make_authority(NAMES, real_time())

    with pytest.raises(ssl.SSLCertVerificationError):
        certificate_for(port, INT, foreign.pem)


def test_a_certificate_is_renewed_before_it_expires() -> None:
    time = [real_time() - timedelta(days=6, hours=1)]
    own = make_authority(NAMES, time[0])
    with accepting(Contexts(own, [], knows, lambda: time[0]).server()) as port:
        first, same = certificate_for(port, INT, own.pem), certificate_for(port, INT, own.pem)
        time[0] += timedelta(days=6, hours=1)
        later = certificate_for(port, INT, own.pem)

    assert first == same
    assert later.not_valid_after_utc - first.not_valid_after_utc == timedelta(days=6, hours=1)


def test_an_authority_is_valid_for_ninety_days_and_a_leaf_for_eight(authority: Authority) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    leaf = x509.load_pem_x509_certificate(authority.leaf([INT], now))
    made = make_authority([INT], now).certificate

    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=8)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=90)


def signed(authority: Authority, usage: x509.ObjectIdentifier, name: x509.GeneralName) -> x509.Certificate:
    """What somebody could sign with the authority's key."""
    now = real_time()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(authority.key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def verified(authority: Authority, leaf: x509.Certificate, folder: Path, *, purpose: str) -> bool:
    """Ask OpenSSL whether it accepts a certificate for a purpose, with this authority for its only root."""
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-purpose", purpose, "-CAfile", str(folder / "ca.pem"), str(folder / "leaf.pem")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - two files of ours


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine")
@pytest.mark.parametrize(
    ("purpose", "usage", "name", "is_good"),
    [
        ("sslserver", ExtendedKeyUsageOID.SERVER_AUTH, x509.DNSName(INT), True),
        # what X.509 cannot keep from it, as the documentation says
        ("sslserver", ExtendedKeyUsageOID.SERVER_AUTH, x509.DNSName(f"x.{INT}"), True),
        ("sslserver", ExtendedKeyUsageOID.SERVER_AUTH, x509.DNSName(EVIL), False),
        ("sslserver", ExtendedKeyUsageOID.SERVER_AUTH, x509.RFC822Name("a@evil.example"), False),
        ("sslclient", ExtendedKeyUsageOID.CLIENT_AUTH, x509.DNSName(INT), False),
        ("smimesign", ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.DNSName(INT), False),
        ("smimesign", ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.RFC822Name("a@evil.example"), False),
    ],
)
def test_the_authority_can_do_what_it_is_for_alone(
    authority: Authority,
    tmp_path: Path,
    purpose: str,
    usage: x509.ObjectIdentifier,
    name: x509.GeneralName,
    is_good: object,
) -> None:
    assert verified(authority, signed(authority, usage, name), tmp_path, purpose=purpose) is is_good


def test_an_authority_that_nears_its_end_is_renewed_while_the_server_runs() -> None:
    time = [real_time() - timedelta(days=83)]
    first = make_authority(NAMES, time[0])
    second = make_authority(NAMES, real_time())
    contexts = Contexts(first, [], knows, lambda: time[0], renewed=lambda: second)
    with accepting(contexts.server()) as port:
        time[0] += timedelta(days=81)
        certificate_for(port, "api.service.nhs.uk", first.pem)
        time[0] += timedelta(days=2)
        certificate_for(port, INT, second.pem)


def test_the_authority_signs_no_other_authority(authority: Authority) -> None:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_no_file_of_a_leaf_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with accepting(Contexts(authority, [], knows).server()) as port:
        certificate_for(port, INT, authority.pem)

    assert list(tmp_path.iterdir()) == []


def test_the_repr_has_no_key(authority: Authority) -> None:
    assert "key" not in repr(authority)


# what is kept, and for whom


NOW = datetime(2027, 1, 1, tzinfo=UTC)


def kept_file(cache: Path) -> Path:
    return next(cache.glob("tls/*/authority.pem"))


def test_the_kept_authority_is_the_same_at_the_next_start(tmp_path: Path) -> None:
    first, _ = trust_store.kept(NAMES, tmp_path, NOW)
    second, _ = trust_store.kept(NAMES, tmp_path, NOW + timedelta(days=81))

    assert first.certificate == second.certificate


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_only_its_owner_can_read_the_kept_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        trust_store.kept(NAMES, tmp_path, NOW)
    finally:
        os.umask(before)

    folder = kept_file(tmp_path).parent
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept_file(tmp_path), folder)] == [0o600, 0o700]


def test_two_sets_of_names_do_not_replace_each_other(tmp_path: Path) -> None:
    first, _ = trust_store.kept(NAMES, tmp_path, NOW)
    trust_store.kept([*NAMES, "mock"], tmp_path, NOW)
    again, _ = trust_store.kept(NAMES, tmp_path, NOW)

    assert first.certificate == again.certificate


def written(pem: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(pem())


def foreign() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    own = make_authority(NAMES, NOW)
    return own.pem + Authority(certificate=own.certificate, key=key).private_pem()[len(own.pem) :]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (written(lambda: make_authority(NAMES, NOW - timedelta(days=83)).private_pem()), "expires"),
        (written(lambda: make_authority(NAMES, NOW + timedelta(days=30)).private_pem()), "expires"),
        (written(lambda: make_authority([EVIL], NOW).private_pem()), "not for these names"),
        (written(foreign), "key that is not the certificate's"),
        (written(lambda: b"nonsense"), "cannot be read"),
        (written(lambda: b""), "cannot be read"),
    ],
    ids=["expired", "of the future", "other names", "foreign key", "nonsense", "empty"],
)
def test_an_authority_that_no_longer_holds_is_replaced_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], object], said: str
) -> None:
    first, _ = trust_store.kept(NAMES, tmp_path, NOW)
    spoil(kept_file(tmp_path))

    second, store = trust_store.kept(NAMES, tmp_path, NOW)

    assert second.certificate != first.certificate
    assert second.holds(NAMES, NOW)
    assert store.authority.read_bytes() == second.pem
    assert [said in message for message in caplog.messages] == [True]


def loose(file: Path) -> None:
    file.chmod(0o644)


def linked(file: Path) -> None:
    file.rename(file.with_name("elsewhere.pem"))
    file.symlink_to(file.with_name("elsewhere.pem"))


def another_users(file: Path) -> None:
    os.chown(file, 65534, -1)


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are of POSIX")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (loose, "can be read or written by other users"),
        (linked, "Too many levels of symbolic links"),
        pytest.param(
            another_users,
            "belongs to another user",
            marks=pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away"),
        ),
    ],
)
def test_an_authority_that_others_may_know_is_replaced_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], object], said: str
) -> None:
    first, _ = trust_store.kept(NAMES, tmp_path, NOW)
    spoil(kept_file(tmp_path))

    second, _ = trust_store.kept(NAMES, tmp_path, NOW)

    assert second.certificate != first.certificate
    assert [said in message for message in caplog.messages] == [True]
    assert stat.S_IMODE(kept_file(tmp_path).lstat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_gitignore_is_not_written_through_a_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine", encoding="ascii")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ".gitignore").symlink_to(precious)

    keep_out_of_git(tmp_path / "cache")

    assert precious.read_text(encoding="ascii") == "mine"


def test_another_programs_authority_is_not_used() -> None:
    other = Authority(certificate=x509.load_pem_x509_certificate(make_authority([INT], NOW).pem), key=make_key())

    with pytest.raises(ValueError, match="not the certificate's"):
        read_authority(other.private_pem())


def make_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def test_the_exported_files_hold_no_key(tmp_path: Path, authority: Authority) -> None:
    store = trust_store.export(authority, tmp_path)

    assert [b"PRIVATE" in path.read_bytes() for path in tmp_path.iterdir()] == [False, False, False]
    assert store.authority.read_bytes() == authority.pem


def test_the_bundle_trusts_the_public_authorities_as_well(tmp_path: Path, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=trust_store.export(authority, tmp_path).bundle)

    subjects = [found["subject"] for found in context.get_ca_certs()]
    assert len(subjects) > 100
    assert ((("commonName", "nhsauth mock authority"),),) in subjects


def test_the_files_of_the_last_start_have_a_path_of_their_own(tmp_path: Path) -> None:
    trust_store.kept([INT], tmp_path, NOW)
    _, store = trust_store.kept(NAMES, tmp_path, NOW)

    copies = [tmp_path / "tls" / file.name for file in store.files]
    assert [copy.read_bytes() for copy in copies] == [file.read_bytes() for file in store.files]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_trust_store_for_java_has_the_same(tmp_path: Path, authority: Authority) -> None:
    store = trust_store.export(authority, tmp_path)

    found = pkcs12.load_pkcs12(store.java.read_bytes(), trust_store.PASSWORD.encode())

    certificates = [entry.certificate for entry in found.additional_certs]
    assert authority.certificate in certificates
    assert len(certificates) > 100


FROZEN_AT_FIRST = """
import datetime, freezegun

with freezegun.freeze_time("2031-01-01"):
    from mock_servers.real_hosts.certificate import make_authority

    make_authority(["x.example"], datetime.datetime.now(datetime.UTC))
make_authority(["x.example"], datetime.datetime.now(datetime.UTC))
"""


def test_a_first_certificate_in_stopped_time_leaves_the_process_able_to_make_others() -> None:
    pytest.importorskip("freezegun", reason="the group test brings freezegun")

    done = python(FROZEN_AT_FIRST)

    assert (done.returncode, done.stderr) == (0, "")
