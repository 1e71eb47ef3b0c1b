"""Runs every check on a new client, and writes the scorecard."""

from __future__ import annotations

import os
from collections.abc import Sequence

from contract_tests.client_contract.checks import CHECKS, Check, NotAskedError, Trial
from contract_tests.client_contract.scorecard import Outcome, Scorecard, Verdict
from contract_tests.client_contract.subject import Subject
from mock_servers.jose.keys import KeyRing, cache_folder


def judge(subject: Subject, *, ring: KeyRing | None = None, checks: Sequence[Check] = CHECKS) -> Scorecard:
    """Check a client; `ring` holds the mock's keys, by default those of the user's cache.

    The client is started and called about a dozen times, against mocks of its own on free ports of this machine. Raises
    CannotJudgeError if it cannot run at all.
    """
    trial = Trial(subject, ring or KeyRing(cache_folder(os.environ)))
    verdicts = [_verdict(check, trial) for check in checks]
    return Scorecard(client=subject.name, verdicts=verdicts, said=trial.masked("\n".join(filter(None, trial.said))))


def _verdict(check: Check, trial: Trial) -> Verdict:
    reported = {"id": check.id, "asks": check.asks, "evidence": check.evidence}
    try:
        problem = check.find(trial)
    except NotAskedError as reason:
        return Verdict(**reported, outcome="skipped", seen=trial.masked(str(reason)))
    if problem is None:
        return Verdict(**reported, outcome="passed")
    outcome: Outcome = "advice" if check.optional else "failed"
    return Verdict(**reported, outcome=outcome, seen=trial.masked(problem), cure=check.cure)
