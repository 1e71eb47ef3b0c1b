"""What developers are shown of a value is short, on one line, and never a whole private key."""

import pytest

from mock_servers.wire.wording import shown

PEM = "-----BEGIN {0}-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END {0}-----\n"


@pytest.mark.parametrize("around", ["{}", "key={}", '{{"private_key": "{}"}}'])
def test_of_a_key_only_its_beginning_and_length_are_shown(around: str) -> None:
    value = around.format(PEM.format("PRIVATE KEY"))

    assert shown(value) == f"{value[:6]}… ({len(value)} characters)"


@pytest.mark.parametrize("what", ["CERTIFICATE", "PUBLIC KEY"])
def test_nothing_of_what_is_between_its_marks_is_shown(what: str) -> None:
    assert "MII" not in shown(PEM.format(what), 300)
