"""Writes the pages that are generated from the code: `make docs`. A test fails when one is out of date."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests import ledger
from mock_servers.apim.flows import FLOWS
from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.catalogue.observations import Day
from mock_servers.catalogue.observed import observed
from mock_servers.catalogue.slugs import read_as, slugs
from mock_servers.diagnosis.libraries import HTTP_CLIENTS, LIBRARIES, Library
from mock_servers.gateway import own_api
from mock_servers.gateway.flows import HELLO_WORLD, NOWHERE
from mock_servers.gateway.service import flows_named
from mock_servers.identity_provider.flows import FLOWS as PROVIDER_FLOWS
from mock_servers.management import log_in
from mock_servers.management.flows import FLOWS as MANAGEMENT
from mock_servers.provider import keycloak
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.providers import PROVIDERS
from mock_servers.rules import Flow, Kind, Policy, Problem, Rule, ServiceError, own_row
from mock_servers.state.person import READY_MADE, Person, roles, userinfo
from mock_servers.state.seed_data import APIS
from tools.pages import overview, reference

Row = Callable[[Problem], ServiceError]

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs"
OBSERVATIONS = ROOT / "contract_tests" / "observations"
SCHEMA = "schema.json"

INTRODUCTION = """\
# What is checked, and in which order

Made of the code by `make docs`. The first flow whose condition holds takes a request; the first rule that
objects decides the answer. *Before* says what has been remembered, for good, when a rule refuses.

A number such as §3.12 is the place of a check in the token service: §2 chooses the flow, §3 judges the client
assertion, §5 the subject token of a token exchange. The source cites these numbers; each links to a flow here or to an
error in [errors](errors/token-service.md), as `#row-3.12`.

Evidence: **S** read in the service's published source or its own tests, **D** documented, **Q** quoted by a user of the
real service, **I** inferred: a guess.
"""


PEOPLE = """\
# The people

Made of the code by `make docs`. Everybody is invented; the ids are those of public test suites. Nobody
has a password. A person can log in at their own level and at any lower one. The mock realms know the same people. You
can add more: with `[[users]]` in the configuration, `POST /_nhsauth/users` or `nhsauth.users.add(...)`.
"""

AFTER_PEOPLE = """\
## What a configured person has

A person of your own has a `provider`, an `id` and a `level`; names, `birthdate`, `acts_for` and `claims` if you like.
`claims` take the place of members of the id token and of userinfo, in their place and under their scope; what no scope
names is returned with any; null leaves a member out. What only userinfo returns (roles, organisations, professional
ids, telephone numbers, the surgery) never reaches the id token. An `id` from above keeps that person's roles and
organisations, and any member of them can be replaced:

```toml
[[users]]
provider = "cis2"
id = "656005750104"
level = "aal3"
claims = { name = "TEST User", nhsid_nrbac_roles = [{ person_roleid = "900000199011", org_code = "Z9H01" }] }
```

Any other worker of your own has neither roles nor organisations until `claims` give some.

## Levels: a number or a text

The id token of CIS2 has `id_assurance_level` and `authentication_assurance_level`. Live clients have met them as
numbers and as text (S both). The mock sends numbers, and text with
[`assurance_levels`](configuration.md#where-the-real-service-is-in-doubt). **No mock can see how your code compares
them.** A client that compares a number with `"3"` refuses everybody, and no request shows why. Test it with both, as in
[the recipe](recipes.md#levels-of-cis2-as-numbers-and-as-text).

## Roles

With the scope `selectedrole` the id token has a `selected_roleid`: the role chosen on the log-in page, else the
person's first; none for who has no role. `656005750108` has an empty list of roles, `656005750112` no list at all: the
real service has been met with both.

## Acting for another

A person with `acts_for` logs in for that patient: the id token is the other patient's, at the level of the log-in,
and its `act.sub` is the id token of the person who logged in. That is how the platform reads it; how NHS login
itself makes such a token is not public: it is a guess.
"""


ERRORS = """\
# Every error, and what lies behind it

Made of the code by `make docs`. Each heading is what a client reads on its screen. Below it you find
the status, how well we know it, the rule that answers it, the usual cause and the cure. Then come the mistakes that
the mock recognises when it sees the request. `nhsauth errors TEXT` finds the same on the command line. TEXT can be a
whole answer.

Evidence: **S** read in the service's published source or its own tests, **D** documented, **Q** quoted by a user of the
real service, **I** inferred: a guess, **O** observed in a real environment on two days or more, and never otherwise
([how to add to it](../contributing-evidence.md)).
"""

ERRORS_AFTER = """\
[All errors](README.md) · [the rules in their order](../rules.md) · [how the mock finds causes](../diagnosis.md)
"""

ERRORS_OF = {
    "token-service": """\
The API platform's token service, `/oauth2` and `/oauth2-mock`: `/token`, `/authorize`, `/callback`, `/userinfo`,
`/backchannel_logout`. The answer is `{"error": …, "error_description": …, "message_id": "rrt-…"}`, where the heading is
the `error_description`.
""",
    "gateway": """\
What an API's caller meets before the API does: Apigee's own faults. The answer is
`{"fault": {"faultstring": …, "detail": {"errorcode": …}}}`, where the heading is the `faultstring`.
""",
    "apis": """\
What APIs behind the gateway say, and people take for an error of their log-in: **recognised, not played**. No mock
answers with these sentences. In most of these cases the log-in worked. APIs that are built after FHIR answer with an
OperationOutcome, where the heading is `diagnostics` or the `display` of a coding.
""",
    "cis2": """\
CIS2 Authentication: its authorization, token, userinfo and logout endpoints. Most rows are inferred: the sentences are
those of the product that CIS2 is built on.
""",
    "nhs-login": """\
NHS login: its authorization, token and userinfo endpoints.
""",
    "mock-realms": """\
The platform's mock realms, `/realms/Cis2-mock-…` and `/realms/NHS-Login-mock-…`, in the words of their product,
Keycloak: all of them are inferred.
""",
    "management": """\
The platform's management API and its log-in, as public test suites call them. Most rows are inferred.
""",
}
LIBRARIES_PAGE = """\
# Client libraries, and the change in their own words

Made of the code by `make docs`. Most libraries can be recognised by what they send: the order of the
members of a JWT, a lifetime, the form of a `jti`, a header. The mock names one library, or up to three that look
alike, as a hint and never as proof. A finding's `change` is then the line below. `make test-interop` runs the
libraries that pip and npm install, with their mistakes and with the change. We read the source of the others.

The ids of the mistakes are those of findings: [Finding out what went wrong](diagnosis.md). What happens when such a
library logs in whole is on [the page of interoperability](interop.md).
"""


EVIDENCE_PAGE = """\
# Helping with what only the real services know

Made of the code by `make docs`. Have you an app in `int` or another real environment? Ten minutes of
yours settle what nobody outside has ever asked. Each of the first three ways writes one file:

1. Ask a list of wrong requests: set `NHSAUTH_CONTRACT_CLIENT_ID`, `_KEY` and `_KID`
   ([what else can be set](contract-tests.md)), then `nhsauth contract --target int --observations int.json`.
2. Or watch a day's work: `nhsauth watch --observations int.json -- CMD`. Nothing is sent but what your program sends.
3. Or read what you have kept: `nhsauth explain @traffic.har --observations int.json`.
4. **What it sends:** the first way token requests that are refused, and a few that are not; at most 30 a minute, none
   with a person in it unless you supply an id token. `nhsauth contract --target int --collect-only` lists them.
5. **What it costs:** some 120 requests, four minutes, with an app alone; some 400 with its secret, a redirect URI and
   id tokens besides. They count against your app's quota, 30 a minute at most (`NHSAUTH_CONTRACT_PER_MINUTE`). No app
   is made or changed.
6. **What never leaves your machine:** anything, until you send the file yourself. The file holds no token, secret, id,
   time of day or name of a person or app: for each rule what was answered, in words of our own catalogue, and a count.
   Of a sentence that the catalogue lacks it has the length and SHA-256; `--unknown-sentences` keeps its words, but for
   what looks like a value. Read the file: it is short.
7. Open [an issue "the real service answered otherwise"](../.github/ISSUE_TEMPLATE/real-service.yml) and attach the
   file, or put it into [observations](../contract_tests/observations/README.md) yourself.
8. Observed on two days and never otherwise, a row has the letter **O**, which outranks every other. What contradicts a
   row is shown before everything else, from the first day on.
9. To use your own files at once: `[evidence] observations = ["int.json"]` in `nhsauth.toml`. `nhsauth errors` shows
   what they prove, and `nhsauth config suggest` prints the settings that they call for.
10. Mocks do not count. A file that names another host than a real one is no evidence, and a test refuses it.

## What is in doubt

Those first whose answer would settle the most cases that are guesses today.

"""


_ERROR_PAGES = {
    "the token service": "token-service",
    "an API's gateway": "gateway",
    "APIs behind the gateway": "apis",
    "the mock realms": "mock-realms",
    "the management API": "management",
}
HELLO = "flows:HELLO_WORLD"
_MOST_FLOWS = 4


def pages(days: Sequence[Day] | None = None) -> dict[str, str]:
    """Return every page by its file name; `days` are what was observed, else what the folder of observations holds."""
    made = {"libraries.md": libraries_page(), "people.md": people_page(), "rules.md": rules_page()}
    seen = observations.read_all(observed_files()) if days is None else days
    made["contributing-evidence.md"] = f"{EVIDENCE_PAGE}{ledger.doubts_by_weight()}"
    made |= {"fidelity.md": ledger.page(seen), "llms.txt": overview.llms()}
    return {**made, **reference.pages(), **error_pages(seen)}


def schema() -> str:
    """Return the JSON Schema of files of observations."""
    return f"{json.dumps(observations.schema(), indent=2)}\n"


def observed_files() -> list[Path]:
    """Return the files of observations."""
    return sorted(path for path in OBSERVATIONS.glob("*.json") if path.name != SCHEMA)


def libraries_page() -> str:
    """Return the page of all client libraries that are recognised, and of what to change in the words of each."""
    makers = "\n".join(_library(library) for library in LIBRARIES if library.changes)
    carriers = "\n".join(_library(library) for library in HTTP_CLIENTS)
    return f"{LIBRARIES_PAGE}\n## Makers of tokens\n\n{makers}\n## Carriers of requests\n\n{carriers}"


def _library(library: Library) -> str:
    language = f" ({library.language})" if library.language else ""
    rows = ((f"`{mistake}`", _code(change)) for mistake, change in library.changes.items())
    return f"### {library.name}{language}\n\n{_habits(library)}{_rows(('mistake', 'write'), rows)}"


def _habits(library: Library) -> str:
    """Tell what a library is known by, where that says something to a reader."""
    lines = [
        f"Its assertions live for {library.lifetime} seconds by default." if library.lifetime else "",
        "Its times have fractions of a second." if library.fraction else "",
        "It sends the audience as a list." if library.audience == "list" else "",
        "It puts client id and secret into a Basic header." if library.basic else "",
    ]
    return "".join(f"{line}\n" for line in lines if line) + ("\n" if any(lines) else "")


def _code(change: str) -> str:
    """Return a change as a cell of a table; what is a sentence rather than code stands as it is."""
    escaped = change.replace("|", "\\|")
    return f"`{escaped}`" if "`" not in change else escaped


def people_page() -> str:
    """Return the page of all ready-made people, and of what the providers tell of them."""
    workers, patients = ([each for each in READY_MADE if each.provider == name] for name in ("cis2", "nhs_login"))
    return "\n".join(
        [
            PEOPLE,
            "## CIS2\n",
            _rows(("user", "name", "level", "roles", "professional ids"), map(_worker, workers)),
            "## NHS login\n",
            _rows(("NHS number", "name", "born", "level", "acts for", "`sub`"), map(_patient, patients)),
            "## Userinfo by scope\n",
            _rows(("provider", "scope", "members"), _scopes()),
            "A log-in at a lower level does not tell of all of them, which is a guess:\n",
            _rows(("level", "without"), _unknown()),
            AFTER_PEOPLE,
        ]
    )


def _worker(person: Person) -> tuple[str, ...]:
    held = [f"`{role['person_roleid']}` {role['role_code']} at {role['org_code']}" for role in roles(CIS2, person)]
    registered = userinfo(CIS2, person, ["professionalmemberships"])
    ids = [value for value in registered.values() if value]
    return (f"`{person.id}`", _name(person), person.level.upper(), "<br>".join(held), ", ".join(ids))


def _patient(person: Person) -> tuple[str, ...]:
    acts_for = f"`{person.acts_for}`" if person.acts_for else ""
    return (f"`{person.id}`", _name(person), person.birthdate, person.level, acts_for, f"`{person.uuid}`")


def _name(person: Person) -> str:
    return f"{person.given_name} {person.family_name.title()}"


def _scopes() -> Iterator[tuple[str, ...]]:
    for provider in PROVIDERS:
        for scope, names in provider.userinfo_rules.by_scope.items():
            yield provider.name, f"`{scope}`", _names(names)


def _unknown() -> Iterator[tuple[str, str]]:
    for provider in PROVIDERS:
        for level, names in provider.userinfo_rules.unknown_at_level.items():
            yield level, _names(names)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rules_page() -> str:
    """Return the page of all rules of the token service and the gateway."""
    sections = [
        INTRODUCTION,
        *_service("The token service", FLOWS),
        *(line for each in PROVIDERS for line in _service(each.title, PROVIDER_FLOWS, each.errors.__getitem__)),
        *_service("The mock realms", PROVIDER_FLOWS, keycloak.ROWS.__getitem__),
        *_service("The gateway", (*HELLO_WORLD, *own_api.FLOWS, NOWHERE)),
        *_service(
            "The proxies of test suites",
            [flow for seed in APIS if seed.flows != HELLO for flow in flows_named(seed.flows)],
        ),
        *_service("The management API", (*log_in.FLOWS, *MANAGEMENT)),
    ]
    return "\n".join(sections)


def _service(title: str, flows: Iterable[Flow[Any, Any]], row: Row = own_row) -> Iterator[str]:
    yield f"## {title}\n"
    for flow in flows:
        yield from _anchor(flow.row)
        yield f"### {flow.row} {flow.name}\n" if flow.row != flow.name else f"### {flow.name}\n"
        yield _table(flow, row) if flow.policies else "Nothing is checked.\n"


def _anchor(row: str) -> Iterator[str]:
    """Yield the anchor of a numbered row, for citations; other rows are not cited."""
    if re.fullmatch(r"§\d+\.\d+[a-z]?", row):
        yield f'<a id="row-{row.removeprefix("§")}"></a>\n'


def _table(flow: Flow[Any, Any], row: Row) -> str:
    head = "| policy | rule | status | error | sentence | evidence | before |\n|---|---|---|---|---|---|---|\n"
    remembered: list[str] = []
    lines = []
    for policy in flow.policies:
        for rule in policy.rules:
            lines.append(_line(policy, rule, remembered, row))
            if rule.kind is Kind.CLAIM:
                remembered.append(rule.name.partition("_")[2].replace("_", " "))
    return head + "".join(lines)


def _line(policy: Policy[Any], rule: Rule[Any], remembered: list[str], row: Row) -> str:
    error = row(rule.error)
    answer = (str(error.status), error.code, _cell(error.sentence), error.evidence)
    cells = (policy.name, f"`{rule.name}`", *answer, ", ".join(remembered))
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str) -> str:
    return re.sub(r"([|<>{}])", r"\\\1", text)


def error_pages(days: Sequence[Day]) -> dict[str, str]:
    """Return the catalogue of errors: a page for each service, and one that lists all sentences."""
    by_page: dict[str, list[Entry]] = {}
    for entry in entries():
        by_page.setdefault(_page_of(entry.service), []).append(entry)
    each = {f"errors/{page}.md": _error_page(page, rows, days) for page, rows in by_page.items()}
    return {"errors/README.md": _errors_index(by_page), **each}


def _page_of(service: str) -> str:
    """Return the page of a service; a provider's is called like it, and has the rows of its settings as well."""
    title = service.partition(",")[0]
    return _ERROR_PAGES.get(title) or re.sub(r"[^a-z0-9]+", "-", title.lower())


def _errors_index(by_page: Mapping[str, Sequence[Entry]]) -> str:
    lines = [ERRORS]
    for page, rows in by_page.items():
        lines.append(f"## [{_titled(rows[0].service)}]({page}.md)\n")
        lines += [f"- [{_cell(reported)}]({page}.md#{at})" for reported, at in slugs(_by_sentence(rows)).items()]
        lines.append("")
    return "\n".join(lines)


def _error_page(page: str, rows: Sequence[Entry], days: Sequence[Day]) -> str:
    intro = ERRORS_OF.get(page, f"{rows[0].service}: its authorization, token, userinfo and logout endpoints.\n")
    sections = [f"# Errors of {rows[0].service}\n\n{intro}\n{ERRORS_AFTER}"]
    by_sentence = _by_sentence(rows)
    cited: set[str] = set()
    anchors = slugs(by_sentence)
    against = {text for text, each in by_sentence.items() if any(observed(row, days).otherwise for row in each)}
    for sentence, anchor in sorted(anchors.items(), key=lambda each: each[0] not in against):
        sections.append(f'<a id="{anchor}"></a>\n\n## {_cell(sentence)}\n')
        for entry in by_sentence[sentence]:
            sections += [] if entry.error.row in cited else _anchor(entry.error.row)
            sections.append(_error(entry, days))
            cited.add(entry.error.row)
    return "\n".join(sections)


def _by_sentence(rows: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the rows by what a client reads: the sentence, or the code and status where there is none."""
    found: dict[str, list[Entry]] = {}
    for entry in rows:
        found.setdefault(read_as(entry.error), []).append(entry)
    return found


def _error(entry: Entry, days: Sequence[Day]) -> str:
    error, seen = entry.error, observed(entry, days)
    head = " ".join(part for part in (f"**{error.status}**", f"`{error.code}`" if error.code else "") if part)
    letter = seen.letter(error.evidence)
    lines = [f"{head} · {error.row} · evidence **{letter}**, {EVIDENCE[letter]}\n"]
    lines += [f"*Observed:* {_cell(str(seen))}\n"] if _can_be_observed(entry) else []
    lines += [f"Answered by {' and '.join(_answering(entry))}.\n"] if entry.rules else []
    lines += [f"*Usual cause:* {_cell(entry.problem.cause)}\n", f"*Cure:* {_cell(entry.problem.cure)}\n"]
    if entry.mistakes:
        lines.append("Mistakes that the mock recognises behind it, those that lead to little else first:\n")
        lines += [f"1. `{name}`: {_cell(words)}" for name, words in entry.mistakes.items()]
        lines.append("")
    return "\n".join(lines)


def _can_be_observed(entry: Entry) -> bool:
    return entry.played and entry.plays != "management" and not entry.error.row.startswith("the mock")


def _answering(entry: Entry) -> Iterator[str]:
    for (policy, rule), flows in entry.rules.items():
        names = ", ".join(flows) if len(flows) <= _MOST_FLOWS else f"{len(flows)} kinds of request"
        yield f"`{rule}` ({policy}; {names})"


def _titled(service: str) -> str:
    return service[0].upper() + service[1:]


if __name__ == "__main__":
    (FOLDER / "errors").mkdir(exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8", newline="\n")
    (OBSERVATIONS / SCHEMA).write_text(schema(), encoding="utf-8", newline="\n")
