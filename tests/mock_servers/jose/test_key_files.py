"""A user's own key file: what is read, and what is said of any other."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    PrivateFormat,
)

from mock_servers.jose import keys
from tests.mock_servers.jose.written import Key, pem, with_wrong_exponent


class TestReadPrivateKey:
    ALLOWED = "allowed is an unencrypted RSA private key in PEM, PKCS#8 or PKCS#1"

    @pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS#8", "PKCS#1"])
    def test_reads_both_formats(self, tmp_path: Path, key: Key, kind: PrivateFormat) -> None:
        file = tmp_path / "own.pem"
        file.write_bytes(pem(key, kind))

        assert keys.read_private_key(file).private_numbers() == key.private_numbers()

    def refusal_of(self, file: Path, content: bytes) -> str:
        file.write_bytes(content)
        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(file)
        return str(refused.value)

    def test_says_that_a_file_is_missing(self, tmp_path: Path) -> None:
        file = tmp_path / "none.pem"

        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(file)

        assert str(refused.value) == f"{file} cannot be read (No such file or directory); {self.ALLOWED}"

    def test_says_that_a_folder_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(tmp_path)

        assert str(refused.value).startswith(f"{tmp_path} cannot be read (")

    @pytest.mark.parametrize("content", [b"", b"\x30\x82\x04", b'{"kty": "RSA"}'], ids=["empty", "DER", "JWK"])
    def test_says_that_a_file_is_not_pem(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "own.pem"

        assert self.refusal_of(file, content) == f"{file} is not PEM; {self.ALLOWED}"

    @pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS#8", "PKCS#1"])
    def test_says_that_a_key_is_encrypted(self, tmp_path: Path, key: Key, kind: PrivateFormat) -> None:
        file = tmp_path / "own.pem"

        assert self.refusal_of(file, pem(key, kind, b"secret")) == f"{file} is encrypted; {self.ALLOWED}"

    def test_says_that_a_key_is_public(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        content = keys.KeyPair(kid="k-1", private=key).public_pem().encode()

        assert self.refusal_of(file, content) == f"{file} holds a public key; {self.ALLOWED}"

    def test_says_that_a_certificate_is_not_private_key(self, tmp_path: Path) -> None:
        file = tmp_path / "own.pem"
        content = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

        assert self.refusal_of(file, content) == f"{file} holds no private key; {self.ALLOWED}"

    def test_says_that_a_key_is_not_rsa(self, tmp_path: Path) -> None:
        file = tmp_path / "own.pem"
        content = pem(ec.generate_private_key(ec.SECP256R1()))

        assert self.refusal_of(file, content) == f"{file} holds a private key that is not RSA; {self.ALLOWED}"

    def test_says_that_a_file_is_cut_short(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        fault = "holds a private key that is damaged or in another format"

        assert self.refusal_of(file, pem(key)[:400]) == f"{file} {fault}; {self.ALLOWED}"

    def test_checks_the_numbers_of_the_key(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        fault = "holds a private key that is damaged or in another format"

        assert self.refusal_of(file, pem(with_wrong_exponent(key))) == f"{file} {fault}; {self.ALLOWED}"

    def test_error_is_a_value_error(self) -> None:
        assert issubclass(keys.KeyFileError, ValueError)
