"""Apps, keys, log-ins, exchanges, refreshes, log-outs and time in any order, against a model of the contract."""

import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from contract_tests import draft, jwts
from contract_tests.answers import Said, said
from contract_tests.draft import Draft, asked_at
from contract_tests.jwks_host import json_page
from contract_tests.model import (
    ACCESS_LIVES,
    CODE_LIVES,
    NO_SESSION,
    SESSION_LIVES,
    AccessToken,
    Code,
    ModelApp,
    RefreshToken,
    Session,
)
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer

PROVES = ("any sequence", "S")

T = TypeVar("T")
WHICH = st.integers(0, 9)
KIDS = st.sampled_from(["first", "second"])
PEOPLE = st.sampled_from([HEALTHCARE_WORKER, PATIENT])
PERIODS = st.sampled_from([1, 61, 299, 301, 599, 601, 1801, 3599, 3601, 7201, 36001, 43201, 86401, 31 * 86400 + 1])
PUBLISHED = st.sampled_from([("first",), ("first", "second"), ("second",)])


def _one(things: Sequence[T], which: int) -> T:
    """Return the one that is `which` places older than the newest."""
    return things[-1 - which % len(things)]


class Contract(RuleBasedStateMachine):
    """Everything issued is kept, and used again at any later time."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.target = target
        self.now = target.now()
        self.signers = {"first": target.signer, "second": target.foreign_signer}
        self.apps = [self._app(), self._app()]
        self.codes: list[Code] = []
        self.access_tokens: list[AccessToken] = []
        self.refresh_tokens: list[RefreshToken] = []
        self.combined: list[Session] = []

    # time and keys

    @rule(seconds=PERIODS)
    def time_passes(self, seconds: int) -> None:
        """Nothing else happens."""
        self.now += seconds

    @rule(which=WHICH, kids=PUBLISHED)
    def a_developer_publishes_other_keys(self, which: int, kids: tuple[str, ...]) -> None:
        """The service sees them when its hour is over."""
        app = _one(self.apps, which)
        app.published = kids
        self._publish(app)

    # assertions

    @rule(which=WHICH, kid=KIDS)
    def an_app_asks_for_itself(self, which: int, kid: str) -> None:
        """With a jti of its own each time."""
        self._ask_for_itself(_one(self.apps, which), kid, str(uuid.uuid4()))

    @precondition(lambda self: any(app.jtis for app in self.apps))
    @rule(which=WHICH, other=WHICH, kid=KIDS)
    def an_app_uses_a_jti_again(self, which: int, other: int, kid: str) -> None:
        """Its own, or that of the other app."""
        jti = _one([jti for app in self.apps for jti in app.jtis], other)
        self._ask_for_itself(_one(self.apps, which), kid, jti)

    # people

    @rule(which=WHICH, kid=KIDS, person=PEOPLE)
    def an_id_token_is_exchanged(self, which: int, kid: str, person: Person) -> None:
        """A session begins that no log-out ends."""
        app = _one(self.apps, which)
        with self._at_now():
            asking = draft.token_exchange(self.target, person)
            answer, refusal = self._asserted(asking, app, kid, str(uuid.uuid4()))
        self._check(answer, refusal)
        if refusal is None:
            session = Session(app=app, provider=person.provider, combined=False)
            self._session_begins(session, answer.json)

    @rule(which=WHICH, person=PEOPLE)
    def a_person_logs_in_through_the_platform(self, which: int, person: Person) -> None:
        """And comes back with a code."""
        app = _one(self.apps, which)
        session = Session(app=app, provider=person.provider, combined=True)
        with self._at_now():
            asking = draft.authorize(self.target, "nhs-login" if person is PATIENT else "nhs-cis2")
            asking.app = app.members
            stops, cookies = self.target.visit(asking.build(), person)
            if person is HEALTHCARE_WORKER:
                session.sid = draft.sid_of(self.target, cookies, app.members)
                self.combined.append(session)
        self.codes.append(Code(value=asked_at(stops[-1])["code"], session=session, until=self.now + CODE_LIVES))

    @precondition(lambda self: self.codes)
    @rule(which=WHICH, by=WHICH)
    def a_code_is_redeemed(self, which: int, by: int) -> None:
        """By any client that has it, once or again."""
        code, app = _one(self.codes, which), _one(self.apps, by)
        form = {
            "grant_type": "authorization_code",
            "client_id": draft.LazyValue.CLIENT_ID,
            "client_secret": draft.LazyValue.CLIENT_SECRET,
            "redirect_uri": self.target.redirect_uri,
            "code": code.value,
        }
        refusal = code.refusal(app, self.now)
        answer = self._sent(Draft(target=self.target, form=form, app=app.members))
        self._check(answer, refusal)
        if refusal is None:
            code.spent = True
            self._session_begins(code.session, answer.json)

    @precondition(lambda self: self.refresh_tokens)
    @rule(which=WHICH, by=WHICH)
    def a_token_is_refreshed(self, which: int, by: int) -> None:
        """By any client that has it, once or again."""
        token, app = _one(self.refresh_tokens, which), _one(self.apps, by)
        refusal = token.refusal(app, self.now)
        asking = draft.refresh_of(self.target, token.value)
        asking.app = app.members
        answer = self._sent(asking)
        self._check(answer, refusal)
        if refusal is None:
            token.spent = True
            self._tokens(token.session, answer.json, token.count + 1)

    @precondition(lambda self: self.combined)
    @rule(which=WHICH)
    def a_person_logs_out(self, which: int) -> None:
        """CIS2 notifies the platform, which ends the tokens of that session, if it has issued any."""
        session = _one(self.combined, which)
        with self._at_now():
            asking = draft.backchannel_logout(self.target)
            asking.logout.claims["sid"] = session.sid
            answer = asking.send()
        if not session.ends_at:
            assert said(answer) == NO_SESSION
            return
        session.over = True
        self.combined.remove(session)

        assert (answer.status, answer.json) == (200, {"success": True})

    @precondition(lambda self: self.access_tokens)
    @rule(which=WHICH)
    def a_token_is_used(self, which: int) -> None:
        """At an API behind the platform."""
        token = _one(self.access_tokens, which)
        headers = {"Authorization": f"Bearer {token.value}"}
        path = "/hello-world/hello/user"

        answer = self._sent(Draft(target=self.target, method="GET", path=path, headers=headers, form={}))

        self._check(answer, token.refusal(self.now))

    @precondition(lambda self: self.access_tokens)
    @rule(which=WHICH)
    def userinfo_is_asked(self, which: int) -> None:
        """Userinfo is there only for a person who logged in at CIS2 through the platform."""
        token = _one(self.access_tokens, which)

        answer = self._sent(draft.userinfo_with(self.target, token.value))

        if token.refusal(self.now) is not None:
            assert answer.status == 401
        else:
            whole = token.session.combined and token.session.provider == "cis2"
            assert answer.status == (200 if whole else 400)

    def _app(self) -> ModelApp:
        path = f"/{uuid.uuid4()}"
        app = ModelApp(members={"jwks_url": self.target.jwks_host.url + path}, published=("first",))
        self._publish(app)
        return app

    def _publish(self, app: ModelApp) -> None:
        keys = [jwts.public_jwk(self.signers[kid].key.public_key(), kid) for kid in app.published]
        path = app.members["jwks_url"].removeprefix(self.target.jwks_host.url)
        self.target.jwks_host.serve(path, json_page({"keys": keys}))

    def _ask_for_itself(self, app: ModelApp, kid: str, jti: str) -> None:
        with self._at_now():
            answer, refusal = self._asserted(draft.client_credentials(self.target), app, kid, jti)
        self._check(answer, refusal)

    def _asserted(self, asking: Draft, app: ModelApp, kid: str, jti: str) -> tuple[Answer, Said | None]:
        asking.app, asking.assertion.sign = app.members, self.signers[kid]
        asking.assertion.header["kid"], asking.assertion.claims["jti"] = kid, jti
        return asking.send(), app.refusal(kid, jti, self.now)

    def _session_begins(self, session: Session, body: dict[str, Any]) -> None:
        session.ends_at = self.now + SESSION_LIVES[session.provider]
        self._tokens(session, body, 0)

    def _tokens(self, session: Session, body: dict[str, Any], count: int) -> None:
        assert body["refresh_count"] == str(count)
        assert int(body["refresh_token_expires_in"]) in (session.ends_at - self.now - 1, session.ends_at - self.now)
        until = self.now + ACCESS_LIVES
        self.access_tokens.append(AccessToken(value=body["access_token"], session=session, until=until))
        self.refresh_tokens.append(RefreshToken(value=body["refresh_token"], session=session, count=count))

    def _sent(self, asking: Draft) -> Answer:
        with self._at_now():
            return asking.send()

    def _at_now(self) -> AbstractContextManager[None]:
        return self.target.at(self.now)

    def _check(self, answer: Answer, refusal: Said | None) -> None:
        note(f"at {self.now - self.target.now():+} s: {answer.status}")
        if refusal is None:
            assert answer.status == 200, answer.json.get("error_description")
            return

        assert said(answer) == refusal


def test_the_contract_holds_for_any_calls_in_any_order(target: Target) -> None:
    """Single use, counted refreshes, the end of sessions, revocation, the memory of jtis, the hour of a key set."""
    need(target.abilities, *set(Ability) - {Ability.FAULTS, Ability.STATUS_KEY})

    class OfTarget(Contract):
        def __init__(self) -> None:
            super().__init__(target)

    run_state_machine_as_test(
        OfTarget,
        settings=settings(
            max_examples=max(5, settings().max_examples // 10),
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
