"""The files of observations: each has the form, is of a real environment, and holds nothing that is anybody's."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.observed import is_evidence

FOLDER = Path(__file__).parent.parent / "contract_tests" / "observations"
SCHEMA = FOLDER / "schema.json"
FILES = sorted(path for path in FOLDER.glob("*.json") if path != SCHEMA)
HASH = re.compile(r'"description_sha256": "[0-9a-f]{64}"')
SECRET = re.compile(r"eyJ|-----BEGIN|rrt-|@|\d{9}|[A-Za-z0-9+/_-]{32,}|[0-9a-f]{8}-[0-9a-f]{4}")
"""What looks like a token, a key, a message id, an address, the number of a person, or a secret."""
OURS = {text for each in entries() for text in (each.error.code, each.error.sentence) if text}


def found_in(text: str) -> list[str]:
    """What looks like a secret in a file, but for hashes and the words of the catalogue."""
    plain = HASH.sub("", text)
    for words in sorted(OURS, key=len, reverse=True):
        plain = plain.replace(json.dumps(words, ensure_ascii=False)[1:-1], "")
    names = {rule for each in entries() for _, rule in each.rules}
    return [each for each in SECRET.findall(plain) if each not in names]


def test_the_schema_is_what_the_code_reads() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == observations.schema()


def test_nothing_but_files_of_observations_stands_there() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", "schema.json", *(path.name for path in FILES)}


def test_every_file_has_the_form_and_is_of_a_real_environment() -> None:
    for path in FILES:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), observations.schema())
        assert all(is_evidence(day) for day in observations.read(path)), path.name


def test_no_file_holds_what_looks_like_a_secret_or_a_person() -> None:
    assert {path.name: found for path in FILES if (found := found_in(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzUxMiJ9",
        "-----BEGIN " + "PRIVATE KEY-----",  # in two, for secret scanners look for no more than this line
        "rrt-531675641644104929-c-geu2-21938-733168594-1",
        "somebody@nhs.net",
        "9912003071",
        "0123456789abcdefghijABCDEFGHIJKL",
        "8d5d7a4b-0d4e-4b8e-9c0a-3b1d2f4a5c6e",
    ],
)
def test_what_looks_like_one_is_found(secret: str) -> None:
    assert found_in(f'{{"description": "It was {secret}"}}') != []


def test_the_words_of_the_catalogue_are_none() -> None:
    assert found_in(json.dumps([each.error.sentence for each in entries()], ensure_ascii=False)) == []
