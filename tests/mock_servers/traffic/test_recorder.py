"""What passes by on its way to the real services is kept, explained and learned from; a second mock plays them."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from mock_servers.apim.client_assertion import jti_key
from mock_servers.explain.any_text import explain_text
from mock_servers.explain.judging import host_of
from mock_servers.explain.whole import Lent
from mock_servers.http import server as http_server
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.platform.real_names import Prepared
from mock_servers.state.app import App
from mock_servers.state.configuration import Configuration
from mock_servers.traffic.connect_upstream import Connector, Route
from mock_servers.traffic.har_file import HarFile
from mock_servers.traffic.http_observer import Message, ObservedExchange
from mock_servers.traffic.recorder import ExplainingRecorder
from mock_servers.traffic.recording_relay import WatchingProxy

INT = "int.api.service.nhs.uk"
CIS2_HOST = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
TOKEN_URL = f"https://{INT}/oauth2/token"
CIS2 = f"https://{CIS2_HOST}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
REDIRECT = "https://app.example/callback"
PERSON = "656005750104"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
APP = App(
    client_id="the-teams-app",
    client_secret="the-teams-secret-4711",
    name="The team's app",
    kid="team-1",
    key_name="nhsauth-app",
    redirect_uris=(REDIRECT,),
)
PATIENCE = 30


@dataclass(slots=True, kw_only=True)
class World:
    """A program that calls the real services through the watch."""

    real: Mock
    recorder: ExplainingRecorder
    journal: Journal
    said: list[str]
    session: requests.Session
    past_watch: requests.Session
    har: Path
    sent: set[str] = field(default_factory=set)
    calls: int = 0

    def post(self, url: str, form: Mapping[str, str]) -> Mapping[str, str]:
        answer = self.session.post(url, data=form, timeout=PATIENCE)
        self.seen(form)
        body: Mapping[str, str] = answer.json()
        self.seen(body)
        return body

    def seen(self, values: Mapping[str, str]) -> None:
        """Keep what must never be shown."""
        secret = ("client_assertion", "subject_token", "code", "client_secret")
        tokens = ("access_token", "refresh_token", "id_token")
        self.sent |= {value for name, value in values.items() if name in (*secret, *tokens)}

    def code(self) -> str:
        """Log a person in at CIS2, as a browser that goes through the watch."""
        asked = {
            "client_id": APP.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": "openid profile",
            "state": "s-1",
            "nonce": "n-1",
        }
        query = urlencode({**asked, "nhsauth_user": PERSON})
        answer = self.session.get(f"{CIS2}/authorize?{query}", allow_redirects=False, timeout=PATIENCE)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        self.sent.add(code)
        return code

    def assertion(self, audience: str = TOKEN_URL, **claims: object) -> str:
        return self.real.client_assertion(
            APP.client_id, token_url=audience, alterations=Alterations(claims=claims) if claims else Alterations()
        )

    def redeemed(self, code: str) -> Mapping[str, str]:
        return self.post(f"{CIS2}/access_token", redeeming(code))

    def exchanged(self, subject_token: str, assertion: str | None = None) -> Mapping[str, str]:
        return self.post(
            TOKEN_URL,
            {
                "grant_type": EXCHANGE,
                "subject_token_type": ID_TOKEN,
                "subject_token": subject_token,
                "client_assertion_type": JWT_BEARER,
                "client_assertion": assertion or self.assertion(),
            },
        )

    def refreshed(self, token: str, url: str = TOKEN_URL) -> Mapping[str, str]:
        return self.post(url, refresh(token))

    def last(self) -> Record:
        """The newest exchange, once all were looked at."""
        assert self.recorder.wait(self.calls, PATIENCE)
        return self.journal.last

    def count(self, *_: object, **__: object) -> None:
        self.calls += 1

    def finding(self) -> tuple[str, str]:
        found = self.last().findings[0]
        return found.id, found.certainty


def refresh(token: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


@pytest.fixture(scope="module")
def real(ring: KeyRing) -> Mock:
    return Mock(Configuration(apps=(APP,)), ring=ring)


@pytest.fixture(scope="module")
def reached(real: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prepared, int]]:
    prepared = real_names.throwaway(real, tmp_path_factory.mktemp("real"))
    with real.serving() as server:
        prepared.open_at(server)
        yield prepared, server.port


Watch = Callable[..., World]


@pytest.fixture
def watch(real: Mock, reached: tuple[Prepared, int], tmp_path: Path) -> Iterator[Watch]:
    with ExitStack() as stack:

        def started(*, keeps_values: bool = True) -> World:
            prepared, port = reached
            journal, said = Journal(), list[str]()
            har = stack.enter_context(HarFile(tmp_path / "it.har"))
            recorder = ExplainingRecorder(journal, said.append, keep=har.keep, keeps_values=keeps_values)
            stack.callback(recorder.stop, PATIENCE)
            own = real_names.throwaway(Mock(Configuration(apps=())), tmp_path)
            routes = {host: Route(host="127.0.0.1", port=port, name=host) for host in (INT, CIS2_HOST)}
            proxy = WatchingProxy(
                known=lambda authority: host_of(f"https://{authority}"),
                tls=own.proxy.tls,
                connector=Connector(tls=trusting(prepared), routes=routes),
                recorder=recorder,
            )
            server = stack.enter_context(http_server.serve(lambda *_: [b""]))
            server.set_proxy(proxy)
            session = stack.enter_context(through(server.url, own))
            past_watch = stack.enter_context(through(f"http://127.0.0.1:{port}", prepared))
            real.reset()
            world = World(
                real=real,
                recorder=recorder,
                journal=journal,
                said=said,
                session=session,
                past_watch=past_watch,
                har=tmp_path / "it.har",
            )
            session.hooks["response"].append(world.count)
            return world

        yield started


def through(proxy: str, prepared: Prepared) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": proxy}
    session.verify = str(prepared.store.authority)
    return session


def trusting(prepared: Prepared) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=prepared.store.authority)


@pytest.fixture
def world(watch: Watch) -> World:
    return watch()


# learned from what passed by


def test_the_founding_mistake_is_certain_after_its_log_in_has_passed_by(world: World) -> None:
    world.exchanged(world.code())

    found = world.last().findings[0]
    assert (found.id, found.certainty) == ("code-as-subject-token", "certain")
    assert "subject_token is the authorization code that CIS2 issued" in found.seen
    assert "nothing that passed by since has used it up" in found.seen
    assert f"https://{CIS2_HOST}" in found.cure
    assert "/access_token" in found.cure


def test_its_cure_works(world: World) -> None:
    code = world.code()
    world.exchanged(code)

    assert "access_token" in world.exchanged(world.redeemed(code)["id_token"])


def test_without_the_log_in_the_same_mistake_is_only_likely(world: World) -> None:
    world.exchanged(world.real.issue_code("cis2", LogInRequest(user=PERSON, client_id=APP.client_id), REDIRECT))

    assert world.finding() == ("code-as-subject-token", "likely")


def tokens(world: World) -> Mapping[str, str]:
    return world.exchanged(world.redeemed(world.code())["id_token"])


def test_a_refresh_token_that_was_used_is_certain(world: World) -> None:
    token = tokens(world)["refresh_token"]
    world.refreshed(token)
    again = world.refreshed(token)

    found = world.last().findings[0]
    assert again["error"] == "invalid_grant"
    assert (found.id, found.certainty) == ("refresh-token-spent", "certain")
    assert "ago, by exchange 4 (its refresh_count was 0); its successor is still unused" in found.seen


def test_a_refresh_token_that_was_used_past_the_watch_is_not_known_to_be(world: World) -> None:
    token = tokens(world)["refresh_token"]
    world.past_watch.post(TOKEN_URL, data=refresh(token), timeout=PATIENCE).raise_for_status()
    world.refreshed(token)

    record = world.last()
    assert all(each.certainty != "certain" for each in record.findings)
    assert not any("Either you sent another request" in each for each in record.advice)


def test_when_a_refresh_token_ends_is_known_from_the_answer_that_brought_it(world: World) -> None:
    answer = tokens(world)
    world.last()

    kept = world.recorder.past.refresh_tokens.seen(answer["refresh_token"])
    ends = time.time() + float(answer["refresh_token_expires_in"])
    assert kept.expires_at == pytest.approx(ends, abs=PATIENCE)


def test_an_assertion_that_was_sent_before_is_certain(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
    assertion = world.assertion()
    world.post(TOKEN_URL, {**form, "client_assertion": assertion})
    world.post(TOKEN_URL, {**form, "client_assertion": assertion})

    assert world.finding() == ("same-assertion-again", "certain")


def test_a_jti_that_another_assertion_had_is_certain(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
    for _ in range(2):
        world.post(
            TOKEN_URL, {**form, "client_assertion": world.assertion(jti="always-the-same", extra=time.time_ns())}
        )

    assert world.finding() == ("jti-not-unique", "certain")


def test_an_assertion_that_was_refused_before_its_jti_counted_is_not_replay(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
    wrong = world.assertion(exp=int(time.time()) + 3600)
    world.post(TOKEN_URL, {**form, "client_assertion": wrong})
    world.post(TOKEN_URL, {**form, "client_assertion": wrong})
    world.last()

    assert all(record.findings[0].id != "same-assertion-again" for record in world.journal)
    assert world.recorder.past.jtis.seen(jti_key("int", APP.client_id, "x")) is None


def test_a_code_that_was_redeemed_at_cis2_is_certain(world: World) -> None:
    code = world.code()
    world.redeemed(code)
    world.redeemed(code)

    found = world.last().findings[0]
    assert (found.id, found.certainty) == ("code-spent-or-late", "certain")
    assert "by exchange 2, for client" in found.seen


def platform_code(world: World) -> str:
    """Log a person in through the platform, as a browser that goes through the watch."""
    asked = {
        "client_id": APP.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "nhs-cis2",
        "state": "s-2",
        "nhsauth_user": PERSON,
    }
    url = f"https://{INT}/oauth2/authorize?{urlencode(asked)}"
    while not url.startswith(REDIRECT):
        url = world.session.get(url, allow_redirects=False, timeout=PATIENCE).headers["Location"]
    return parse_qs(urlsplit(url).query)["code"][0]


def redeeming(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }


def test_a_code_of_the_platform_that_was_redeemed_is_certain(world: World) -> None:
    code = platform_code(world)
    first = world.post(TOKEN_URL, redeeming(code))
    world.post(TOKEN_URL, redeeming(code))

    found = world.last().findings[0]
    assert "access_token" in first
    assert (found.id, found.certainty) == ("code-spent-or-late", "certain")


def test_a_code_of_the_platform_at_cis2_is_certain(world: World) -> None:
    world.post(f"{CIS2}/access_token", redeeming(platform_code(world)))

    found = world.last().findings[0]
    assert (found.id, found.certainty) == ("code-spent-or-late", "certain")
    assert "code is the authorization code that the platform issued" in found.seen
    assert f"https://{INT}/oauth2/token" in found.cure


def test_a_code_of_the_platform_as_subject_token_is_certain(world: World) -> None:
    world.exchanged(platform_code(world))

    found = world.last().findings[0]
    assert (found.id, found.certainty) == ("code-as-subject-token", "certain")
    assert "that the platform issued" in found.seen


def test_a_providers_access_token_at_an_api_is_certain(world: World) -> None:
    token = world.redeemed(world.code())["access_token"]
    world.session.get(
        f"https://{INT}/hello-world/hello/user", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
    )

    assert world.finding() == ("provider-token-at-api", "certain")


def test_a_key_set_that_has_passed_by_judges_a_signature(world: World) -> None:
    spoilt = f"{world.redeemed(world.code())['id_token'][:-8]}AAAAAAAA"
    world.exchanged(spoilt)
    before = " ".join(world.last().advice)
    discovery = world.session.get(f"{CIS2}/.well-known/openid-configuration", timeout=PATIENCE).json()
    world.session.get(discovery["jwks_uri"], timeout=PATIENCE)
    world.exchanged(f"{spoilt[:-8]}BBBBBBBB")

    after = world.last()
    assert "Did the identity provider sign this id_token" in before
    assert after.refusal is not None
    assert after.refusal.rule == "check_subject_token_signature"
    assert "Did the identity provider sign this id_token" not in " ".join(after.advice)


# what is reported, and how often


def test_equal_refusals_are_reported_once_and_counted(world: World) -> None:
    for _ in range(3):
        world.post(TOKEN_URL, {"grant_type": "client_credentials"})
    world.last()

    (line,) = [line for line in world.said if line.startswith("nhsauth:")]
    assert line.startswith(f"nhsauth: exchange 1: POST {INT}/oauth2/token 400 invalid_request Missing or invalid ")
    assert "\n".join(world.recorder.summary()).startswith(
        f"3 exchanges with known hosts, 3 refused\n  3 times, as exchange 1: POST {INT}/oauth2/token 400"
    )


def test_one_answer_to_two_grants_is_reported_for_each(world: World) -> None:
    world.post(TOKEN_URL, {"grant_type": "client_credentials"})
    world.post(TOKEN_URL, {"grant_type": EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": "a.b.c"})
    world.last()

    answers = [(each.status, each.refusal.code, each.refusal.description) for each in world.journal if each.refusal]
    assert answers == [answers[0]] * 2
    assert [line.partition(": ")[0] for line in world.said if line.startswith("nhsauth")] == ["nhsauth"] * 2


def test_where_many_wait_to_be_looked_at_no_more_are_let_pass_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_QUIET", 1000.0), ("_LONGEST_WAIT", 1000.0), ("_MANY", 0)):
        monkeypatch.setattr(f"mock_servers.traffic.recorder.{name}", value)
    said = list[str]()
    recorder = ExplainingRecorder(Journal(), said.append)

    recorder.on_exchange(observed(1_800_000_000.0, {"grant_type": "client_credentials"}))
    was_looked_at = recorder.wait(1, PATIENCE)
    recorder.stop(PATIENCE)

    assert was_looked_at
    assert said[0].startswith("nhsauth: exchange 1: POST ")


def test_two_causes_of_one_answer_are_reported_each(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
    for assertion in ("not.a.jwt", "not-a-jwt-at-all", ""):
        world.post(TOKEN_URL, {**form, "client_assertion": assertion})
    world.last()

    lines = [line for line in world.said if line.startswith("nhsauth: exchange")]
    assert len(lines) >= 2


def test_the_rule_that_refused_is_in_the_journal(world: World) -> None:
    world.post(TOKEN_URL, {"grant_type": "client_credentials"})

    error = world.last().refusal
    assert error is not None
    assert (error.code, error.rule) == ("invalid_request", "check_client_assertion_type")


# no value that is a secret


def test_no_secret_no_token_and_no_person_is_reported_or_kept(world: World) -> None:
    code = world.code()
    world.exchanged(code)
    redeemed = world.redeemed(code)
    got = world.exchanged(redeemed["id_token"])
    world.refreshed(got["refresh_token"])
    world.refreshed(got["refresh_token"])
    world.exchanged(f"{redeemed['id_token'][:-8]}AAAAAAAA")
    userinfo = world.session.get(
        f"{CIS2}/userinfo", headers={"Authorization": f"Bearer {redeemed['access_token']}"}, timeout=PATIENCE
    ).json()
    world.session.get(
        f"https://{INT}/personal-demographics/FHIR/R4/Patient/9912003888?name=Samantha",
        headers={"Authorization": f"Bearer {got['access_token']}"},
        timeout=PATIENCE,
    )
    world.last()
    people = {PERSON, "9912003888", "Samantha", userinfo["family_name"], userinfo["name"]}

    reported = "\n".join(
        [*world.said, json.dumps([each.as_json() for each in world.journal]), *world.recorder.summary()]
    )
    reported += repr(list(world.journal)) + world.har.read_text()

    assert len(world.sent) >= 8
    assert [value for value in (*world.sent, *people, APP.client_secret) if value in reported] == []


def test_what_nobody_registered_stands_whole_in_no_file_and_no_line(world: World) -> None:
    strange = "Zx81Qv77-Kp02.Lm9"
    world.post(TOKEN_URL, {"grant_type": strange, "client_id": f"{strange}-id"})
    world.session.get(f"https://{INT}/oauth2/{strange}/9912003071", timeout=PATIENCE)
    world.last()

    reported = "\n".join(
        [*world.said, json.dumps([each.as_json() for each in world.journal]), *world.recorder.summary()]
    )
    reported += repr(list(world.journal)) + world.har.read_text()

    assert [value for value in (strange, "9912003071") if value in reported] == []


def test_of_production_no_value_is_kept(watch: Watch) -> None:
    world = watch(keeps_values=False)
    world.exchanged(world.code())

    record = world.last().as_json()
    assert record["client_id"] is None
    assert set(record["request"]["form"].values()) == {"…"}
    assert world.finding() == ("code-as-subject-token", "certain")


def test_a_replay_in_production_is_certain_all_the_same(watch: Watch) -> None:
    world = watch(keeps_values=False)
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
    assertion = world.assertion()
    world.post(TOKEN_URL, {**form, "client_assertion": assertion})
    world.post(TOKEN_URL, {**form, "client_assertion": assertion})

    assert world.finding() == ("same-assertion-again", "certain")


# the file


def test_the_file_is_read_back(world: World) -> None:
    world.exchanged(world.code())
    world.last()

    explanation = explain_text(world.har.read_text())

    assert "Malformed JWT in subject_token" in explanation.said
    assert (explanation.refused, len(explanation.also)) == (True, 1)
    assert ("code-as-subject-token", "likely") in [(each.id, each.certainty) for each in explanation.findings]
    assert "Either you sent another request" not in str(explanation)


def test_a_value_that_comes_again_has_one_shape_in_a_file(world: World) -> None:
    world.exchanged(world.code())
    world.last()

    log_in, exchange = json.loads(world.har.read_text())["log"]["entries"]
    code = parse_qs(urlsplit(log_in["response"]["redirectURL"]).query)["code"]
    assert parse_qs(exchange["request"]["postData"]["text"])["subject_token"] == code
    assert {len(each) for each in world.sent if "." not in each} == {len(code[0])}


def test_a_key_set_judges_no_signature_of_a_file_of_shapes(world: World) -> None:
    world.exchanged(world.redeemed(world.code())["id_token"])
    world.last()
    keys = json.dumps(world.real.apps.jwks(world.real.apps.get(APP.client_id))).encode()
    exchange = json.loads(world.har.read_text())["log"]["entries"][-1]
    unanswered = json.dumps({**exchange, "response": {"status": 0}})

    explained = [explain_text(unanswered, Lent(keys=each, at=time.time())) for each in (keys, None)]

    assert explained[0] == explained[1]
    assert not explained[0].refused


def test_the_file_is_its_owners_alone(world: World) -> None:
    assert world.har.stat().st_mode & 0o777 == 0o600


def test_with_secrets_the_file_explains_as_much(watch: Watch, tmp_path: Path) -> None:
    del watch
    with HarFile(tmp_path / "whole.har", with_secrets=True) as har:
        recorder = ExplainingRecorder(Journal(), lambda _: None, keep=har.keep)
        recorder.on_exchange(observed(time.time(), {"grant_type": EXCHANGE, "subject_token": "eyJ"}))
        recorder.stop(PATIENCE)

    text = (tmp_path / "whole.har").read_text()
    assert "subject_token=eyJ" in text
    assert explain_text(text).refused


# the clock


def observed(at: float, form: Mapping[str, str], date: float | None = None) -> ObservedExchange:
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(at if date is None else date))
    return ObservedExchange(
        host=INT,
        asked=Message(
            "POST /oauth2/token HTTP/1.1",
            (("Host", INT), ("Content-Type", "application/x-www-form-urlencoded")),
            bytearray(urlencode(form).encode()),
            is_whole=True,
            began_at=at,
        ),
        answer=Message(
            "HTTP/1.1 400 Bad Request",
            (("Date", stamp),),
            bytearray(
                b'{"error": "invalid_request", "error_description": "Invalid exp claim in client_assertion JWT - more '
                b'than 5 minutes in future"}'
            ),
            is_whole=True,
        ),
        ended_at=at + 0.1,
    )


@pytest.mark.parametrize(
    ("ahead", "words"), [(1201, "20 min ahead of the service's"), (-90, "90 s behind the service's"), (5, "")]
)
def test_a_machine_whose_clock_is_off_is_reported_so(real: Mock, ahead: float, words: str) -> None:
    now, said = 1_800_000_000.0, list[str]()
    signed = real.client_assertion(
        APP.client_id, token_url=TOKEN_URL, alterations=Alterations(claims={"iat": now, "exp": now + 299})
    )
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": signed}
    recorder = ExplainingRecorder(Journal(), said.append)

    recorder.on_exchange(observed(now, form, date=now - ahead))
    recorder.stop(PATIENCE)

    lines = [line for line in said if "This machine's clock is" in line]
    assert bool(lines) is bool(words)
    assert all(words in line for line in lines)
