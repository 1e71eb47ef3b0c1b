"""A search finds the errors that a text is about. Capitals, kinds of quotes and line ends make no difference."""

import pytest

from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.search import search

QUOTA = "Your application, {}, has exceeded its quota of {} requests every 1 minute(s) and is being rate limited."
KID = "Missing 'kid' header in client_assertion JWT"


def sentences(text: str) -> set[str]:
    return {entry.error.sentence for entry in search(text).entries}


def names(text: str) -> set[str]:
    return {entry.name for entry in search(text).entries}


@pytest.mark.parametrize(
    "text", ["subject tokn malformed", "Malformed subject token", "MALFORMED jwt in subject-tokens"]
)
def test_a_slip_of_the_pen_finds_what_is_near(text: str) -> None:
    assert "Malformed JWT in subject_token" in sentences(text)
    assert search(text).are_near


def test_what_has_the_text_word_for_word_comes_alone() -> None:
    assert sentences("Malformed JWT in subject_token") == {"Malformed JWT in subject_token"}
    assert not search("Malformed JWT in subject_token").are_near


@pytest.mark.parametrize("text", ["xyzzy", "subject xyzzy", "12:30 unauthorized!", "...", "'"])
def test_a_search_for_what_is_not_there_finds_nothing(text: str) -> None:
    assert search(text).entries == []


@pytest.mark.parametrize(
    "text",
    [
        "Missing “kid” header in client_assertion JWT",
        "Missing \u2018kid\u2019 header in client_assertion JWT",
        'Missing "kid" header in client_assertion JWT.',
        "MISSING `KID` HEADER IN CLIENT_ASSERTION JWT",
        "'Missing 'kid' header in client_assertion JWT'",
        '"{\\"error_description\\": \\"Missing \'kid\' header in client_assertion JWT\\"}"',
        "it says Missing 'kid' header\nin client_assertion JWT, and nothing else",
    ],
)
def test_quotes_capitals_and_line_ends_do_not_matter(text: str) -> None:
    assert sentences(text) == {KID}


@pytest.mark.parametrize("app", ["A", "Patient Care Aggregator - INT", "<app name>", "x" * 80])
def test_the_name_of_an_app_has_up_to_80_characters(app: str) -> None:
    assert "QUOTA_EXCEEDED" in names(QUOTA.format(app, 6000))


@pytest.mark.parametrize(("app", "limit"), [("x" * 81, "6000"), ("Mine", "many")])
def test_what_cannot_stand_in_a_blank_is_not_found(app: str, limit: str) -> None:
    assert names(QUOTA.format(app, limit)) == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("400: Invalid client identifier {0}", "SANDBOX_CLIENT_UNKNOWN"),
        ("400: Invalid client identifier Jq3xKf8", "SANDBOX_CLIENT_UNKNOWN"),
        ("it said: Invalid token type 'Basic', must be 'Bearer'", "AUTHORIZATION_NOT_BEARER"),
    ],
)
def test_any_other_blank_is_one_word(text: str, name: str) -> None:
    assert names(text) == {name}


def test_a_sentence_inside_of_another_is_not_hit() -> None:
    text = "it says: Unable to identify proxy for host: secure and url: \\/hello"

    assert names(text) == {"NO_SUCH_API"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"fault": {"detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}', "API_KEY_INVALID"),
        ('{"coding": [{"code": "ACCESS_TOKEN_EXPIRED"}]}', "ACCESS_TOKEN_EXPIRED"),
    ],
)
def test_a_code_of_its_own_is_found_in_an_answer(text: str, name: str) -> None:
    assert names(text) == {name}


@pytest.mark.parametrize("status", ["created a spike in traffic", "currently receiving a high volume of requests"])
def test_the_sentences_of_spike_arrest_are_found(status: str) -> None:
    assert all(entry.error.status == 429 for entry in search(status).entries)
    assert search(status).entries


def test_errors_of_apis_are_recognised_and_not_played() -> None:
    (entry,) = search("403 ASID is not configured in the application").entries

    assert (entry.service, entry.played, entry.rules) == ("APIs behind the gateway", False, {})
    assert entry.as_json()["played"] is False


def test_every_error_of_an_api_says_what_to_do() -> None:
    apis = [entry for entry in entries() if not entry.played]

    assert len(apis) == 23
    assert [entry.name for entry in apis if not (entry.problem.cause and entry.problem.cure)] == []


@pytest.mark.parametrize(
    "sentence", sorted({entry.error.sentence for entry in entries() if "{" not in entry.error.sentence} - {""})
)
def test_each_sentence_finds_itself(sentence: str) -> None:
    assert sentence in sentences(f"[ERROR] 400: {sentence} (see the log)") or " " not in sentence
    assert sentence in sentences(sentence)
