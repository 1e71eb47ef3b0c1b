"""The table of the contract: its sentences stand there and on the servers' rows, and nowhere else in our sources."""

import ast

from contract_tests.breakages import BREAKAGES
from contract_tests.contract import CONTRACT, SOURCES
from tests import sources

SHORT = 8
"""Texts up to this length are phrases such as that of a status, and no sentences."""
SENTENCES = {row.sentence for row in CONTRACT.values() if len(row.sentence) > SHORT}
REPEATED = {"§1"}
"""Rows that no request breaks by itself: others say the same."""
FILLED = (
    *("client_id", "extra", "PUT", "POST", "GET", "magic", "/NHSIdentity/Hospital", "/no-such-api/anything"),
    "quota of 1 requests every 1 minute(s)",
)
"""What a sentence of the table has from its request; in the servers' row there is a field."""
ROOMS = {"apim", "gateway", "provider", "management"}
"""Where the servers' rows are."""
ALSO = {
    (
        "mock_servers/command_line/demo.py",
        "Malformed JWT in subject_token",
    ): "the answer that the demonstration waits for",
    ("mock_servers/mock.py", "Not Found"): "the phrase of a status",
    ("mock_servers/platform/routing.py", "Not Found"): "the phrase of a status",
    ("mock_servers/explain/said.py", "Not Found"): "the phrase of a status",
    ("mock_servers/control/problems.py", "Not Found"): "the phrase of a status",
}
TEXTS = [
    (path.relative_to(sources.ROOT).as_posix(), node.value)
    for path in sources.SOURCES
    if not path.name.startswith("test_")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]


def test_a_sentence_of_the_table_stands_otherwise_on_rows_of_the_servers_alone() -> None:
    elsewhere = {each for each in TEXTS if each[1] in SENTENCES and each[0].split("/")[1] not in ROOMS}

    assert elsewhere == ALSO.keys()


def test_each_sentence_of_the_table_stands_on_a_row_of_the_servers() -> None:
    rows = {text for path, text in TEXTS if path.startswith("mock_servers/")}

    assert {
        sentence for sentence in SENTENCES - rows if not sentence.endswith(FILLED) and FILLED[-1] not in sentence
    } == set()


def test_every_row_has_a_breakage_and_every_source_a_row() -> None:
    asked = {key for each in BREAKAGES for key in (each.key, *each.doubts)}

    assert CONTRACT.keys() - asked == REPEATED
    assert {row.source for row in CONTRACT.values()} == SOURCES.keys()


def test_no_server_reads_the_table() -> None:
    """It is the second source beside the servers' own rows."""
    servers = [path for path in sources.SOURCES if sources.module(path).startswith(("mock_servers", "pytest_nhsauth"))]

    assert [path for path in servers if "contract_tests.contract" in " ".join(sources.source(path).imports)] == []
    assert [path for path, text in TEXTS if not path.startswith("contract_tests/") and "contract.toml" in text] == []
