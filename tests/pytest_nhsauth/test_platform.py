"""The platform for a test: URLs, people, apps, time, and the state that is put back."""

import pytest
import requests

from mock_servers.state.registration import AppExistsError, NoSuchAppError
from pytest_nhsauth import Platform, RegisteredApp

PROVIDERS = ["cis2", "nhs_login", "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"]


def get(url: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, timeout=10)


def test_urls_lie_below_one_origin(nhsauth: Platform) -> None:
    below = [nhsauth.token_url, nhsauth.authorize_url, nhsauth.userinfo_url, nhsauth.gateway]

    assert below == [
        f"{nhsauth.url}/oauth2/token",
        f"{nhsauth.url}/oauth2/authorize",
        f"{nhsauth.url}/oauth2/userinfo",
        nhsauth.url,
    ]


def test_the_repr_says_where_it_is(nhsauth: Platform) -> None:
    assert repr(nhsauth) == f"Platform(url='{nhsauth.url}')"


def test_the_gateway_answers(nhsauth: Platform) -> None:
    assert get(f"{nhsauth.gateway}/hello-world/hello/world").status_code == 200


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_what_its_discovery_document_says(nhsauth: Platform, name: str) -> None:
    provider = nhsauth.provider(name)

    document = get(provider.discovery_url).json()

    lines = ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"]
    assert [document[member] for member in lines] == [
        provider.issuer,
        provider.authorize_url,
        provider.token_url,
        provider.userinfo_url,
        provider.jwks_url,
    ]
    assert document.get("end_session_endpoint") == provider.end_session_url


def test_cis2_alone_ends_sessions(nhsauth: Platform) -> None:
    assert nhsauth.cis2.end_session_url == f"{nhsauth.cis2.issuer}/connect/endSession"
    assert nhsauth.nhs_login.end_session_url is None


def test_cis2_and_nhs_login_have_names_of_their_own(nhsauth: Platform) -> None:
    assert (nhsauth.cis2.name, nhsauth.nhs_login.name) == ("cis2", "nhs_login")


def test_an_unknown_provider_is_refused_with_those_there_are(nhsauth: Platform) -> None:
    with pytest.raises(LookupError, match="provider 'cis3' is none of cis2, nhs_login, "):
        nhsauth.provider("cis3")


def test_the_jwks_url_serves_the_keys_of_the_registered_app(nhsauth: Platform, nhsauth_app: RegisteredApp) -> None:
    assert get(nhsauth.jwks_url).json() == nhsauth_app.jwks


def test_an_app_is_found_by_its_client_id(nhsauth: Platform) -> None:
    nhsauth.apps.create(client_id="other", make_key=False)

    assert nhsauth.app("other").client_id == "other"


def test_an_unknown_app_is_refused_with_those_there_are(nhsauth: Platform) -> None:
    with pytest.raises(NoSuchAppError, match="no app has client_id 'ghost': there is 'nhsauth-app'"):
        nhsauth.app("ghost")


def test_a_platform_without_an_app_says_how_to_have_one(nhsauth: Platform) -> None:
    for app in nhsauth.apps.all():
        nhsauth.apps.remove(app.client_id)

    with pytest.raises(LookupError, match="no app is registered"):
        nhsauth.app()


def test_a_client_id_can_be_taken_only_once(nhsauth: Platform) -> None:
    with pytest.raises(AppExistsError, match="client_id 'nhsauth-app' is taken"):
        nhsauth.new_app(client_id="nhsauth-app")


def test_the_ready_made_people_are_there(nhsauth: Platform) -> None:
    assert nhsauth.users.get("cis2", "656005750104").level == "aal3"


def test_an_unknown_user_is_refused_with_those_there_are(nhsauth: Platform) -> None:
    with pytest.raises(LookupError, match="nhs_login has no user '1': it has 9912003071, 9912003072, 9912003073"):
        nhsauth.users.get("nhs_login", "1")


def test_a_user_that_was_added_is_there(nhsauth: Platform) -> None:
    added = nhsauth.users.add(provider="cis2", id="656005750199", level="aal2", claims={"name": "TEST User"})

    assert nhsauth.users.get("cis2", "656005750199") == added
    assert added in nhsauth.users.all()


def test_a_user_with_a_level_of_the_other_provider_is_refused(nhsauth: Platform) -> None:
    with pytest.raises(ValueError, match=r'^user\.level is "P9"; allowed: "aal3" or "aal2" or "aal1"$'):
        nhsauth.users.add(provider="cis2", id="656005750199", level="P9")


def test_a_user_without_an_id_is_refused(nhsauth: Platform) -> None:
    with pytest.raises(ValueError, match=r"^user\.id is missing"):
        nhsauth.users.add(provider="cis2", level="aal3")


def test_isolated_takes_back_apps_people_and_time(nhsauth: Platform) -> None:
    nhsauth.clock.freeze()
    before = nhsauth.apps.all(), nhsauth.users.all(), nhsauth.clock.now()

    with nhsauth.isolated():
        nhsauth.new_app(make_key=False)
        nhsauth.users.add(provider="cis2", id="656005750199", level="aal3")
        nhsauth.clock.advance(3600)

    assert (nhsauth.apps.all(), nhsauth.users.all(), nhsauth.clock.now()) == before


def test_isolated_takes_back_what_it_did_when_the_block_fails(nhsauth: Platform) -> None:
    def fail() -> None:
        with nhsauth.isolated():
            nhsauth.new_app(client_id="other", make_key=False)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert "other" not in [app.client_id for app in nhsauth.apps.all()]


def test_isolated_begins_with_an_empty_journal(nhsauth: Platform) -> None:
    get(f"{nhsauth.gateway}/hello-world/hello/world")

    with nhsauth.isolated():
        assert len(nhsauth.exchanges) == 0
