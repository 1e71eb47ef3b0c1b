"""The journal as a test reads it: a sequence, filters, and assertions whose failures show what was asked."""

import pytest

from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Record, RecordedError
from pytest_nhsauth.exchanges import FACTS, MOST, Exchanges, exchange_text

REFUSAL = RecordedError(code="invalid_request", description="Missing exp", rule="check_exp_present", evidence="S")


def record(number: int = 1, refusal: RecordedError | None = None, grant_type: str = "client_credentials") -> Record:
    return Record(
        id=number,
        at=1_800_000_000.0,
        service="apim",
        method="POST",
        path="/oauth2/token",
        status=400 if refusal else 200,
        request={"headers": {}, "query": {}, "form": {"grant_type": grant_type}},
        response={},
        sent={},
        refusal=refusal,
        diagnosis="exp is not there: add it." if refusal else None,
    )


def exchanges(*records: Record) -> Exchanges:
    journal = Journal()
    for each in records:
        journal.add(each)
    return Exchanges(journal)


class TestSequence:
    def test_it_is_oldest_first(self) -> None:
        assert [each.id for each in exchanges(record(1), record(2))] == [1, 2]

    def test_it_has_a_length(self) -> None:
        assert len(exchanges(record(1), record(2))) == 2

    def test_it_has_items_and_slices(self) -> None:
        three = exchanges(record(1), record(2), record(3))

        assert (three[0].id, [each.id for each in three[1:]]) == (1, [2, 3])

    def test_it_grows(self) -> None:
        journal = Journal()
        seen = Exchanges(journal)

        journal.add(record())

        assert len(seen) == 1

    def test_the_last_is_the_newest(self) -> None:
        assert exchanges(record(1), record(2)).last.id == 2

    def test_without_any_there_is_not_last(self) -> None:
        with pytest.raises(AssertionError, match=r"^no request has reached the mock$"):
            _ = exchanges().last

    def test_the_refused_are_those_with_an_error(self) -> None:
        assert [each.id for each in exchanges(record(1), record(2, REFUSAL)).refused] == [2]

    def test_the_repr_shows_them(self) -> None:
        assert repr(exchanges(record(1), record(2))) == "<Exchanges: POST /oauth2/token 200; POST /oauth2/token 200>"

    def test_the_repr_of_none_says_so(self) -> None:
        assert repr(exchanges()) == "<Exchanges: none>"


class TestWhere:
    def test_all_facts_must_hold(self) -> None:
        mixed = exchanges(record(1, grant_type="refresh_token"), record(2, REFUSAL), record(3))

        found = mixed.where(grant_type="client_credentials", error=None)

        assert [each.id for each in found] == [3]

    @pytest.mark.parametrize("fact", FACTS)
    def test_every_fact_can_be_asked_for(self, fact: str) -> None:
        one = record(1, REFUSAL)

        assert exchanges(one).where(**{fact: getattr(one, fact)}) == [one]

    def test_a_misspelt_fact_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(TypeError, match=r"^an exchange has no 'grant_typ' \(did you mean grant_type\?\): it has m"):
            exchanges().where(grant_typ="client_credentials")

    def test_an_unknown_fact_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(TypeError, match=r"^an exchange has no 'zzz': it has method, path, service, status, "):
            exchanges().where(zzz=1)


class TestAssertOne:
    def test_it_gives_the_one(self) -> None:
        assert exchanges(record(1, REFUSAL), record(2)).assert_one(error=None).id == 2

    def test_none_fails_with_the_journal_and_how_the_facts_stand(self) -> None:
        with pytest.raises(AssertionError) as failure:
            exchanges(record(1, REFUSAL)).assert_one(grant_type="client_credentials", error=None)

        assert str(failure.value).splitlines() == [
            "expected one exchange with grant_type='client_credentials', error=None, and there are none:",
            "POST /oauth2/token 400 invalid_request Missing exp",
            "  Rule: exp is not there: add it.",
            "  here grant_type='client_credentials', error='invalid_request'",
        ]

    def test_two_fail_with_their_number(self) -> None:
        with pytest.raises(AssertionError, match=r"^expected one exchange, and there are 2:\n"):
            exchanges(record(1), record(2)).assert_one()

    def test_an_empty_journal_says_so(self) -> None:
        with pytest.raises(AssertionError, match=r"and there are none:\nno request has reached the mock$"):
            exchanges().assert_one(error=None)


class TestAssertNone:
    def test_it_holds_when_there_is_none(self) -> None:
        exchanges(record(1)).assert_none(error="invalid_request")

    def test_one_fails_with_the_journal(self) -> None:
        with pytest.raises(AssertionError, match=r"^expected no exchange with status=200, and there is one:\nPOST /oa"):
            exchanges(record(1)).assert_none(status=200)


class TestTold:
    def test_nothing_is_reported_in_words(self) -> None:
        assert list(exchange_text([])) == ["no request has reached the mock"]

    def test_only_the_newest_are_reported_and_the_rest_counted(self) -> None:
        many = [record(number, REFUSAL if number == 1 else None) for number in range(1, MOST + 3)]

        lines = list(exchange_text(many))

        assert lines[0] == "(2 earlier exchanges are left out, 1 of them refused)"
        assert lines[1:] == ["POST /oauth2/token 200"] * MOST
