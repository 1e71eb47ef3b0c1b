"""Who asked, who would do, and what has changed since it last worked."""

import re
from dataclasses import replace

import pytest
from werkzeug.test import Client

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.state.configuration import Api
from tests.mock_servers.diagnosis.cures.bench import (
    CIS2_DEP,
    CIS2_PATH,
    PLAIN,
    REDIRECT,
    REF,
    TOKEN,
    Bench,
    call,
    cis2_form,
    followed,
    wrong,
)


def test_keys_are_listed_whole_and_counted_right(bench: Bench) -> None:
    app = bench.platform.apps.get("nhsauth-app")
    names = [f"{number}{'k' * 30}{number}" for number in range(1, 9)]
    for name in (*names, "123456789012.apps.supplier"):
        bench.platform.apps.add(replace(app, client_id=name, name=name))

    bench.ask(client_assertion=bench.signed(iss="nobody", sub="nobody"))

    listed = ", ".join(f'"{each}"' for each in ["nhsauth-app", *names[:4]])
    assert f"this mock knows {listed} and 4 more." in bench.top.cure
    assert f"known are {listed} and 4 more." in (bench.platform.exchanges.last.diagnosis or "")


def test_a_change_is_reported_of_the_same_environment_alone(bench: Bench) -> None:
    good = bench.ask(f"{REF}/oauth2/token")
    assert good.status_code == 200

    bench.ask(client_assertion=bench.signed(headers={"alg": "RS256"}))
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["alg-not-rs512"]


def test_a_user_agent_is_not_change(bench: Bench) -> None:
    for agent, assertion in (("one/1", bench.signed()), ("two/2", bench.signed(headers={"kid": "nobody"}))):
        form = {"grant_type": "client_credentials", **bench.assertion(TOKEN), "client_assertion": assertion}
        Client(bench.platform).post("/oauth2/token", data=form, base_url=PLAIN, headers={"User-Agent": agent})

    (change,) = [each for each in bench.platform.exchanges.last.findings if each.id == "changed-since-success"]
    assert "user-agent" not in change.seen
    assert 'header kid was "nhsauth-1", and is now "nobody"' in change.seen


def test_two_values_that_look_equal_are_no_change(bench: Bench) -> None:
    assert bench.ask(client_assertion=bench.signed(aud=[TOKEN, f"{'x' * 200}a"])).status_code == 200

    bench.ask(client_assertion=bench.signed(aud=[TOKEN, f"{'x' * 200}b"], headers={"kid": "nobody"}))

    (change,) = [each for each in bench.platform.exchanges.last.findings if each.id == "changed-since-success"]
    assert "header kid was" in change.seen
    assert "aud was" not in change.seen


@pytest.mark.parametrize(
    ("iss", "words"),
    [
        ("https://auth.login.nhs.uk", "nhs_login, live"),
        (f"{CIS2_DEP}{CIS2_PATH}", "cis2, dep"),
    ],
)
@pytest.mark.parametrize("kind", ["client_credentials", "token_exchange"])
def test_an_id_token_of_elsewhere_as_assertion_is_named_by_its_issuer(
    bench: Bench, kind: str, iss: str, words: str
) -> None:
    token = bench.platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), Alterations(claims={"iss": iss}))
    bench.platform.store.issued.clear()

    wrong(bench, kind, "client_assertion", token)

    bench.assert_finding(words, "Sign a JWT with the app's private key", id="other-jwt-as-assertion")
    record = bench.platform.exchanges.last
    assert [each.id for each in record.findings if each.certainty == "certain"] == ["other-jwt-as-assertion"]
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("provider", "level", "scope", "who"),
    [
        ("cis2", "aal1", "urn:nhsd:apim:user-nhs-cis2:aal3:hello-world", "656005750104"),
        ("cis2", "aal3", "urn:nhsd:apim:user-nhs-cis2:aal2:hello-world", "656005750109"),
        ("nhs_login", "P0", "urn:nhsd:apim:user-nhs-login:P9:hello-world", "9912003071"),
    ],
)
def test_who_would_do_is_reported_where_a_level_fails(
    bench: Bench, provider: str, level: str, scope: str, who: str
) -> None:
    bench.platform.apps.change("nhsauth-app", scopes=(scope,))
    wanted = LogInRequest(client_id="nhsauth-app", level=level)

    answer = bench.exchange(TOKEN, bench.platform.id_token(provider, wanted))

    assert answer.status_code == 401
    bench.assert_finding(who, id="scopes-none-left")
    named = re.findall(r"\d{10,12}", bench.top.cure)
    asked = re.search(r"Log in at (\w+)", bench.top.cure)
    assert asked is not None
    for user in named:
        cured = bench.platform.id_token(provider, LogInRequest(client_id="nhsauth-app", user=user, level=asked[1]))
        assert bench.exchange(TOKEN, cured).status_code == 200


def test_who_would_do_is_reported_at_a_teams_own_api(bench: Bench) -> None:
    scope = "urn:nhsd:apim:user-nhs-cis2:aal3:team"
    bench.platform.add_api(Api(path="/team", upstream="http://127.0.0.1:9", scopes=(scope,)))
    bench.platform.apps.change("nhsauth-app", scopes=(scope, "urn:nhsd:apim:user-nhs-cis2:aal1:team"))
    weak = bench.platform.id_token("cis2", LogInRequest(client_id="nhsauth-app", level="aal1"))
    token = bench.exchange(TOKEN, weak).get_json()["access_token"]

    answer = call(bench, "/team/x", Authorization=f"Bearer {token}")

    assert answer.status_code == 403
    bench.assert_finding("Log in at aal3 (acr_values AAL3_ANY)", "656005750104", id="scopes-none-left")


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_the_secret_of_another_app(bench: Bench, kind: str) -> None:
    app = bench.platform.apps.get("nhsauth-app")
    bench.platform.apps.add(replace(app, client_id="other", name="other", client_secret="another secret"))

    wrong(bench, kind, "client_secret", "another secret")

    bench.assert_finding('the secret of app "other"', 'client_id is "nhsauth-app"', id="secret-of-other-app")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("sent", "words"), [("NHSAUTH-APP", "but with different capital letters"), ("nhsauth app", "the name of app")]
)
@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_a_client_id_that_is_nobodys(bench: Bench, kind: str, sent: str, words: str) -> None:
    wrong(bench, kind, "client_id", sent)

    bench.assert_finding(f'client_id is "{sent}"', words, 'this mock knows "nhsauth-app"', id="app-not-known-here")
    assert followed(bench, kind) == 200


CIS2_ID = "969567331415.apps.national"


def _known(bench: Bench, *names: str) -> None:
    app = bench.platform.apps.get("nhsauth-app")
    for name in names:
        bench.platform.apps.add(replace(app, client_id=name, name=name))


def _asked(bench: Bench, client_id: str) -> int:
    return bench.post(f"{PLAIN}{CIS2_PATH}/access_token", cis2_form(bench, client_id=client_id)).status_code


@pytest.mark.parametrize(
    ("sent", "part"),
    [("969567331415", "the start"), (".apps.national", "the end"), ("67331415.apps.national", "the end")],
)
def test_a_client_id_of_cis2_that_was_cut(bench: Bench, sent: str, part: str) -> None:
    _known(bench, CIS2_ID)

    _asked(bench, sent)

    bench.assert_finding(f'{part} of "{CIS2_ID}"', f'Send "{CIS2_ID}", whole.', id="app-not-known-here")
    bench.platform.apps.change(CIS2_ID, redirect_uris=(REDIRECT,))
    good = {**cis2_form(bench), "client_id": CIS2_ID, "code": bench.code("cis2", f"{PLAIN}{CIS2_PATH}", CIS2_ID)}
    assert bench.post(f"{PLAIN}{CIS2_PATH}/access_token", good).status_code == 200


def test_a_client_id_that_may_be_the_start_of_two(bench: Bench) -> None:
    _known(bench, CIS2_ID, "969567331415.apps.supplier")

    _asked(bench, "969567331415")

    seen = 'of "969567331415.apps.national" or "969567331415.apps.supplier"'
    bench.assert_finding(seen, id="app-not-known-here", certainty="likely")


def test_twelve_digits_alone_are_cis2_s_client_id_without_its_end(bench: Bench) -> None:
    _asked(bench, "969567331415")

    bench.assert_finding("without its end", ".apps.national", id="app-not-known-here", certainty="likely")


@pytest.mark.parametrize("sent", ["nhsauth", "auth-app", "nhsauth-ap"])
def test_an_api_key_that_was_cut(bench: Bench, sent: str) -> None:
    bench.ask(client_assertion=bench.signed(iss=sent, sub=sent))

    bench.assert_finding('of "nhsauth-app"', 'Send "nhsauth-app", whole.', id="app-not-known-here")
    assert bench.ask().status_code == 200


@pytest.mark.parametrize("sent", ["nhs", "nhsauth-other", "hsauth"])
def test_what_is_neither_start_nor_end_is_not_cut(bench: Bench, sent: str) -> None:
    bench.ask(client_assertion=bench.signed(iss=sent, sub=sent))

    assert [each for each in bench.platform.exchanges.last.findings if "was cut off" in each.cause] == []
