"""A code that was sent to the wrong place is redeemed where the cure says, under plain and under real host names."""

import re

import pytest
from werkzeug.test import Client

from tests.mock_servers.diagnosis.cures.bench import (
    CIS2_DEP,
    CIS2_INT,
    CIS2_PATH,
    INT,
    NHS_LOGIN,
    PLAIN,
    REALMS,
    REDIRECT,
    REF,
    SECRET,
    Bench,
)


def url_in(text: str) -> str:
    found = re.search(r"https?://[^\s\",]+[^\s\",:]", text)
    assert found is not None, text
    return found[0]


@pytest.mark.parametrize(
    ("at", "provider", "issuer"),
    [
        (f"{PLAIN}/oauth2/token", "cis2", f"{PLAIN}{CIS2_PATH}"),
        (f"{PLAIN}/oauth2/token", "nhs_login", PLAIN),
        (f"{INT}/oauth2/token", "cis2", f"{CIS2_INT}{CIS2_PATH}"),
        (f"{INT}/oauth2/token", "nhs_login", NHS_LOGIN),
        (f"{REF}/oauth2/token", "cis2", f"{CIS2_DEP}{CIS2_PATH}"),
        (f"{INT}/oauth2-mock/token", "cis2", f"{REALMS}/realms/Cis2-mock-int"),
    ],
)
def test_a_code_in_place_of_an_id_token_is_redeemed_where_the_cure_says(
    bench: Bench, at: str, provider: str, issuer: str
) -> None:
    code = bench.code(provider, issuer)

    answer = bench.exchange(at, code)

    assert answer.get_json()["error_description"] == "Malformed JWT in subject_token"
    assert (bench.top.id, bench.top.certainty) == ("code-as-subject-token", "certain")
    redeem_at = url_in(bench.top.cure)
    assert redeem_at.startswith(issuer)
    proof = bench.assertion(redeem_at) if "client assertion" in bench.top.cure else SECRET
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof}
    redeemed = bench.post(redeem_at, form)
    assert bench.exchange(at, redeemed.get_json()["id_token"]).status_code == 200


@pytest.mark.parametrize(
    "then",
    ["used", "expired"],
)
def test_a_code_that_is_over_is_not_to_be_exchanged_any_more(bench: Bench, then: str) -> None:
    code, at = bench.code("cis2", f"{PLAIN}{CIS2_PATH}"), f"{PLAIN}/oauth2/token"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET}
    if then == "used":
        assert bench.post(f"{PLAIN}{CIS2_PATH}/access_token", form).status_code == 200
    else:
        bench.platform.clock.advance(3600)

    bench.exchange(at, code)

    assert (bench.top.id, bench.top.certainty) == ("code-as-subject-token", "certain")
    assert bench.top.cure.startswith("Log in again, and exchange the new code at ")
    redeem_at = url_in(bench.top.cure)
    again = {**form, "code": bench.code("cis2", f"{PLAIN}{CIS2_PATH}")}
    redeemed = bench.post(redeem_at, again)
    assert bench.exchange(at, redeemed.get_json()["id_token"]).status_code == 200


@pytest.mark.parametrize(
    ("code_of", "sent_to"),
    [
        (f"{CIS2_INT}{CIS2_PATH}", f"{INT}/oauth2/token"),
        (f"{CIS2_INT}{CIS2_PATH}", f"{NHS_LOGIN}/token"),
        (f"{CIS2_DEP}{CIS2_PATH}", f"{PLAIN}/oauth2/token"),
    ],
)
def test_a_code_at_the_wrong_service_is_redeemed_where_the_cure_says(bench: Bench, code_of: str, sent_to: str) -> None:
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", code_of), "redirect_uri": REDIRECT}

    answer = bench.post(sent_to, {**form, **(bench.assertion(sent_to) if "signin" in sent_to else SECRET)})

    assert answer.status_code in (400, 401)
    assert (bench.top.id, bench.top.certainty) == ("code-spent-or-late", "certain")
    assert bench.post(url_in(bench.top.cure), {**form, **SECRET}).status_code == 200


@pytest.mark.parametrize(
    ("code_of", "sent_to", "words"),
    [
        (f"{INT}/oauth2", f"{REF}/oauth2/token", "issued by environment int; it was sent to ref."),
        (
            f"{CIS2_INT}{CIS2_PATH}",
            f"{CIS2_DEP}{CIS2_PATH}/access_token",
            f"issued by CIS2 at {CIS2_INT}; it was sent to {CIS2_DEP}.",
        ),
    ],
)
def test_a_code_of_another_environment_is_redeemed_where_the_cure_says(
    bench: Bench, code_of: str, sent_to: str, words: str
) -> None:
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", code_of), "redirect_uri": REDIRECT, **SECRET}

    bench.post(sent_to, form)

    bench.assert_finding(words, "Each environment accepts only its own codes.", id="code-spent-or-late")
    assert bench.post(url_in(bench.top.cure), form).status_code == 200


@pytest.mark.parametrize("scope", ["nhs_login", "NHS-login", "openid nhs-login", "nhslogin"])
def test_a_scope_that_is_nearly_nhs_login_goes_to_cis2_with_advice(bench: Bench, scope: str) -> None:
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "state": "s"}

    answer = Client(bench.platform).get("/oauth2/authorize", query_string={**query, "scope": scope}, base_url=PLAIN)

    assert answer.status_code == 302
    assert any("only exactly nhs-login picks NHS login" in each for each in bench.platform.exchanges.last.advice)
