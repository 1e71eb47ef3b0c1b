"""Requests that chance makes: each is answered as the contract says, and nothing it holds breaks the service.

A failure is shrunk to what matters, and printed as commands and as a test of its own.
"""

from functools import cache

from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from contract_tests import strategies
from contract_tests.answers import FORMS, Said, accepted, answer_of, form, said, said_of
from contract_tests.breakage import Breakage, Flow
from contract_tests.breakages import BREAKAGES, of_flow
from contract_tests.broken_request import ask
from contract_tests.case import proves
from contract_tests.contract import CONTRACT, Shape
from contract_tests.draft import client_credentials, token_exchange
from contract_tests.oracle import ISSUED, NoOpinionError, World, row_of
from contract_tests.reach import Ability, OutOfReachError, Switch, need
from contract_tests.reproduction import written
from contract_tests.strategies import Recipe
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("any request", "S")

# Some machines are slow, and the target is the session's on purpose. What failed is printed whole, so nothing need be
# kept of it in a database, where what was sent to a real service has no business.
BY_CHANCE = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
NAMED_5XX: frozenset[int] = frozenset(row.status for row in CONTRACT.values() if row.status >= 500)
HEAP = 6


@cache
def _says(row: str, switches: frozenset[Switch]) -> Said:
    """Return the answer of a row of the token endpoint; all breakages of the row expect the same."""
    first = next(breakage for breakage in BREAKAGES if breakage.row.paragraph == row and breakage.holds(switches))
    return answer_of(first.key)


def _world(target: Target) -> World:
    parts = [target.id_token_parts(person) for person in (HEALTHCARE_WORKER, PATIENT)]
    return World(
        now=target.now(),
        origin=target.origin,
        client_id=target.app({}).client_id,
        kid=target.jwk["kid"],
        key=target.signer.key.public_key(),
        issuers=[claims["iss"] for _, claims in parts],
        provider_kids=[header["kid"] for header, _ in parts],
        signed=target.signed,
    )


def _judged(target: Target, request: HttpRequest) -> None:
    """Send a request, and fail unless it is answered with what the contract says; see the form of it, too."""
    answer = target.send(request)
    _has_a_form_of_the_contract(target, request, answer)
    try:
        row = row_of(request, _world(target))
    except NoOpinionError:
        return
    got, expected = _outcome(answer), ISSUED if row == ISSUED else _says(row, target.switches)
    if got != expected:
        note(written(target, target.app({}), request, expected, got))

    assert got == expected


def _outcome(answer: Answer) -> Said | str:
    return ISSUED if answer.status == 200 and "access_token" in answer.json else said(answer)


def _has_a_form_of_the_contract(target: Target, request: HttpRequest, answer: Answer) -> None:
    if answer.status == 200:
        return
    right = form(answer, "") == FORMS[Shape.ENVELOPE] and (answer.status < 500 or answer.status in NAMED_5XX)
    if not right:
        note(written(target, target.app({}), request, "the contract's envelope", said(answer)))

    assert right


@BY_CHANCE
@example(recipe=Recipe(changes=[("assertion.claims.exp", float("nan"))]))  # which is no JSON
@given(recipe=strategies.CREDENTIALS)
def test_a_request_for_an_applications_token_is_answered_by_the_first_rule_that_minds(
    target: Target, recipe: Recipe
) -> None:
    """Header, claims, form and encoding, all at once."""
    need(target.abilities, Ability.CROWD, Ability.TIME)

    _judged(target, recipe.request(client_credentials(target)))


@BY_CHANCE
@given(recipe=strategies.EXCHANGES)
def test_an_exchange_is_answered_by_the_first_rule_that_minds(target: Target, recipe: Recipe) -> None:
    """The first rule that refuses a token exchange decides its answer."""
    need(target.abilities, Ability.CROWD, Ability.TIME, Ability.ID_TOKENS)

    _judged(target, recipe.request(token_exchange(target)))


@BY_CHANCE
@given(recipe=strategies.SOUND)
def test_nothing_that_is_right_is_refused(target: Target, recipe: Recipe) -> None:
    """However odd it looks."""
    need(target.abilities, Ability.CROWD, Ability.TIME)
    request = recipe.request(client_credentials(target))

    got = _outcome(target.send(request))
    if got != ISSUED:
        note(written(target, target.app({}), request, ISSUED, got))

    assert got == ISSUED


@BY_CHANCE
@given(recipe=strategies.DAMAGED)
def test_no_token_without_a_valid_signature(target: Target, recipe: Recipe) -> None:
    """One bit turned anywhere in the assertion is enough."""
    need(target.abilities, Ability.CROWD)
    request = recipe.request(client_credentials(target))

    answer = target.send(request)
    if "access_token" in answer.text:
        note(written(target, target.app({}), request, "a refusal", "a token"))

    assert "access_token" not in answer.text
    assert answer.status in (400, 401)


@BY_CHANCE
@given(recipe=strategies.CREDENTIALS, other=strategies.WRITINGS)
def test_equal_requests_get_equal_answers_however_they_are_written(
    target: Target, recipe: Recipe, other: strategies.Writing
) -> None:
    """Order, percent-encoding, the case of header names, empty pairs and strangers among the parameters say nothing."""
    need(target.abilities, Ability.CROWD)
    again = Recipe(changes=recipe.changes, spoilings=recipe.spoilings, writing=other)
    request, rewritten = recipe.request(client_credentials(target)), again.request(client_credentials(target))

    first, second = _outcome(target.send(request)), _outcome(target.send(rewritten))
    if first != second:
        note(written(target, target.app({}), rewritten, first, second))

    assert first == second


@BY_CHANCE
@given(
    body=st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))),
    content_type=st.sampled_from(["application/x-www-form-urlencoded", "application/json", "", "a/b; c=d; e"]),
    headers=st.dictionaries(
        st.sampled_from(["Accept", "Origin", "Authorization", "X-Request-ID", "Accept-Encoding"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
        max_size=3,
    ),
)
def test_any_post_is_answered_in_the_contracts_envelope(
    target: Target, body: str, content_type: str, headers: dict[str, str]
) -> None:
    """Not even junk makes it fail, or talk differently."""
    need(target.abilities, Ability.CROWD)
    sent = {**headers, "Content-Type": content_type}
    request = HttpRequest(method="POST", path=f"{target.prefix}/token", headers=sent, body=body)

    answer = target.send(request)

    _has_a_form_of_the_contract(target, request, answer)
    assert answer.status in (400, 415)


def _heap(flow: Flow) -> st.SearchStrategy[list[Breakage]]:
    """Draw up to six mistakes that one request can hold, in the order of the contract."""
    in_order = tuple(each for each in of_flow(flow) if each.only is each.unless is None)
    drawn = st.lists(st.sampled_from(range(len(in_order))), min_size=2, max_size=HEAP, unique=True)
    return drawn.map(lambda places: _combined([in_order[place] for place in places], in_order))


def _combined(drawn: list[Breakage], in_order: tuple[Breakage, ...]) -> list[Breakage]:
    kept: list[Breakage] = []
    for one in drawn:
        if all(one.combines_with(other) for other in kept):
            kept.append(one)
    return sorted(kept, key=in_order.index)


HEAPS = st.sampled_from([flow for flow in Flow if len(of_flow(flow)) > HEAP]).flatmap(
    lambda flow: st.tuples(st.just(flow), _heap(flow))
)


@proves("order", "S")
@settings(BY_CHANCE, phases=(Phase.explicit, Phase.generate, Phase.shrink))
@given(heap=HEAPS)
def test_of_a_heap_of_mistakes_the_earliest_is_answered(target: Target, heap: tuple[Flow, list[Breakage]]) -> None:
    """Up to six in one request."""
    need(target.abilities, *set(Ability) - {Ability.FAULTS})
    flow, breakages = heap
    first = breakages[0]
    try:
        answer = said_of(ask(target, flow, *breakages), first)
    except OutOfReachError:
        return

    assert answer in accepted(first, mock=False)
