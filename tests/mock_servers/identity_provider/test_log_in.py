"""A person logs in: by form, without one, by session; what the page binds cannot be changed on the way."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import CIS2, PATH
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from mock_servers.state.person import Person, roles

Ask = Callable[..., TestResponse]
ReadRedirect = Callable[[TestResponse], dict[str, str]]
DOCTOR = "656005750104"
NURSE_AAL2 = "656005750109"
PATIENT = "9912003071"
PATIENT_P5 = "9912003072"
REALM = "Cis2-mock-internal-dev"
DENIED = "Resource Owner did not authorize the request"


def id_token(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(jwts.decode(answer.get_json()["id_token"]).claims)


def test_cis2_sends_code_scope_state_issuer_and_client(
    submit: Ask, read_redirect: ReadRedirect, platform: Mock
) -> None:
    came = read_redirect(submit(DOCTOR))

    assert list(came) == ["code", "scope", "state", "iss", "client_id"]
    assert (came["scope"], came["state"], came["client_id"]) == ("openid profile", "s-1", "nhsauth-app")
    assert came["iss"] == f"{platform.url}{PATH}"


@pytest.mark.parametrize(
    ("provider", "asked", "level"),
    [
        ("cis2", {"acr_values": "AAL3_ANY AAL2_OR_AAL3_ANY"}, "AAL3_ANY or AAL2_OR_AAL3_ANY"),
        ("nhs_login", {"vtr": '["P9.Cp.Cd", "P5.Cp"]'}, "P9.Cp.Cd or P5.Cp"),
    ],
)
def test_the_page_shows_the_levels_as_they_were_asked_for(
    authorize: Ask, provider: str, asked: dict[str, str], level: str
) -> None:
    assert f"<dt>Level</dt><dd>{level}</dd>" in authorize(provider, **asked).get_data(as_text=True)


def test_nhs_login_sends_code_and_state(submit: Ask, read_redirect: ReadRedirect) -> None:
    assert list(read_redirect(submit(PATIENT, "nhs_login"))) == ["code", "state"]


@pytest.mark.parametrize(
    ("state", "names"), [("s", ["state", "session_state", "code"]), (None, ["session_state", "code"])]
)
def test_a_realm_sends_state_session_and_code(
    submit: Ask, read_redirect: ReadRedirect, state: str | None, names: list[str]
) -> None:
    assert list(read_redirect(submit(DOCTOR, REALM, state=state))) == names


def test_a_realms_form_is_keycloaks_and_needs_the_username_alone(
    authorize: Ask, platform: Mock, http: Client, read_redirect: ReadRedirect
) -> None:
    page = authorize(REALM).get_data(as_text=True)
    action = page.partition('action="')[2].partition('"')[0].replace("&amp;", "&")

    answer = http.post(action.removeprefix(platform.url), data={"username": DOCTOR}, base_url=platform.url)

    assert 'id="kc-form-login"' in page
    assert action.startswith(f"{platform.url}/realms/{REALM}/login-actions/authenticate?")
    assert "code" in read_redirect(answer)


@pytest.mark.parametrize("provider", ["cis2", REALM, "nhs_login"])
@pytest.mark.parametrize("username", ["nobody", "", "x" * 10_000])
def test_an_unknown_user_gets_the_page_again(submit: Ask, provider: str, username: str) -> None:
    page = submit(username, provider)

    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "There is no person with this user id." in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("provider", "outcome", "error", "description"),
    [
        ("cis2", "cancelled", "access_denied", DENIED),
        ("cis2", "consent_refused", "access_denied", DENIED),
        ("cis2", "provider_error", "server_error", "Internal Server Error"),
        (
            "cis2",
            "level_too_low",
            "interaction_required",
            "The request requires some interaction that is not allowed.",
        ),
        ("nhs_login", "cancelled", "access_denied", None),
        ("nhs_login", "consent_refused", "access_denied", "ConsentNotGiven"),
        ("nhs_login", "provider_error", "server_error", None),
        ("nhs_login", "level_too_low", "interaction_required", None),
    ],
)
def test_a_log_in_that_fails_as_chosen_shows_the_client(
    submit: Ask, read_redirect: ReadRedirect, provider: str, outcome: str, error: str, description: str | None
) -> None:
    came = read_redirect(submit(DOCTOR if provider == "cis2" else PATIENT, provider, {"outcome": outcome}))

    described = {"error_description": description} if description else {}
    assert list(came.items()) == list({"error": error, **described, "state": "s-1"}.items())


@pytest.mark.parametrize("outcome", NHS_LOGIN.asking.outcomes)
def test_a_log_in_ends_with_any_documented_error_of_nhs_login(
    authorize: Ask, read_redirect: ReadRedirect, platform: Mock, outcome: str
) -> None:
    came = read_redirect(authorize("nhs_login", nhsauth_user=PATIENT, nhsauth_outcome=outcome))

    assert list(came.items()) == [("error", outcome), ("state", "s-1")]
    last = platform.exchanges.last
    assert last.refusal is not None
    assert (last.error, last.refusal.evidence) == (outcome, "D")


def test_an_error_of_nhs_login_is_none_of_cis2s(submit: Ask) -> None:
    page = submit(DOCTOR, fields={"outcome": "temporarily_unavailable"})

    assert "cannot end like this" in page.get_data(as_text=True)


def test_an_outcome_that_nobody_knows_gets_the_page_again(submit: Ask) -> None:
    assert "cannot end like this" in submit(DOCTOR, fields={"outcome": "x"}).get_data(as_text=True)


@pytest.mark.parametrize(
    ("provider", "user", "changes"),
    [
        ("cis2", NURSE_AAL2, {}),
        ("cis2", NURSE_AAL2, {"acr_values": "AAL3_FIDO2"}),
        ("cis2", NURSE_AAL2, {"acr_values": "unheard_of"}),
        ("nhs_login", PATIENT_P5, {}),
        ("nhs_login", PATIENT_P5, {"vtr": '["P9.Cm"]'}),
    ],
)
def test_too_low_a_level_is_refused(
    submit: Ask, read_redirect: ReadRedirect, provider: str, user: str, changes: dict[str, str]
) -> None:
    assert read_redirect(submit(user, provider, **changes))["error"] == "interaction_required"


@pytest.mark.parametrize(
    ("acr_values", "user", "acr", "level"),
    [
        (None, DOCTOR, "AAL3_ANY", 3),
        ("AAL2_OR_AAL3_ANY", DOCTOR, "AAL2_OR_AAL3_ANY", 3),
        ("AAL2_OR_AAL3_ANY", NURSE_AAL2, "AAL2_OR_AAL3_ANY", 2),
        ("AAL2_ANY", DOCTOR, "AAL2_ANY", 2),
        ("AAL3_IOS AAL2_TOTP", NURSE_AAL2, "AAL2_TOTP", 2),
        ("AAL1_USERPASS", "656005750110", "AAL1_USERPASS", 1),
    ],
)
def test_acr_values_decide_the_level(
    submit: Ask, read_redirect: ReadRedirect, redeem: Ask, acr_values: str | None, user: str, acr: str, level: int
) -> None:
    claims = id_token(redeem("cis2", read_redirect(submit(user, acr_values=acr_values))["code"]))

    assert (claims["acr"], claims["authentication_assurance_level"]) == (acr, level)


@pytest.mark.parametrize(
    ("vtr", "user", "vot"),
    [
        (None, PATIENT, "P9.Cp.Cd"),
        ('["P5.Cp.Ck"]', PATIENT_P5, "P5.Cp.Ck"),
        ('["P9.Cm", "P5.Cm"]', PATIENT_P5, "P5.Cm"),
        ('["P0.Cp"]', "9912003073", "P0.Cp"),
    ],
)
def test_the_vector_of_trust_is_one_that_was_asked_for(
    submit: Ask, read_redirect: ReadRedirect, redeem: Ask, vtr: str | None, user: str, vot: str
) -> None:
    answer = redeem("nhs_login", read_redirect(submit(user, "nhs_login", vtr=vtr))["code"])

    assert id_token(answer)["vot"] == vot


def test_a_realm_takes_everybody_at_their_own_level(submit: Ask, read_redirect: ReadRedirect, redeem: Ask) -> None:
    code = read_redirect(submit(NURSE_AAL2, REALM, acr_values="AAL3_ANY"))["code"]

    assert id_token(redeem(REALM, code))["authentication_assurance_level"] == 2


@pytest.mark.parametrize("name", ["csrf", "state", "scope", "nonce"])
def test_a_form_that_was_changed_is_refused_on_a_page(submit: Ask, name: str) -> None:
    page = submit(DOCTOR, fields={name: "openid"})

    assert (page.status_code, page.headers.get("Location")) == (400, None)
    assert "This log-in form was not made for this request." in page.get_data(as_text=True)


def test_a_form_of_another_provider_is_refused(authorize: Ask, http: Client, platform: Mock) -> None:
    page = authorize("nhs_login").get_data(as_text=True)
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"username": DOCTOR, "csrf": csrf, "response_type": "code", "client_id": "nhsauth-app"}
    form |= {"redirect_uri": "https://app.example/callback", "scope": "openid profile", "state": "s-1", "nonce": "n-1"}

    answer = http.post(f"{PATH}/authorize", data=form, base_url=platform.url)

    assert answer.status_code == 400


def test_a_redirect_uri_that_was_changed_in_the_form_is_not_followed(submit: Ask) -> None:
    page = submit(DOCTOR, fields={"redirect_uri": "https://evil.example/"})

    assert (page.status_code, page.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("name", ["nhsauth_user", "login_hint"])
def test_a_user_named_in_the_request_skips_the_page(authorize: Ask, read_redirect: ReadRedirect, name: str) -> None:
    assert "code" in read_redirect(authorize(**{name: DOCTOR}))


def test_a_hint_that_names_nobody_here_shows_the_page(authorize: Ask) -> None:
    page = authorize(login_hint="someone@nhs.example")

    assert (page.status_code, "There is a problem" in page.get_data(as_text=True)) == (200, False)


def test_the_page_offers_people_by_level_and_role(authorize: Ask) -> None:
    page = authorize(scope="openid selectedrole").get_data(as_text=True)

    assert 'Priya Ashdown <span class="level">AAL3</span>' in page
    assert "<code>656005750104</code>: Clinical Practitioner Access Role at Mockford General Hospital" in page
    assert '<option value="900000104012">Admin/Clinical Support Access Role, Invented Lane Surgery</option>' in page


def test_the_page_offers_patients_by_level_and_birthdate(authorize: Ask) -> None:
    page = authorize("nhs_login").get_data(as_text=True)

    assert '<span class="level">P9</span>' in page
    assert "<code>9912003071</code>: born " in page


def test_the_page_of_a_slow_log_in_is_not_error(submit: Ask) -> None:
    page = submit(DOCTOR, fields={"outcome": "slow"}).get_data(as_text=True)

    assert "<title>This log-in is slow - Mock of CIS2</title>" in page
    assert "Status 200" not in page


def test_a_slow_log_in_goes_on_by_itself(
    submit: Ask, http: Client, platform: Mock, read_redirect: ReadRedirect
) -> None:
    waiting = submit(DOCTOR, fields={"outcome": "slow"})
    url = waiting.headers["Refresh"].partition("url=")[2]

    assert (waiting.status_code, waiting.headers["Refresh"].partition(";")[0]) == (200, "5")
    assert "code" in read_redirect(http.get(url, base_url=platform.url))


def test_a_session_answers_prompt_none_for_another_client(
    submit: Ask, authorize: Ask, platform: Mock, read_redirect: ReadRedirect, redeem: Ask
) -> None:
    platform.apps.create(client_id="other", client_secret="o", redirect_uris=("https://app.example/callback",))
    first = id_token(redeem("cis2", read_redirect(submit(DOCTOR))["code"]))

    code = read_redirect(authorize(client_id="other", prompt="none"))["code"]

    second = id_token(redeem("cis2", code, client_id="other", client_secret="o"))
    assert (second["sid"], second["aud"], second["auth_time"]) == (first["sid"], "other", first["auth_time"])


def test_a_session_is_too_old_for_max_age(
    submit: Ask, authorize: Ask, platform: Mock, read_redirect: ReadRedirect
) -> None:
    submit(DOCTOR)
    platform.clock.advance(301)

    assert read_redirect(authorize(prompt="none", max_age="300"))["error"] == "login_required"
    assert "code" in read_redirect(authorize(prompt="none", max_age="400"))


def test_a_session_of_too_low_a_level_does_not_do(submit: Ask, authorize: Ask, read_redirect: ReadRedirect) -> None:
    submit(NURSE_AAL2, acr_values="AAL2_ANY")

    assert read_redirect(authorize(prompt="none"))["error"] == "interaction_required"


@pytest.mark.parametrize(
    "change", [lambda value: value[:-1] + "0x", lambda value: "x" + value, lambda _: "", lambda _: "é.ü"]
)
def test_a_tampered_cookie_is_not_session(submit: Ask, platform: Mock, change: Callable[[str], str]) -> None:
    cookie = submit(DOCTOR).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    query = "response_type=code&client_id=nhsauth-app&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&scope=openid"

    answer = Client(platform, use_cookies=False).get(
        f"{PATH}/authorize?{query}&prompt=none",
        headers={"Cookie": f"nhsauth_session={change(cookie)}"},
        base_url=platform.url,
    )

    assert "error=login_required" in answer.headers["Location"]


@pytest.mark.parametrize(("provider", "user", "path"), [("cis2", DOCTOR, PATH), ("nhs_login", PATIENT, "/")])
def test_the_cookie_is_its_providers_alone_and_hidden_from_scripts(
    submit: Ask, provider: str, user: str, path: str
) -> None:
    attributes = submit(user, provider).headers["Set-Cookie"].split("; ")[1:]

    assert attributes == [f"Path={path}", "HttpOnly", "SameSite=Lax"]


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_the_cookie_is_for_https_alone_where_the_provider_is_called_so(
    platform: Mock, scheme: str, *, secure: bool
) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=("https://app.example/callback",))
    query = {
        "response_type": "code",
        "client_id": "nhsauth-app",
        "redirect_uri": "https://app.example/callback",
        "scope": "openid",
        "nhsauth_user": DOCTOR,
    }

    answer = Client(platform).get(f"{PATH}/authorize", query_string=query, base_url=f"{scheme}://mock.example")

    assert ("Secure" in answer.headers["Set-Cookie"].split("; ")) is secure


def test_auth_time_is_that_of_the_log_in(submit: Ask, read_redirect: ReadRedirect, redeem: Ask, platform: Mock) -> None:
    at = platform.clock.now()
    code = read_redirect(submit(DOCTOR))["code"]
    platform.clock.advance(60)

    claims = id_token(redeem("cis2", code))

    assert (claims["auth_time"], claims["iat"], claims["nonce"]) == (int(at), int(at) + 60, "n-1")


def test_selectedrole_shows_the_role_that_was_picked(
    submit: Ask, read_redirect: ReadRedirect, redeem: Ask, platform: Mock
) -> None:
    person = platform.store.people.get(("cis2", DOCTOR))
    assert isinstance(person, Person)
    first, second = [str(role["person_roleid"]) for role in roles(CIS2, person)][:2]
    scope = "openid selectedrole"

    unpicked = id_token(redeem("cis2", read_redirect(submit(DOCTOR, scope=scope))["code"]))
    picked = id_token(
        redeem("cis2", read_redirect(submit(DOCTOR, "cis2", {"selected_roleid": second}, scope=scope))["code"])
    )
    unasked = id_token(redeem("cis2", read_redirect(submit(DOCTOR))["code"]))

    assert (unpicked["selected_roleid"], picked["selected_roleid"]) == (first, second)
    assert "selected_roleid" not in unasked


@pytest.mark.parametrize("scope", ["openid", "openid selectedrole"])
def test_a_session_goes_on_with_the_role_that_was_picked_where_it_is_asked_for(
    submit: Ask, authorize: Ask, read_redirect: ReadRedirect, redeem: Ask, platform: Mock, scope: str
) -> None:
    person = platform.store.people.get(("cis2", DOCTOR))
    assert isinstance(person, Person)
    second = str([*roles(CIS2, person)][1]["person_roleid"])
    submit(DOCTOR, "cis2", {"selected_roleid": second}, scope="openid selectedrole")

    claims = id_token(redeem("cis2", read_redirect(authorize(prompt="none", scope=scope))["code"]))

    assert claims.get("selected_roleid") == (second if "selectedrole" in scope else None)


def test_a_role_of_somebody_else_gets_the_page_again(submit: Ask) -> None:
    page = submit(DOCTOR, fields={"selected_roleid": "1"}, scope="openid selectedrole")

    assert "This person does not have this role." in page.get_data(as_text=True)


def test_who_acts_for_another_gets_that_patients_token(
    submit: Ask, read_redirect: ReadRedirect, redeem: Ask, platform: Mock
) -> None:
    actor = next(person for person in platform.store.people.values() if person.acts_for)

    claims = id_token(redeem("nhs_login", read_redirect(submit(actor.id, "nhs_login"))["code"]))

    assert claims["nhs_number"] == actor.acts_for
    assert jwts.decode(claims["act"]["sub"]).claims["nhs_number"] == actor.id


def test_the_journal_holds_neither_code_nor_cookie(submit: Ask, read_redirect: ReadRedirect, platform: Mock) -> None:
    answer = submit(DOCTOR)

    kept = str(platform.exchanges.last.as_json())
    assert read_redirect(answer)["code"] not in kept
    assert answer.headers["Set-Cookie"].partition(";")[0] not in kept


@pytest.mark.parametrize(
    ("provider", "user", "sentence"),
    [("cis2", DOCTOR, "The request requires consent."), ("nhs_login", PATIENT, None)],
)
def test_prompt_none_cannot_ask_for_consent(
    submit: Ask, authorize: Ask, read_redirect: ReadRedirect, provider: str, user: str, sentence: str | None
) -> None:
    submit(user, provider)

    came = read_redirect(authorize(provider, prompt="none", nhsauth_outcome="consent_refused"))

    described = {"error_description": sentence} if sentence else {}
    assert list(came.items()) == list({"error": "consent_required", **described, "state": "s-1"}.items())


@pytest.mark.usefixtures("http")
def test_a_session_shows_the_page_all_the_same(submit: Ask, authorize: Ask, read_redirect: ReadRedirect) -> None:
    read_redirect(submit(DOCTOR))

    assert "<form" in authorize().get_data(as_text=True)


def stopped() -> Clock:
    clock = Clock()
    clock.set(1_800_000_000, frozen=True)
    return clock


class TestSingleSignOn:
    """The setting that a browser with a session is not asked again."""

    @pytest.fixture
    def platform(self, ring: KeyRing) -> Mock:
        clock = stopped()
        settings = ProviderSettings(single_sign_on=True)
        configuration = Configuration(cis2=settings, nhs_login=settings)
        return Mock(configuration, ring=ring, clock=clock)

    def test_the_person_is_not_asked_again(self, submit: Ask, authorize: Ask, read_redirect: ReadRedirect) -> None:
        read_redirect(submit(PATIENT, "nhs_login"))

        assert "code" in read_redirect(authorize("nhs_login"))

    @pytest.mark.parametrize("changes", [{"prompt": "login"}, {"acr_values": "AAL3_ANY"}, {"max_age": "0"}])
    def test_the_page_comes_when_the_session_will_not_do(
        self, submit: Ask, authorize: Ask, read_redirect: ReadRedirect, platform: Mock, changes: dict[str, str]
    ) -> None:
        read_redirect(submit(NURSE_AAL2, acr_values="AAL2_ANY"))
        platform.clock.advance(1)

        page = authorize(**{"acr_values": "AAL2_ANY", **changes})

        assert "<form" in page.get_data(as_text=True)

    def test_without_a_session_the_page_comes(self, authorize: Ask) -> None:
        assert "<form" in authorize().get_data(as_text=True)


class TestDefaultVectors:
    """The setting of what NHS login takes for granted when a request names no vector of trust."""

    @pytest.fixture
    def platform(self, ring: KeyRing) -> Mock:
        clock = stopped()
        configuration = Configuration(nhs_login=ProviderSettings(default_vtr=("P9.Cp.Cd", "P5.Cp.Cd")))
        return Mock(configuration, ring=ring, clock=clock)

    def test_a_patient_of_a_lower_level_logs_in(self, submit: Ask, read_redirect: ReadRedirect) -> None:
        assert "code" in read_redirect(submit(PATIENT_P5, "nhs_login"))

    def test_the_request_s_own_vectors_count(self, submit: Ask, read_redirect: ReadRedirect) -> None:
        assert read_redirect(submit(PATIENT_P5, "nhs_login", vtr='["P9.Cm"]'))["error"] == "interaction_required"
