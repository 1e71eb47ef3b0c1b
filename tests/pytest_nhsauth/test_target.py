"""The platform over both of its targets: what holds in process holds over the control API of a running mock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from mock_servers.client import Client
from mock_servers.http import server as serving
from mock_servers.identity_provider.log_ins import LevelError, NoSuchPersonError
from mock_servers.jose.keys import KeyRing, generate
from mock_servers.mock import Mock
from mock_servers.state.app import App, own_key_name
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from mock_servers.state.log_in import LogInError
from mock_servers.state.registration import AppExistsError, NoSuchAppError
from pytest_nhsauth import Platform
from pytest_nhsauth.control_api import NotAMockError, session
from pytest_nhsauth.remote import connected
from pytest_nhsauth.target import ServerDiedError, Target

SCOPE = "urn:nhsd:apim:app:level3:my-api"

KINDS = ("in process", "elsewhere", "at a control port", "at the services beside a control port")
DOCTOR = "656005750104"
NOON = 1_900_000_000


@contextmanager
def serving_apart(mock: Mock) -> Iterator[str]:
    """Serve a mock whose control API has a port of its own, and yield that one's URL."""
    control = mock.start_control()
    try:
        with mock.serving():
            yield control.url
    finally:
        control.stop()


@pytest.fixture(scope="module")
def targets(ring: KeyRing) -> Iterator[dict[str, Target]]:
    """One mock of each kind, for all tests here."""
    here, elsewhere, apart = Mock(ring=ring), Mock(ring=ring), Mock(ring=ring)
    with (
        here.serving(),
        elsewhere.serving(),
        serving_apart(apart) as control_url,
        connected(elsewhere.url) as remote,
        connected(control_url) as by_control,
        connected(apart.url) as by_services,
    ):
        yield dict(zip(KINDS, (here, remote, by_control, by_services), strict=True))


@pytest.fixture(params=KINDS)
def platform(targets: dict[str, Target], request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The platform over one target, as it was again after each test."""
    platform = Platform(targets[request.param])
    with platform.isolated():
        yield platform


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    """One kept connection."""
    with session() as made:
        yield made


def ask(platform: Platform, http: requests.Session, **assertion: Any) -> requests.Response:
    """Ask for an application's token."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.app().client_assertion(**assertion),
    }
    return http.post(platform.token_url, form, timeout=10)


def claims(token: str) -> dict[str, Any]:
    reported: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return reported


class TestApps:
    def test_the_ready_made_app_is_the_same(self, platform: Platform) -> None:
        assert platform.apps.get("nhsauth-app").client_secret == READY_MADE_APP.client_secret
        assert [app.client_id for app in platform.apps.all()] == ["nhsauth-app"]

    def test_a_new_one_has_a_key_of_its_own(self, platform: Platform) -> None:
        app = platform.new_app(client_id="mine/1", scopes=[SCOPE])

        assert platform.apps.get("mine/1").scopes == (SCOPE,)
        assert [key["kid"] for key in app.jwks["keys"]] == [app.kid]
        assert app.private_key.public_key() != platform.app("nhsauth-app").private_key.public_key()

    def test_its_client_gets_a_token(self, platform: Platform, http: requests.Session) -> None:
        app = platform.new_app()

        client = Client(
            token_url=platform.token_url,
            client_id=app.client_id,
            private_key=app.private_key,
            kid=app.kid,
            session=http,
            now=platform.clock.now,
        )
        assert client.client_credentials().token_type == "Bearer"

    def test_its_jwks_url_serves_its_keys(self, platform: Platform, http: requests.Session) -> None:
        app = platform.new_app(client_id="mine/1")

        assert http.get(app.jwks_url, timeout=10).json() == app.jwks

    def test_a_key_set_takes_the_place_of_a_key(self, platform: Platform) -> None:
        jwks = platform.app().jwks

        app = platform.new_app(jwks=jwks)

        assert app.jwks == jwks
        with pytest.raises(LookupError, match="private key of app"):
            _ = app.private_key_pem

    def test_a_jwks_url_is_kept(self, platform: Platform) -> None:
        url = "http://127.0.0.1:9/jwks.json"

        assert platform.new_app(jwks_url=url).jwks_url == platform.apps.all()[1].jwks_url == url

    def test_a_key_set_takes_the_place_of_a_jwks_url(self, platform: Platform) -> None:
        app = platform.new_app(jwks_url="http://127.0.0.1:9/jwks.json")

        changed = platform.apps.change(app.client_id, jwks={"keys": []})

        assert (changed.jwks_url, app.jwks) == (None, {"keys": []})

    def test_a_change_shows_at_once(self, platform: Platform, http: requests.Session) -> None:
        platform.apps.change("nhsauth-app", approved=False)

        assert ask(platform, http).status_code == 401

    def test_a_key_can_be_given_up(self, platform: Platform) -> None:
        platform.apps.change("nhsauth-app", make_key=False)

        with pytest.raises(LookupError, match="private key of app"):
            _ = platform.app().private_key

    def test_a_removed_one_is_gone(self, platform: Platform) -> None:
        platform.new_app(client_id="mine", make_key=False)

        assert platform.apps.remove("mine").client_id == "mine"
        with pytest.raises(NoSuchAppError, match="no app has client_id 'mine': there is 'nhsauth-app'"):
            platform.apps.get("mine")

    def test_an_unknown_one_cannot_be_changed(self, platform: Platform) -> None:
        with pytest.raises(NoSuchAppError, match="no app has client_id 'ghost': there is 'nhsauth-app'"):
            platform.apps.change("ghost", approved=False)

    def test_a_client_id_can_be_taken_once(self, platform: Platform) -> None:
        with pytest.raises(AppExistsError, match="client_id 'nhsauth-app' is taken"):
            platform.apps.create(client_id="nhsauth-app")

    @pytest.mark.parametrize("call", ["create", "change"])
    def test_a_wrong_member_is_refused(self, platform: Platform, call: str) -> None:
        change = {
            "create": platform.apps.create,
            "change": lambda **given: platform.apps.change("nhsauth-app", **given),
        }

        with pytest.raises(ValueError, match=r'^app\.approved is "no"; allowed: true or false$'):
            change[call](approved="no")

    def test_without_any_the_cure_is_reported(self, platform: Platform) -> None:
        platform.apps.remove("nhsauth-app")

        with pytest.raises(LookupError, match="no app is registered: name one under"):
            platform.app()


class TestUsers:
    def test_the_ready_made_people_are_the_same(self, platform: Platform) -> None:
        assert platform.users.all() == list(Configuration().people)

    def test_one_that_was_added_can_log_in(self, platform: Platform) -> None:
        added = platform.users.add(provider="cis2", id="656005750199", level="aal2", claims={"name": "TEST User"})

        assert platform.users.get("cis2", "656005750199") == added
        assert claims(platform.app().id_token("656005750199"))["name"] == "TEST User"

    def test_one_with_the_same_id_takes_the_place(self, platform: Platform) -> None:
        platform.users.add(provider="cis2", id=DOCTOR, level="aal1")

        assert platform.users.get("cis2", DOCTOR).level == "aal1"

    def test_an_unknown_one_is_refused_with_those_there_are(self, platform: Platform) -> None:
        with pytest.raises(LookupError, match="nhs_login has no user '1': it has 9912003071, 9912003072"):
            platform.users.get("nhs_login", "1")


class TestTokens:
    def test_an_assertion_gets_a_token(self, platform: Platform, http: requests.Session) -> None:
        assert ask(platform, http).status_code == 200

    def test_an_assertion_is_altered_before_it_is_signed(self, platform: Platform) -> None:
        token = platform.app().client_assertion({"extra": 1}, headers={"kid": "other"}, without=["exp"])

        assert (claims(token)["extra"], jwt.get_unverified_header(token)["kid"]) == (1, "other")
        assert "exp" not in claims(token)

    def test_another_key_may_sign(self, platform: Platform, http: requests.Session) -> None:
        ask(platform, http, key=generate(2048))

        assert platform.exchanges.last.error == "public_key error"

    def test_an_assertion_without_a_key_is_refused(self, platform: Platform) -> None:
        app = platform.new_app(make_key=False)

        with pytest.raises(LookupError, match="private key of app"):
            app.client_assertion()

    def test_an_id_token_is_of_the_person_and_level_asked_for(self, platform: Platform) -> None:
        token = platform.app().id_token(DOCTOR, level="aal2", claims={"nonce": "n-1"})

        reported = claims(token)
        assert (reported["sub"], reported["authentication_assurance_level"], reported["nonce"]) == (DOCTOR, 2, "n-1")
        assert (reported["iss"], reported["aud"]) == (platform.cis2.issuer, "nhsauth-app")

    def test_an_unknown_person_is_refused(self, platform: Platform) -> None:
        with pytest.raises(NoSuchPersonError, match=r"CIS2 has no user '1': it has 656005750104 \(aal3\)"):
            platform.app().id_token("1")

    def test_a_level_above_the_persons_is_refused(self, platform: Platform) -> None:
        with pytest.raises(LevelError, match="user 656005750109 logs in at aal2 at most, not at aal3"):
            platform.app().id_token("656005750109", level="aal3")

    def test_an_unknown_provider_is_refused(self, platform: Platform) -> None:
        with pytest.raises(LookupError, match="cis3"):
            platform.app().id_token(provider="cis3")


class TestProviders:
    @pytest.mark.parametrize("name", ["cis2", "nhs_login", "Cis2-mock-internal-dev"])
    def test_a_provider_is_where_its_document_says(self, platform: Platform, http: requests.Session, name: str) -> None:
        provider = platform.provider(name)

        body = http.get(provider.discovery_url, timeout=10).json()
        assert [body["issuer"], body["token_endpoint"], body["jwks_uri"], body["authorization_endpoint"]] == [
            provider.issuer,
            provider.token_url,
            provider.jwks_url,
            provider.authorize_url,
        ]

    def test_an_unknown_one_is_refused_with_those_there_are(self, platform: Platform) -> None:
        with pytest.raises(LookupError, match="provider 'cis3' is none of cis2, nhs_login, Cis2-mock-internal-dev"):
            platform.provider("cis3")


class TestLogIn:
    def url(self, platform: Platform) -> str:
        request = {
            "response_type": "code",
            "client_id": "nhsauth-app",
            "redirect_uri": platform.app().redirect_uri,
            "scope": "nhs-cis2",
            "state": "s-1",
        }
        return f"{platform.authorize_url}?{urlencode(request)}"

    def test_it_ends_with_a_code_for_the_client(self, platform: Platform) -> None:
        ended = platform.log_in(self.url(platform), user=DOCTOR)

        reported = parse_qs(urlsplit(ended).query)
        assert (ended.partition("?")[0], reported["state"], list(reported)) == (
            platform.app().redirect_uri,
            ["s-1"],
            ["code", "state"],
        )

    def test_an_unknown_person_comes_to_no_end(self, platform: Platform) -> None:
        with pytest.raises(LogInError, match="answered"):
            platform.log_in(self.url(platform), user="nobody")

    def test_a_url_elsewhere_is_refused(self, platform: Platform) -> None:
        with pytest.raises(ValueError, match=r"'https://elsewhere\.example/' is no URL of this mock, which is http"):
            platform.log_in("https://elsewhere.example/", user=DOCTOR)


class TestClock:
    def test_what_is_signed_follows_it(self, platform: Platform) -> None:
        platform.clock.freeze(NOON)

        assert claims(platform.app().client_assertion())["exp"] == NOON + 300
        assert claims(platform.app().id_token())["iat"] == NOON

    def test_it_runs_on_unless_frozen(self, platform: Platform) -> None:
        platform.clock.set(NOON)

        assert (platform.clock.frozen, 0 <= platform.clock.now() - NOON < 60) == (False, True)

    def test_it_advances_and_stays_frozen(self, platform: Platform) -> None:
        platform.clock.freeze(NOON)

        platform.clock.advance(90.5)

        assert (platform.clock.now(), platform.clock.frozen) == (NOON + 90.5, True)

    def test_it_returns_to_the_machines_time(self, platform: Platform) -> None:
        platform.clock.freeze(NOON)

        platform.clock.reset()

        assert abs(platform.clock.now() - datetime.now(UTC).timestamp()) < 60


class TestExchanges:
    def test_a_refusal_is_reported_whole(self, platform: Platform, http: requests.Session) -> None:
        ask(platform, http, claims={"exp": 1})

        reported = platform.exchanges.assert_one(
            path="/oauth2/token", status=400, error="invalid_request", service="oauth2"
        )
        assert reported.refusal is not None
        assert (reported.refusal.evidence, reported.refusal.rule) == ("S", "check_client_assertion_not_expired")
        assert str(reported.diagnosis).startswith("exp is ")
        assert reported.request["form"]["grant_type"] == "client_credentials"

    def test_findings_are_reported(self, platform: Platform, http: requests.Session) -> None:
        url = f"{platform.gateway}/hello-world/hello/application"

        http.get(url, headers={"Authorization": f"Bearer {platform.app().client_id}"}, timeout=10)

        assert platform.exchanges.last.findings[0].seen.startswith("The value after Bearer is the API key of app")

    def test_the_newest_comes_last(self, platform: Platform, http: requests.Session) -> None:
        ask(platform, http)
        ask(platform, http, claims={"exp": 1})

        assert ([each.status for each in platform.exchanges], len(platform.exchanges)) == ([200, 400], 2)

    def test_they_can_be_waited_for(self, platform: Platform, http: requests.Session) -> None:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, platform, http)
            (reported,) = platform.exchanges.wait_for(1, timeout=30, status=200)

        assert reported.message_id == platform.exchanges.last.message_id
        assert asked.result().status_code == 200

    def test_what_does_not_come_is_not_waited_for_without_end(self, platform: Platform, http: requests.Session) -> None:
        ask(platform, http)

        with pytest.raises(AssertionError, match=r"^waited 0\.05 s for 2 exchanges with status=200, and there is one"):
            platform.exchanges.wait_for(2, timeout=0.05, status=200)


class TestExplain:
    def test_a_token_is_recognised_and_judged(self, platform: Platform) -> None:
        explanation = platform.explain(platform.app().client_assertion(), as_="subject_token")

        assert (explanation.kind, explanation.certainty, explanation.would_be) == (
            "client_assertion",
            "certain",
            "refused",
        )
        assert explanation.findings

    def test_it_reads_in_sentences(self, platform: Platform) -> None:
        explanation = platform.explain(platform.app().client_assertion({"exp": 1}))

        seen, verdict, *_ = str(explanation).splitlines()
        assert seen.startswith("It is ")
        assert verdict.startswith("It would be refused. exp is ")

    def test_an_unknown_part_is_refused(self, platform: Platform) -> None:
        with pytest.raises(ValueError, match=r"""as_? is ['"]id_token['"]; allowed: .client_assertion. or """):
            platform.explain("x", as_="id_token")


class TestIsolated:
    def test_all_is_taken_back(self, platform: Platform, http: requests.Session) -> None:
        platform.clock.freeze()
        before = platform.apps.all(), platform.users.all(), platform.clock.now()

        with platform.isolated():
            platform.new_app(make_key=False)
            platform.users.add(provider="cis2", id="656005750199", level="aal3")
            platform.clock.advance(3600)
            ask(platform, http, claims={"jti": "the same"})

        assert (platform.apps.all(), platform.users.all(), platform.clock.now()) == before
        assert ask(platform, http, claims={"jti": "the same"}).status_code == 200

    def test_the_journal_is_empty_before_and_after(self, platform: Platform, http: requests.Session) -> None:
        ask(platform, http)

        with platform.isolated():
            before = len(platform.exchanges)
            ask(platform, http)

        assert (before, len(platform.exchanges)) == (0, 0)


class TestTally:
    def test_forgotten_exchanges_count(self, targets: dict[str, Target], http: requests.Session) -> None:
        for target in targets.values():
            platform, before = Platform(target), target.exchanges.tally()
            with platform.isolated():
                ask(platform, http)
                with platform.isolated():
                    ask(platform, http, claims={"exp": 1})

            after = target.exchanges.tally()
            assert (after.exchanges - before.exchanges, after.refused - before.refused) == (2, 1)


class TestElsewhere:
    def test_an_earlier_exchange_does_not_count(self, ring: KeyRing, http: requests.Session) -> None:
        with Mock(ring=ring).serving() as server:
            http.get(f"{server.url}/hello-world/hello/world", timeout=10)
            with connected(f"{server.url}/_worlds/root") as remote:
                http.get(f"{server.url}/hello-world/hello/world", timeout=10)

                assert remote.exchanges.tally().exchanges == 1

    def test_a_mock_that_is_gone_is_reported_in_one_line(self, ring: KeyRing) -> None:
        with Mock(ring=ring).serving() as server, connected(server.url) as remote:
            server.stop()

            with pytest.raises(ServerDiedError, match=f"^Nothing answers at {remote.url}: .+[^.]. Is `nhsauth serve`"):
                remote.apps.all()
            assert remote.death is not None

    def test_a_key_of_a_users_own_signs_and_is_not_given_out(self) -> None:
        ring, name = KeyRing(), own_key_name("mine")
        ring.add(name, generate(2048))
        app = App(client_id="mine", client_secret="secret", name="Mine", kid="own", key_name=name)
        mock = Mock(Configuration(apps=(app,)), ring=ring)
        with mock.serving() as server, connected(server.url) as remote:
            assert jwt.get_unverified_header(Platform(remote).app().client_assertion())["kid"] == "own"
            with pytest.raises(LookupError, match=f"the mock at {remote.url} gives out no private key of app 'mine'"):
                remote.apps.key_pair("mine")

    @pytest.mark.parametrize(
        ("status", "content_type", "body", "expected"),
        [
            ("404 Not Found", "text/html", b"<h1>Nothing here</h1>", "answered 404 '<h1>Nothing here</h1>'"),
            ("200 OK", "text/html", b"<h1>Welcome</h1>", "answers, and is no nhsauth mock"),
            ("200 OK", "application/json", b'{"ready": "yes"}', "answers, and is no nhsauth mock"),
            ("200 OK", "application/json", b"[]", "answers, and is no nhsauth mock"),
            ("200 OK", "application/json", b"{", "cannot be used: "),
        ],
    )
    def test_a_server_of_another_kind_is_not_mock(
        self, status: str, content_type: str, body: bytes, expected: str
    ) -> None:
        def other(_: Any, start_response: Any) -> list[bytes]:
            start_response(status, [("Content-Type", content_type)])
            return [body]

        with serving.serve(other) as server, pytest.raises(NotAMockError, match=expected):
            connected(server.url).__enter__()

    def test_the_count_can_be_read_when_all_is_over(self, ring: KeyRing, http: requests.Session) -> None:
        with Mock(ring=ring).serving() as server:
            with connected(f"{server.url}/_worlds/root") as remote:
                http.get(f"{server.url}/hello-world/hello/world", timeout=10)
            http.get(f"{server.url}/hello-world/hello/world", timeout=10)

        assert (remote.exchanges.tally().exchanges, len(remote.exchanges)) == (1, 0)
