"""The file of known differences: what it lists, and one clear line for each mistake in it."""

from pathlib import Path

import pytest

from pytest_nhsauth.known_differences import Difference, DifferencesError, read

RULE = '[[difference]]\nrule = "Missing client_assertion"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "known.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_difference_is_a_rule_and_a_reason(tmp_path: Path) -> None:
    path = written(tmp_path, f'{RULE}reason = "older"\n[[difference]]\nrule = "3.5"\nreason = "RS256, too"\n')

    assert read(path) == (
        Difference(rule="Missing client_assertion", reason="older"),
        Difference(rule="3.5", reason="RS256, too"),
    )


def test_an_empty_file_lists_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            "rule = 3.5.1",
            ["{} is not TOML: Expected newline or end of document after a statement (at line 1, column 11)"],
        ),
        ('[[diference]]\nrule = "x"\n', ["{}: 'diference' is unknown; allowed: [[difference]] with rule and reason"]),
        (
            '[difference]\nrule = "x"\n',
            ["{}: difference is {{'rule': 'x'}}; allowed: [[difference]], with two brackets, for each"],
        ),
        ("difference = [1]", ["{}: difference 1: it is 1; allowed: a table with rule and reason"]),
        (RULE, ["{}: difference 1: reason is missing"]),
        (f'{RULE}reason = " "\n', ["{}: difference 1: reason is ' '; allowed: a text that is not empty"]),
        (
            '[[difference]]\nrule = 3.5\nreason = "x"\n',
            ["{}: difference 1: rule is 3.5; allowed: a text that is not empty"],
        ),
        (f'{RULE}reason = "x"\nrow = "3"\n', ["{}: difference 1: 'row' is unknown; allowed: rule, reason"]),
        (f'{RULE}reason = "x"\n' * 2, ["{}: difference 2: rule 'Missing client_assertion' is listed twice"]),
        (
            f"{RULE}[[difference]]\nreason = 7\n",
            [
                "{}: difference 1: reason is missing",
                "{}: difference 2: rule is missing",
                "{}: difference 2: reason is 7; allowed: a text that is not empty",
            ],
        ),
    ],
)
def test_each_mistake_is_one_line(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    path = written(tmp_path, text)

    with pytest.raises(DifferencesError) as error:
        read(path)

    assert list(error.value.args) == [mistake.format(path) for mistake in mistakes]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DifferencesError, match=r"none\.toml cannot be read: No such file or directory"):
        read(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_bytes(b"rule = \xff")

    with pytest.raises(DifferencesError, match=r"known\.toml is not UTF-8: byte 7 is 0xff"):
        read(path)
