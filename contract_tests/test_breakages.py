"""The list of breakages itself: complete, in the contract's order, and honest about what each of them changes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.breakage import Breakage, Flow
from contract_tests.breakages import BREAKAGES, of_flow
from contract_tests.broken_request import SOUND
from contract_tests.draft import Draft, LazyValue
from contract_tests.target import Kind, Target

PROVES = None  # these ask the list, not the target

ROWS = (
    *("§2.18", "§2.16", "§2.17", "§2.4", "§2.13", "§2.14", "§2.15"),
    "§4",
    *("§6 client_id absent", "§6 client_id unknown", "§6 authorize client_id absent", "§6 authorize client_id unknown"),
    *("§6 app revoked", "§6 developer inactive", "§6 company inactive", "§6 key revoked", "§6 not subscribed"),
    *("§6 quota", "§6 client_secret absent", "§6 client_secret wrong"),
    *("§6 authorize redirect_uri absent", "§6 authorize redirect_uri not the app's", "§6 authorize state absent"),
    *("§6 authorize response_type absent", "§6 authorize response_type other"),
    *("§6 callback state", "§6 callback app removed", "§6 callback app revoked", "§6 callback developer inactive"),
    *("§6 callback company inactive", "§6 callback key revoked", "§6 callback not subscribed", "§6 callback quota"),
    *("§6 callback error", "§6 callback provider refuses"),
    *("§6 code redirect_uri absent", "§6 code redirect_uri not the app's", "§6 code absent", "§6 code unknown"),
    *("§6 refresh_token absent", "§6 refresh_token unknown", "§6 refresh_token expired"),
    "§6 refresh session shortened",
    *("§6 userinfo no live token", "§6 userinfo app", "§6 userinfo other token", "§6 userinfo CIS2 refuses"),
    *(
        "§7 no token",
        "§7 malformed",
        "§7 aud",
        "§7 iss",
        "§7 sid",
        "§7 events",
        "§7 nonce",
        "§7 keys unreachable",
        "§7 signature",
        "§7 time",
    ),
    "§7 sid unknown",
    *("CIS2 §5 authorize", "CIS2 §5 token", "CIS2 §5 token API key", "CIS2 §5 token code_verifier"),
    *("CIS2 §5 userinfo", "CIS2 §5 end session", "CIS2 §5 elsewhere"),
    *("NHS login §4", "NHS login §5", "NHS login §7", "admin §4"),
    *("§8", "§9 unknown path", "§9 no token", "§9 unknown token", "§9 expired token", "gateway §2 token not approved"),
    *("gateway §2 token not for the API", "gateway §2 scope too low"),
    *("gateway §2 api key", "gateway §2 api key not approved", "gateway §2 api key not for the API"),
)
"""Those that no number puts in order."""

NUMBERED = re.compile(r"§([35])\.(\d+)([a-z]?)")
UNASKED = {("3", "16")}
"""What two requests at the same moment meet, and no single one."""

CASES = [pytest.param(flow, breakage, id=f"{flow}-{breakage.name}") for flow in Flow for breakage in of_flow(flow)]


def test_every_row_that_refuses_has_a_breakage_at_its_place() -> None:
    """The rows of the list, each once, are the rows of the contract."""
    rows = list(dict.fromkeys(breakage.row.paragraph for breakage in BREAKAGES))
    numbered = [found for row in rows if (found := NUMBERED.fullmatch(row))]
    places = [(found[1], int(found[2]), found[3]) for found in numbered]

    assert tuple(row for row in rows if not NUMBERED.fullmatch(row)) == ROWS
    assert places == sorted(places), "the breakages of §3 and §5 stand in the order of their numbers"
    for section in ("3", "5"):
        there = {number for part, number, _ in places if part == section}
        lacking = [each for each in range(1, max(there)) if each not in there and (section, str(each)) not in UNASKED]
        assert lacking == [], f"§{section} has no breakage with one of these numbers"


@pytest.mark.parametrize("flow", Flow)
def test_no_two_breakages_of_a_flow_share_a_name(flow: Flow) -> None:
    """A name finds one breakage."""
    names = [breakage.name for breakage in of_flow(flow)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(("flow", "breakage"), CASES)
def test_a_breakage_changes_nothing_but_what_it_touches(target: Target, flow: Flow, breakage: Breakage) -> None:
    """Else two breakages might be taken for combinable that spoil each other."""
    if target.kind is not Kind.MOCK:
        pytest.skip("about the list, not about the target")
    sound = dict(_parts(SOUND[flow](target)))
    broken_draft = SOUND[flow](target)
    _same_fresh_values(broken_draft, sound)

    breakage.damage(broken_draft)

    broken = dict(_parts(broken_draft))
    changed = {part for part in sound | broken if repr(sound.get(part, ...)) != repr(broken.get(part, ...))}

    assert {part for part in changed if not _within(part, breakage.touches)} == set()


def _same_fresh_values(draft: Draft, sound: dict[str, Any]) -> None:
    for name in ("refresh_token", "code"):
        if f"form.{name}" in sound:
            draft.form[name] = sound[f"form.{name}"]
    if "headers.Authorization" in sound:
        draft.headers["Authorization"] = sound["headers.Authorization"]
    if "asked.id_token_hint" in sound:
        draft.asked["id_token_hint"] = sound["asked.id_token_hint"]
    if draft.path.endswith("/callback"):
        draft.asked["state"] = sound["asked.state"]


def _within(part: str, touched: frozenset[str]) -> bool:
    return any(f"{part}.".startswith(f"{name}.") for name in touched)


def _parts(draft: Draft) -> Iterator[tuple[str, Any]]:
    """Yield each part of a draft by its dotted name, but for signatures, which no two drafts share."""
    yield from {"path": draft.path, "method": draft.method, "query": draft.query}.items()
    for name, members in {"headers": draft.headers, "app": draft.app, "asked": draft.asked}.items():
        yield from ((f"{name}.{member}", value) for member, value in members.items())
    for name, value in draft.form.items():
        yield (name if name in {"client_assertion", "subject_token", "logout_token"} else f"form.{name}"), value
    for token, name in (
        (draft.assertion, "client_assertion"),
        (draft.subject, "subject_token"),
        (draft.acting, "subject_token.claims.act"),
        (draft.logout, "logout_token"),
    ):
        yield from ((f"{name}.header.{member}", value) for member, value in token.header.items())
        yield from (
            (f"{name}.claims.{member}", value) for member, value in token.claims.items() if value is not LazyValue.JTI
        )
