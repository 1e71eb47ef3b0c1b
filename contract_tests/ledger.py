"""The evidence ledger: each row of the contract, how well it is known, what asks for it, and what is in doubt.

`page()` is docs/fidelity.md. It also lists answers of the mock that no case tests, found by comparison.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contract_tests.answers import Said, accepted, answer_of
from contract_tests.breakage import Breakage
from contract_tests.breakages import BREAKAGES
from contract_tests.contract import SOURCES
from mock_servers.apim import errors as apim_errors
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.observations import Day
from mock_servers.catalogue.observed import Observed, observed, otherwise_of
from mock_servers.gateway import errors as gateway_errors
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.rules import ServiceError

LETTERS: Final = {
    "S": "read in the service's published source or its own tests",
    "D": "documented",
    "Q": "quoted by a user of the real service",
    "I": "inferred: a guess",
    "O": "observed in a real environment on two days or more, and never otherwise; it outranks the others",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is not known of the real service, what the mock does meanwhile, and what would settle it."""

    row: str
    question: str
    mock: str
    settle: str


def _ask(words: str, needs: str = "") -> str:
    """Return the command that runs these cases in a real environment; `needs` is what they require besides an app."""
    beside = f", with {needs}" if needs else ""
    return f"`nhsauth contract --target int -k '{words}'`{beside}"


_OWN_APP = "by hand: it takes an app of that kind in a real environment"

DOUBTS: Final[Sequence[Doubt]] = (
    Doubt(
        row="§2.4",
        question="Is a form's type with `; charset=utf-8` behind it refused? The source compares the whole header, yet "
        "the platform's own samples send one.",
        mock="accepts it, with advice; `strict_content_type` refuses",
        settle=_ask("content_type_with_a_charset"),
    ),
    Doubt(
        row="§2",
        question="Which value of a repeated parameter counts?",
        mock="the first",
        settle=_ask("second_grant_type or second-grant-type or second_client_assertion or second-one-right"),
    ),
    Doubt(row="§2", question="Is an empty parameter one that is absent?", mock="yes", settle=_ask("empty and request")),
    Doubt(
        row="§3.3a",
        question="Without both tokens, is the subject token the one that is missed?",
        mock="yes, as the source's rules run from the bottom to the top",
        settle=_ask("absent-with-a-subject-token-type"),
    ),
    Doubt(
        row="§3.15",
        question="Is half a second beyond the 310 too far? The gateway counts the seconds that are left as whole ones.",
        mock="yes",
        settle=_ask("exp-half-a-second"),
    ),
    Doubt(
        row="§3.17a",
        question="Is the 429 of the token endpoint that of the APIs, and in which order are its members?",
        mock="yes, in the order of the first of two captures",
        settle="by hand: it takes an app whose quota may be spent; never done by the contract tests",
    ),
    Doubt(
        row="§3.19a",
        question="What is answered when a JWKS URL serves something else?",
        mock="401, the catch-all",
        settle=_OWN_APP,
    ),
    Doubt(row="§3.20a", question="Are short keys refused, and how?", mock="401, the catch-all", settle=_OWN_APP),
    Doubt(
        row="§3.21",
        question="Is an empty signature a malformed JWT or a wrong signature?",
        mock="a wrong signature",
        settle=_ask("signature-empty"),
    ),
    Doubt(
        row="§3.22",
        question="Are `nbf` and `iat` judged, with how much grace, and with which answer?",
        mock="10 s, and 401, the catch-all",
        settle=_ask("ten-minutes-ahead"),
    ),
    Doubt(
        row="§5.11",
        question="What is answered when `act.sub` is not a JWT?",
        mock="401, the catch-all",
        settle=_ask("act-opaque", "an id token of NHS login"),
    ),
    Doubt(
        row="§5.15",
        question="What is answered to a subject token by another algorithm?",
        mock="401, the catch-all",
        settle=_ask("subject-token-alg", "an id token of CIS2"),
    ),
    Doubt(
        row="§5.17",
        question="What is answered to a subject token of the future, and is there any grace?",
        mock="401, the catch-all, no grace",
        settle="by hand: it takes a provider that signs one",
    ),
    Doubt(
        row="§5.18a",
        question="What is answered to a token of NHS login without a proofing level?",
        mock="500, the catch-all",
        settle="by hand: it takes a provider that signs one",
    ),
    Doubt(
        row="§6 key revoked", question="What is answered to a revoked key?", mock="401, the catch-all", settle=_OWN_APP
    ),
    Doubt(
        row="§6 authorize state absent",
        question="Do the blanks of an error reach the browser as they stand in the source's Location?",
        mock="they do",
        settle=_ask("goes_back_with_nothing", "a redirect URI"),
    ),
    Doubt(
        row="§6 callback error",
        question="What does the platform show when the provider sends an error?",
        mock="500, the catch-all",
        settle=_ask("error-of-the-provider", "a redirect URI"),
    ),
    Doubt(
        row="§6 callback provider refuses",
        question="What does the platform show when the provider gives it no tokens?",
        mock="500, the catch-all",
        settle=_ask("code-never-issued", "a redirect URI"),
    ),
    Doubt(
        row="§6 callback time",
        question="What is shown when the provider's id token has expired, is of the future, has another algorithm, or "
        "has no issuer?",
        mock="the catch-all, 401; without an issuer 500",
        settle="by hand: it takes a provider that signs one",
    ),
    Doubt(
        row="§6 callback no id token",
        question="Which sentence is shown when the provider's answer has no id token?",
        mock='"Missing client_assertion"',
        settle="by hand: it takes a provider that answers so",
    ),
    Doubt(
        row="§6 code unknown",
        question="Is an expired code, or one for another redirect URI, refused like an unknown one?",
        mock="yes",
        settle="by hand: it takes a log-in, and five minutes",
    ),
    Doubt(
        row="§6 shortening",
        question="What becomes of a token whose lifetime is asked to be nothing, or less? The source hands that on.",
        mock="the parameter is ignored; for a session it counts (S)",
        settle=_ask("no_lifetime", "an id token of CIS2"),
    ),
    Doubt(
        row="§6 userinfo CIS2 refuses",
        question="Which status has the platform's catch-all when CIS2's userinfo refuses?",
        mock="CIS2's own, such as 401 an hour after the log-in",
        settle="by hand: refresh a token of a log-in of more than an hour ago, and ask `/oauth2/userinfo` with it",
    ),
    Doubt(
        row="§6 userinfo app",
        question="What is answered to a token whose app was revoked or unsubscribed since?",
        mock="401, the catch-all",
        settle=_OWN_APP,
    ),
    Doubt(
        row="§7",
        question="Which access tokens does a logout reach after a second refresh? The source looks the session up "
        "where only the code and the first refresh have left it.",
        mock="all of the session",
        settle="by hand: refresh twice, log out at CIS2, and call an API with each token",
    ),
    Doubt(
        row="§7 time",
        question="Is a logout token judged by its times?",
        mock="yes, like a wrong signature",
        settle="by hand: it takes a provider that signs one",
    ),
    Doubt(
        row="§7 no token",
        question="Which sentence is answered to a logout without a token?",
        mock='"Missing client_assertion"',
        settle="by hand: post an empty form to `/oauth2/backchannel_logout`",
    ),
    Doubt(
        row="§9",
        question="Does the sandbox answer 500 with a bare fault to an unknown app, as one of its users saw?",
        mock="no; `sandbox_unknown_client` does",
        settle=_ask("client-unknown").replace("int", "sandbox", 1),
    ),
    Doubt(
        row="gateway §2 scope too low",
        question="Is too low a scope 403 or 401? Releases of the public test suites disagree.",
        mock="403; `insufficient_scope_status` sets it",
        settle="by hand: call an API for people with an application's token",
    ),
    Doubt(
        row="gateway §2 api key not approved",
        question="Which error code has an API key whose app is not approved?",
        mock="`keymanagement.service.invalid_client-app_not_approved`",
        settle=_OWN_APP,
    ),
    Doubt(
        row="CIS2 §5 token",
        question="CIS2 runs a newer build than the open-source ancestor: are its sentences the same?",
        mock="those of the ancestor, but for the ones that were captured",
        settle="by hand, as a client of CIS2: the cases `cis2_token` and `cis2_asserted` say what to send",
    ),
    Doubt(
        row="CIS2 §5 token API key",
        question='Is an assertion whose `iss` is an API key of the platform, sent without `client_id`, "JWT is not '
        'valid"? A user quoted that for such a key, and did not say whether the request had a `client_id`.',
        mock="yes",
        settle="by hand, as a client of CIS2 that signs: the case `iss-and-sub-an-api-key-alone` says what to send",
    ),
    Doubt(
        row="CIS2 §5 token code_verifier",
        question="Does CIS2 refuse a code whose log-in had a `code_challenge` when the `code_verifier` is missing or "
        "wrong? Its product does; libraries send both, and their log-ins pass.",
        mock="no, with advice; `enforce_pkce` refuses",
        settle="by hand, as a client of CIS2 under `nhsauth watch`: log in with a `code_challenge`, and redeem the "
        "code without its verifier",
    ),
    Doubt(
        row="CIS2 §5 token jti",
        question="Does CIS2 or NHS login refuse a client assertion, or its `jti`, that was sent before? The platform "
        "does.",
        mock="no, with advice",
        settle="by hand, as a client of theirs that signs: `nhsauth watch -- sh -c 'for n in 1 2; do curl --data "
        "@form.txt TOKEN_ENDPOINT; done'`, where form.txt has an assertion and `grant_type=authorization_code&code=none"
        "&redirect_uri=…`. `invalid_grant` twice: it is accepted. `invalid_client` the second time: it is refused",
    ),
    Doubt(
        row="CIS2 §6",
        question="Are the assurance levels numbers or texts?",
        mock='numbers; `assurance_levels = "string"` makes them texts',
        settle="by hand: look into an id token of CIS2",
    ),
    Doubt(
        row="NHS login §4",
        question="Is a request without `state` or `nonce`, or with a scope that nobody knows, refused? Both are "
        "documented as mandatory, and a live client sends neither.",
        mock="no; `strict_authorize` refuses without state or nonce, but for the platform's own client",
        settle="by hand, as a client of NHS login: leave each out",
    ),
    Doubt(
        row="realms",
        question="For which of the two is a realm's client registered that sends a secret and an assertion, as the "
        "platform's own tutorial does?",
        mock="for its secret; the assertion is not looked at",
        settle="by hand, as a client of a realm: send a wrong secret beside a good assertion, and the other way round",
    ),
)

_HEAD: Final = """\
# How far the mock can be trusted

Made of the code by `make docs`. Each row of the contract, how well it is known, what is expected, and the
cases that ask for it: `nhsauth contract -k NAME` asks the mock, `--target int -k NAME` a real environment, whose answer
settles a guess ([contract-tests.md](contract-tests.md)). The tests of sound requests are in
`contract_tests/test_success.py` and its neighbours.

"""
_LEDGER: Final = """
## Rows

*Observed* says what files of observations show ([how to add to them](contributing-evidence.md)). Where one row is known
in two ways, an observation cannot tell which way a request took. *Source* says where the answer is known from:

"""
_CONTRADICTED: Final = """
## Contradicted by observations

"""
_OPEN: Final = """
## Open doubts, and how to settle each

"""
_UNASKED: Final = """
## Rows that no case asks for

The mock answers them, and its own tests look at them; the contract tests do not ask. Most take what no client can bring
about: a provider that signs a wrong token, a server behind the gateway that fails, two requests at the same moment.

"""


def page(days: Sequence[Day] = ()) -> str:
    """Return docs/fidelity.md; `days` are what was observed, and what that contradicts comes first."""
    letters, sources = (_meanings(named) for named in (LETTERS, SOURCES))
    doubts = [(doubt.row, doubt.question, doubt.mock, doubt.settle) for doubt in DOUBTS]
    return "".join(
        [
            _HEAD,
            letters,
            *_contradicted(days),
            _LEDGER,
            sources,
            "\n",
            _table(("row", "evidence", "source", "expected", "observed", "cases"), rows(days)),
            _OPEN,
            _table(("row", "in doubt", "the mock meanwhile", "how to settle it"), doubts),
            _UNASKED,
            _table(("row", "evidence", "answer"), unasked()),
        ]
    )


def doubts_by_weight() -> str:
    """Return a table of the doubts, those first that stand behind the most cases that are guesses."""
    weighed = sorted(((len(_guessed(doubt)), doubt) for doubt in DOUBTS), key=lambda each: -each[0])
    lines = ((str(weight), doubt.row, doubt.question, doubt.settle) for weight, doubt in weighed)
    return _table(("guessed cases", "row", "in doubt", "how to settle it"), lines)


def _guessed(doubt: Doubt) -> list[Breakage]:
    """Return the cases whose row is that of a doubt, or below it, and whose answer is a guess."""
    below = tuple(f"{doubt.row}{mark}" for mark in (" ", "."))
    guesses = [(each, each.row.paragraph) for each in BREAKAGES if each.row.evidence == "I"]
    return [each for each, paragraph in guesses if paragraph == doubt.row or paragraph.startswith(below)]


def rows(days: Sequence[Day] = ()) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield each row that is answered one way, in the order of the contract."""
    broken: dict[tuple[str, str, str, str], list[Breakage]] = {}
    for each in BREAKAGES:
        row = each.row
        broken.setdefault((row.paragraph, row.evidence, row.source, _answer(each)), []).append(each)
    for (paragraph, letter, source, answer), cases in broken.items():
        names = ", ".join(dict.fromkeys(f"`{each.name}`" for each in cases))
        seen = _observed(cases[0], days)
        yield paragraph, seen.letter(letter), source, answer, str(seen), names


def _observed(breakage: Breakage, days: Sequence[Day]) -> Observed:
    """Return what was observed of a row, where the row itself is known as well as this way to it, and no better."""
    found = [observed(each, days) for each in entries() if days and _is_row_of(each, breakage)]
    return Observed(
        alike=tuple(sight for each in found for sight in each.alike),
        otherwise=tuple(sight for each in found for sight in each.otherwise),
        unsure=tuple(sight for each in found for sight in each.unsure),
    )


def _is_row_of(entry: Entry, breakage: Breakage) -> bool:
    row = entry.error
    paragraph = breakage.row.paragraph
    is_row = paragraph == row.row or paragraph.startswith(f"{row.row} ")
    return is_row and row.evidence == breakage.row.evidence and _is(row, answer_of(breakage.key))


def _contradicted(days: Sequence[Day]) -> Iterator[str]:
    """Yield what was answered otherwise than expected, if anything was."""
    against = [(each, found) for each in entries() if (found := observed(each, days)).otherwise]
    if against:
        yield _CONTRADICTED
        lines = ((each.error.row, each.error.evidence, _row_said(each), otherwise_of(found)) for each, found in against)
        whole = [(*line, str(found)) for line, (_, found) in zip(lines, against, strict=True)]
        yield _table(("row", "evidence", "expected", "answered", "observed"), whole)


def _row_said(entry: Entry) -> str:
    return str(Said(entry.error.status, entry.error.code or None, entry.error.sentence))


def unasked() -> Iterator[tuple[str, str, str]]:
    """Yield each row of the mock's catalogues whose answer no breakage expects, equal ones once."""
    asked = {said for each in BREAKAGES for said in accepted(each, mock=False)}
    catalogues = (vars(apim_errors), vars(gateway_errors), CIS2.errors, NHS_LOGIN.errors)
    found = [row for named in catalogues for row in named.values() if isinstance(row, ServiceError)]
    yield from dict.fromkeys(
        (row.row, row.evidence, str(Said(row.status, row.code or None, row.sentence)))
        for row in found
        if row.shape != "again" and not any(_is(row, said) for said in asked)
    )


def _is(error: ServiceError, said: Said) -> bool:
    if error.shape in ("empty", "rate_limit"):
        return error.status == said.status
    filled = "{" in error.sentence and str(said.sentence).startswith(error.sentence.partition("{")[0])
    return (error.status, error.code) == said[:2] and (filled or error.sentence == said.sentence)


def _meanings(named: Mapping[str, str]) -> str:
    return "".join(f"- **{name}**: {meaning}\n" for name, meaning in named.items())


def _answer(breakage: Breakage) -> str:
    return " or ".join(map(str, accepted(breakage, mock=False)))


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *([_cell(cell) for cell in line] for line in lines)]
    return "".join(f"| {' | '.join(line)} |\n" for line in every)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")
