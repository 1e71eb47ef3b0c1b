"""A token in the wrong place, or of another service, goes where the cure says."""

import base64
from urllib.parse import urlencode

import pytest

from tests.mock_servers.diagnosis.cures.bench import (
    ASSERTION_TYPE,
    CIS2_PATH,
    ID_TOKEN,
    INT,
    PLAIN,
    REDIRECT,
    REF,
    SECRET,
    TOKEN,
    TOKEN_EXCHANGE,
    Bench,
    call,
    code_form,
    raw,
    tokens_of_cis2,
    user_token,
)


def test_a_token_in_the_query(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    answer = call(bench, f"/hello-world/hello/user?access_token={token}")

    assert answer.status_code == 401
    bench.assert_finding("access_token in the URL", "in the header Authorization: Bearer", id="token-in-query")
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["token-in-query"]
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("known", [True, False])
def test_a_client_assertion_as_bearer(bench: Bench, *, known: bool) -> None:
    assertion = bench.signed()
    if not known:
        bench.platform.store.issued.clear()

    answer = call(bench, "/hello-world/hello/application", Authorization=f"Bearer {assertion}")

    assert answer.status_code == 401
    bench.assert_finding("ost it to the token endpoint", id="assertion-as-bearer")
    token = bench.ask(client_assertion=assertion).get_json()["access_token"]
    assert call(bench, "/hello-world/hello/application", Authorization=f"Bearer {token}").status_code == 200


def test_an_assertion_in_basic_is_moved_into_the_form(bench: Bench) -> None:
    assertion = bench.signed()
    basic = base64.b64encode(f"nhsauth-app:{assertion}".encode()).decode()

    raw(bench, b"grant_type=client_credentials", Authorization=f"Basic {basic}")

    bench.assert_finding("Move the JWT into the form", ASSERTION_TYPE, id="credentials-in-basic")
    assert bench.ask(client_assertion=assertion).status_code == 200


def test_an_access_token_of_cis2_at_an_api(bench: Bench) -> None:
    token = tokens_of_cis2(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token}")

    bench.assert_finding(
        "works only at CIS2's own userinfo", "Send the access_token of the platform's", id="provider-token-at-api"
    )
    assert call(bench, f"{CIS2_PATH}/userinfo", Authorization=f"Bearer {token}").status_code == 200


def test_an_access_token_of_cis2_at_the_platforms_userinfo(bench: Bench) -> None:
    token = tokens_of_cis2(bench)["access_token"]

    call(bench, "/oauth2/userinfo", Authorization=f"Bearer {token}")

    bench.assert_finding("the combined flow", "that provider's own userinfo", id="provider-token-at-api")
    combined = bench.post(TOKEN, code_form(bench)).get_json()["access_token"]
    assert call(bench, "/oauth2/userinfo", Authorization=f"Bearer {combined}").status_code == 200


def test_a_refresh_token_of_cis2_at_the_platform(bench: Bench) -> None:
    bench.platform.apps.change("nhsauth-app", grant_types=("authorization_code", "refresh_token"))
    token = tokens_of_cis2(bench)["refresh_token"]

    bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": token, **SECRET})

    bench.assert_finding(
        "the refresh token that CIS2 issued",
        "renews only CIS2's tokens",
        "the platform's last token answer",
        id="token-of-other-service",
    )
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["token-of-other-service"]
    own = user_token(bench)["refresh_token"]
    assert bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": own, **SECRET}).status_code == 200


@pytest.mark.parametrize("base", [REF, "https://internal-dev.api.service.nhs.uk"])
def test_a_token_of_another_environment(bench: Bench, base: str) -> None:
    tokens = user_token(bench, f"{INT}/oauth2/token")

    call(bench, base=base, Authorization=f"Bearer {tokens['access_token']}")
    bench.assert_finding("issued by environment int", id="token-of-other-environment")

    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **SECRET}
    bench.post(f"{base}/oauth2/token", form)
    bench.assert_finding("issued by environment int", id="token-of-other-environment")
    assert bench.post(f"{INT}/oauth2/token", form).status_code == 200
    assert call(bench, base=INT, Authorization=f"Bearer {tokens['access_token']}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "grant_type", "seen", "cure"),
    [
        (
            "nhsauth-app:nhsauth-secret",
            "client_credentials",
            'with the API key "nhsauth-app" and a secret of 14 characters',
            "Sign an assertion and send it as client_assertion in the form.",
        ),
        (
            "stranger:s",
            "refresh_token",
            "with an id of 8 characters, which is not an app's API key, and a secret of 1",
            "Send client_id and client_secret as parameters of the form.",
        ),
        (
            "",
            "authorization_code",
            "but its value is not base64 of two texts joined by a colon",
            "Send client_id and client_secret as parameters of the form.",
        ),
        (
            "nhsauth-app:eyJhbGciOiJSUzUxMiJ9.e30.e30",
            "refresh_token",
            "with a JWT in place of a password",
            "Send client_id and client_secret as parameters of the form.",
        ),
        (
            "eyJhbGciOiJSUzUxMiJ9.e30.e30:",
            "client_credentials",
            "with a JWT in place of a password",
            "Move the JWT into the form, as client_assertion",
        ),
    ],
)
def test_credentials_in_a_basic_header(bench: Bench, sent: str, grant_type: str, seen: str, cure: str) -> None:
    basic = base64.b64encode(sent.encode()).decode()

    raw(bench, f"grant_type={grant_type}".encode(), Authorization=f"Basic {basic}")

    by_secret = cure.startswith("Sign an assertion")
    bench.assert_finding(
        f"The Authorization header is Basic, {seen}; the form names no client.",
        id="secret-style-client-credentials" if by_secret else "credentials-in-basic",
    )
    assert bench.top.cure.startswith(cure)


def test_an_assertion_behind_bearer_is_moved_into_the_form(bench: Bench) -> None:
    assertion = bench.signed()

    raw(bench, b"grant_type=client_credentials", Authorization=f"Bearer {assertion}")

    bench.assert_finding("Move the JWT into the form", id="credentials-in-basic")
    assert bench.ask(client_assertion=assertion).status_code == 200


@pytest.mark.parametrize("without", ["jti", "aud"])
def test_a_jwt_that_may_be_an_assertion_as_bearer(bench: Bench, without: str) -> None:
    assertion = bench.signed(without)
    bench.platform.store.issued.clear()

    call(bench, "/hello-world/hello/application", Authorization=f"Bearer {assertion}")

    bench.assert_finding("client assertion", id="assertion-as-bearer", certainty="likely")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Bearer opaque", b"grant_type=client_credentials"),
        ("Token eyJhbGciOiJSUzUxMiJ9.e30.e30", b"grant_type=client_credentials"),
        ("Basic bmhzOmF1dGg=", b"grant_type=client_credentials&client_id=nhs"),
        ("Basic bmhzOmF1dGg=", b"grant_type=client_credentials&client_assertion=x"),
    ],
)
def test_another_header_is_not_what_is_wrong(bench: Bench, header: str, body: bytes) -> None:
    raw(bench, body, Authorization=header)

    assert "credentials-in-basic" not in [each.id for each in bench.platform.exchanges.last.findings]


def test_an_assertion_behind_bearer_and_in_the_form_lacks_its_type_alone(bench: Bench) -> None:
    body = f"grant_type=client_credentials&client_assertion={bench.signed()}".encode()

    raw(bench, body, Authorization=f"Bearer {bench.signed()}")

    assert [each.id for each in bench.platform.exchanges.last.findings] == ["client-assertion-type"]


def test_a_header_that_is_nearly_authorization(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorisation=f"Bearer {token}")

    bench.assert_finding('there is "authorisation", with a token in it', id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_a_token_that_was_cut_off(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token[:20]}")

    bench.assert_finding("has 20 characters, and begins as a value of 28", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_an_access_token_of_nhs_login_that_the_mock_has_made_is_reported_once(bench: Bench) -> None:
    form = {"grant_type": "authorization_code", "code": bench.code("nhs_login", PLAIN), "redirect_uri": REDIRECT}
    token = bench.post(f"{PLAIN}/token", {**form, **bench.assertion(f"{PLAIN}/token")}).get_json()["access_token"]

    bench.exchange(TOKEN, token)

    (reported,) = bench.platform.exchanges.last.findings
    assert (reported.id, reported.certainty) == ("other-jwt-as-subject", "certain")
    assert reported.seen.startswith("subject_token is the access token that NHS login issued 0 ms ago")


@pytest.mark.parametrize("assertion", [True, False])
def test_an_id_token_behind_bearer_is_moved_into_the_form(bench: Bench, *, assertion: bool) -> None:
    id_token, proof = bench.id_token(), bench.assertion(TOKEN) if assertion else {}
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN, **proof}

    raw(bench, urlencode(form).encode(), Authorization=f"Bearer {id_token}")

    found = [each for each in bench.platform.exchanges.last.findings if "Move the id_token" in each.cure]
    assert [(each.id, each.certainty) for each in found] == [("credentials-in-basic", "certain")]
    assert bench.exchange(TOKEN, id_token).status_code == 200


@pytest.mark.parametrize("separator", [": ", ":", "="])
def test_a_colon_after_bearer(bench: Bench, separator: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer{separator}{token}")

    bench.assert_finding(f'after the word Bearer comes "{separator.strip()}"', id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("word", ["Bearer", "bearer"])
def test_no_space_after_bearer(bench: Bench, word: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"{word}{token}")

    bench.assert_finding("there is no space between Bearer and the token", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_no_space_after_bearer_and_an_unknown_token(bench: Bench) -> None:
    call(bench, Authorization="BearerAbCdEfGhIjKlMnOpQrStUvWxYz12")

    bench.assert_finding("there is no space between Bearer and the token", id="bearer-shape", certainty="likely")


def test_a_scheme_that_only_begins_with_bearer(bench: Bench) -> None:
    call(bench, Authorization="BearerToken AbCdEfGhIjKlMnOpQrStUvWxYz12")

    bench.assert_finding('its scheme is "BearerToken", not Bearer', "accepts only the scheme Bearer", id="bearer-shape")


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        ("Basic YWJjOmRlZg==, Bearer {}", "two credentials joined by a comma, Basic and Bearer"),
        ("Bearer {},Basic YWJjOmRlZg==", "two credentials joined by a comma, Bearer and Basic"),
        ("Bearer {0}, Bearer {0}", "two credentials joined by a comma, Bearer and Bearer"),
        (
            "Negotiate abc, Basic YWJjOmRlZg==, bearer {}",
            "three credentials joined by a comma, Negotiate, Basic and Be",
        ),
    ],
)
def test_two_credentials_in_one_header(bench: Bench, header: str, seen: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=header.format(token))

    bench.assert_finding(
        seen, "the first word alone", "Bearer and the token alone", "Proxy-Authorization", id="bearer-shape"
    )
    assert call(bench, Authorization=f"Bearer {token}", Proxy_Authorization="Basic YWJjOmRlZg==").status_code == 200


def test_the_members_of_one_credential_are_no_second_one(bench: Bench) -> None:
    call(bench, Authorization='Digest username="basic", realm="bearer", nonce="x"')

    bench.assert_finding('its scheme is "Digest", not Bearer', id="bearer-shape")


@pytest.mark.parametrize(
    ("blank", "name"),
    [
        ("\u00a0", "U+00A0 (no-break space)"),
        (" \u00a0", "U+00A0 (no-break space)"),
        ("\u00a0 ", "U+00A0 (no-break space)"),
        ("\u2003", "U+2003 (em space)"),
        ("\u200b", "U+200B (zero width space)"),
        ("\t", "a tab"),
    ],
)
def test_a_blank_after_bearer_that_is_no_plain_space(bench: Bench, blank: str, name: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer{blank}{token}".encode().decode("latin-1"))

    bench.assert_finding(f"between Bearer and the token is {name}", "one plain space", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("read_as", ["latin-1", "utf-8"])
def test_a_blank_inside_a_token_that_is_no_plain_space(bench: Bench, read_as: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token[:5]}\u00a0{token[5:]}".encode().decode(read_as))

    bench.assert_finding("inside the token, after 5 of its characters, is U+00A0 (no-break space)", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_a_blank_after_a_token_that_is_no_plain_space(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token}\u00a0".encode().decode("latin-1"))

    bench.assert_finding("after the token is U+00A0 (no-break space)", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("header", ["Token abc", "Bearer abc def", 'Bearer "abc"', "Bearer", "Bearer undefined"])
def test_a_cause_says_nothing_of_code_that_nobody_has_seen(bench: Bench, header: str) -> None:
    call(bench, Authorization=header)

    assert "without a check of the token" not in bench.top.cause


@pytest.mark.parametrize("header", ["Bearer", "bearer "])
def test_nothing_after_bearer(bench: Bench, header: str) -> None:
    call(bench, Authorization=header)

    bench.assert_finding("there is nothing after Bearer", id="bearer-shape")


@pytest.mark.parametrize(
    ("headers", "library", "change"),
    [
        (
            {"user_agent": "python-requests/2.32.3", "content_type": "application/x-www-form-urlencoded;charset=UTF-8"},
            "Authlib",
            "PrivateKeyJWT(",
        ),
        ({"user_agent": "python-requests/2.32.3", "x_client_sku": "MSAL.Python"}, "msal", '{"client_assertion": sign}'),
    ],
    ids=["Authlib", "MSAL"],
)
def test_a_secret_in_a_basic_header_is_cured_in_the_library_s_words(
    bench: Bench, headers: dict[str, str], library: str, change: str
) -> None:
    basic = base64.b64encode(b"nhsauth-app:nhsauth-secret").decode()

    raw(bench, b"grant_type=client_credentials", Authorization=f"Basic {basic}", **headers)

    bench.assert_finding(f"This looks like {library}", change, id="secret-style-client-credentials")


UUID = "6f0dd7f7-1f30-47a2-9ab1-0d0e7a6d5b11"


@pytest.mark.parametrize(
    ("sent", "seen", "certainty"),
    [(UUID, "is a UUID", "possible"), ("h5Jk-2_LmNpQrStUvWxYz01AbCd", "27 characters of base64url", "possible")],
)
def test_a_refresh_token_of_another_form(bench: Bench, sent: str, seen: str, certainty: str) -> None:
    bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": sent, **SECRET})

    bench.assert_finding(seen, "32 letters and digits", id="token-of-other-service", certainty=certainty)
    own = user_token(bench)["refresh_token"]
    assert bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": own, **SECRET}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "seen", "certainty"),
    [
        (UUID, "a code of NHS login", "possible"),
        ("h5Jk-2_LmNpQrStUvWxYz01AbCd", "a code of CIS2", "possible"),
        (f"{UUID}.{UUID}.{UUID}", "a code of a mock realm", "likely"),
    ],
)
def test_a_code_of_another_form(bench: Bench, sent: str, seen: str, certainty: str) -> None:
    bench.post(TOKEN, code_form(bench, code=sent))

    bench.assert_finding(seen, "8 letters and digits", id="code-spent-or-late", certainty=certainty)
    assert bench.post(TOKEN, code_form(bench)).status_code == 200


def test_a_code_of_the_platform_s_form_is_not_another_s(bench: Bench) -> None:
    bench.post(TOKEN, code_form(bench, code="Qw8sL2xY"))

    assert [each for each in bench.platform.exchanges.last.findings if "code-spent" in each.id] == []
