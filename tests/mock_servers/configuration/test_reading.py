import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_servers.configuration import reading as configuration_file
from mock_servers.configuration.members import MemberError
from mock_servers.configuration.reading import ConfigurationError
from mock_servers.jose.keys import KeyFileError, KeyPair, KeyRing, jwks
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.settings.control import ControlSettings
from mock_servers.settings.real_host import RealHost
from mock_servers.settings.sections import (
    ApimSettings,
    EvidenceSettings,
    ProviderSettings,
    ServerSettings,
    StateSettings,
    WatchSettings,
)
from mock_servers.state.app import DEFAULT_SCOPES, App, own_key_name
from mock_servers.state.configuration import READY_MADE_APP, Api, Configuration
from mock_servers.state.person import Person

EVERY_KEY = """
public_urls = ["http://mock:8080"]
trusted_proxies = ["10.0.0.1"]
allow_hosts = ["keys.example"]
diagnosis = false
test_suite_hosts = true

[control]
token_file = "control-token"
worlds = 300
worlds_each = 100
teams = { team-a = "of-team-a" }

[apim]
environment = "ref"
status_key = "other"
audiences = ["https://ref.api.service.nhs.uk/oauth2/token"]
strict_content_type = true
access_token_lifetime = 60
refresh_token_lifetime = 120
session_lifetime = 180
remember_jti_days = 1
insufficient_scope_status = 401
sandbox_unknown_client = true

[cis2]
signing_key = "cis2.pem"
kid = "cis2-1"
assurance_levels = "string"
scope_at_token = "refuse"
unusable_code = "ancestor"
foreign_assertion = "ancestor"
enforce_pkce = true
single_sign_on = true
id_token_lifetime = 1
access_token_lifetime = 2
refresh_token_lifetime = 3
code_lifetime = 4

[nhs_login]
signing_key = "nhs_login.pem"
default_vtr = ["P5.Cp.Cd"]
strict_authorize = true

[realms."Cis2-mock-internal-dev"]
signing_key = "realm.pem"
kid = "realm-1"

[[apps]]
name = "My app - INT"
client_id = "test-client"
client_secret = "test-secret"
private_key = "app.pem"
make_key = false
kid = "app-1"
jwks = "jwks.json"
jwks_url = "http://127.0.0.1:9/jwks.json"
redirect_uris = ["https://app.example/callback"]
scopes = ["urn:nhsd:apim:app:level3:hello-world"]
approved = false
key_approved = false
developer_active = false
company_active = false
subscribed = false
quota_per_minute = 0
environments = ["int", "ref"]
services = ["platform", "cis2"]
backchannel_logout_uri = "https://app.example/logout"
post_logout_redirect_uris = ["https://app.example/"]
cis2_auth_method = "private_key_jwt"
cis2_signing_algorithm = "RS256"
grant_types = ["authorization_code"]
cis2_realm_secret = "of-cis2"
nhs_login_realm_secret = "of-nhs-login"

[[apis]]
path = "/my-api"
upstream = "http://127.0.0.1:9000"
scopes = ["urn:nhsd:apim:user-nhs-cis2:aal3:my-api"]

[[apis]]
path = "/open"
upstream = "http://127.0.0.1:9001"
open = true

[[users]]
provider = "cis2"
id = "656005750199"
level = "aal3"
family_name = "TEST"
given_name = "User"
birthdate = "1970-01-01"
acts_for = "656005750104"
claims = { name = "TEST User" }

[[users]]
provider = "nhs_login"
id = "9912003099"
level = "P9"
claims_file = "person.json"

[[hosts]]
name = "pr-7.api.service.nhs.uk"
plays = "platform"
environment = "internal-dev"

[evidence]
observations = ["int.json"]

[state]
url = "sqlite:state.db?synchronous=full"

[server]
drain = 5

[watch]
upstreams = {"int.api.service.nhs.uk" = "https://127.0.0.1:9443"}
upstream_ca = "ca.pem"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write nhsauth.toml, beside the files that EVERY_KEY names."""
    for name in ("cis2.pem", "nhs_login.pem", "realm.pem", "app.pem"):
        (tmp_path / name).touch()
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "int.json").write_text("{}")
    (tmp_path / "jwks.json").write_text('{"keys": [{"kid": "from-file"}]}')
    (tmp_path / "person.json").write_text('{"gp_registration_details": {"gp_ods_code": "A28826"}}')

    def written(text: str, name: str = "nhsauth.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        configuration_file.read(path)
    return [line.removeprefix(str(path.parent)).lstrip("/\\") for line in str(caught.value).splitlines()]


def problem(path: Path) -> str:
    (said,) = problems(path)
    return said


def test_every_key_is_read(write: Write, tmp_path: Path) -> None:
    assert configuration_file.read(write(EVERY_KEY)) == Configuration(
        public_urls=("http://mock:8080",),
        trusted_proxies=("10.0.0.1",),
        allow_hosts=("keys.example",),
        diagnosis=False,
        test_suite_hosts=True,
        evidence=EvidenceSettings(observations=(tmp_path / "int.json",)),
        control=ControlSettings(
            token_file=str(tmp_path / "control-token"), worlds=300, worlds_each=100, teams={"team-a": "of-team-a"}
        ),
        state=StateSettings(url=f"sqlite:{tmp_path}/state.db?synchronous=full"),
        server=ServerSettings(drain=5),
        watch=WatchSettings(
            upstreams={"int.api.service.nhs.uk": "https://127.0.0.1:9443"}, upstream_ca=tmp_path / "ca.pem"
        ),
        apim=ApimSettings(
            environment="ref",
            status_key="other",
            audiences=("https://ref.api.service.nhs.uk/oauth2/token",),
            strict_content_type=True,
            access_token_lifetime=60,
            refresh_token_lifetime=120,
            session_lifetime=180,
            remember_jti_days=1,
            insufficient_scope_status=401,
            sandbox_unknown_client=True,
        ),
        cis2=ProviderSettings(
            signing_key=tmp_path / "cis2.pem",
            kid="cis2-1",
            assurance_levels="string",
            scope_at_token="refuse",
            unusable_code="ancestor",
            foreign_assertion="ancestor",
            enforce_pkce=True,
            single_sign_on=True,
            id_token_lifetime=1,
            access_token_lifetime=2,
            refresh_token_lifetime=3,
            code_lifetime=4,
        ),
        nhs_login=ProviderSettings(
            signing_key=tmp_path / "nhs_login.pem", default_vtr=("P5.Cp.Cd",), strict_authorize=True
        ),
        realms={"Cis2-mock-internal-dev": ProviderSettings(signing_key=tmp_path / "realm.pem", kid="realm-1")},
        apps=(
            App(
                name="My app - INT",
                client_id="test-client",
                client_secret="test-secret",
                kid="app-1",
                key_name=own_key_name("test-client"),
                jwks={"keys": [{"kid": "from-file"}]},
                jwks_url="http://127.0.0.1:9/jwks.json",
                redirect_uris=("https://app.example/callback",),
                scopes=("urn:nhsd:apim:app:level3:hello-world",),
                approved=False,
                key_approved=False,
                developer_active=False,
                company_active=False,
                subscribed=False,
                quota_per_minute=0,
                environments=("int", "ref"),
                services=("platform", "cis2"),
                backchannel_logout_uri="https://app.example/logout",
                post_logout_redirect_uris=("https://app.example/",),
                cis2_auth_method="private_key_jwt",
                cis2_signing_algorithm="RS256",
                grant_types=("authorization_code",),
                cis2_realm_secret="of-cis2",
                nhs_login_realm_secret="of-nhs-login",
            ),
        ),
        private_keys={"test-client": tmp_path / "app.pem"},
        apis=(
            Api(
                path="/my-api",
                upstream="http://127.0.0.1:9000",
                scopes=("urn:nhsd:apim:user-nhs-cis2:aal3:my-api",),
            ),
            Api(path="/open", upstream="http://127.0.0.1:9001", open=True),
        ),
        users=(
            Person(
                provider="cis2",
                id="656005750199",
                level="aal3",
                family_name="TEST",
                given_name="User",
                birthdate="1970-01-01",
                acts_for="656005750104",
                claims={"name": "TEST User"},
            ),
            Person(
                provider="nhs_login",
                id="9912003099",
                level="P9",
                claims={"gp_registration_details": {"gp_ods_code": "A28826"}},
            ),
        ),
        hosts=(RealHost(name="pr-7.api.service.nhs.uk", plays="platform", environment="internal-dev", evidence="I"),),
    )


def test_the_text_with_every_key_leaves_none_out() -> None:
    def names(schema: dict[str, Any]) -> set[str]:
        nested = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
        nested += [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
        return set(schema.get("properties", {})).union(*map(names, nested))

    said = names(configuration_file.schema()) - {"keys"}  # of a key set

    lacking = said - set(re.findall(r"\w+", EVERY_KEY))
    assert lacking == set(), "EVERY_KEY, at the top of this file, lacks these keys"


def test_an_empty_file_means_the_defaults(write: Write) -> None:
    assert configuration_file.read(write("")) == Configuration()


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").write_bytes(b"\xef\xbb\xbfdiagnosis = false\n")

    assert not configuration_file.read(tmp_path / "nhsauth.toml").diagnosis


def test_an_app_replaces_the_ready_made_one_and_has_its_key_when_it_brings_none(write: Write) -> None:
    found = configuration_file.read(write('[[apps]]\nclient_id = "mine"\n'))

    assert found.apps == (
        App(
            client_id="mine",
            client_secret=READY_MADE_APP.client_secret,
            name="app mine",
            kid=READY_MADE_APP.kid,
            key_name=READY_MADE_APP.key_name,
        ),
    )


def test_further_apps_without_keys_get_keys_of_their_own(write: Write) -> None:
    found = configuration_file.read(
        write('apps = [{client_id = "a"}, {client_id = "b"}, {client_id = "c", kid = "k"}]')
    )

    assert [(app.key_name, app.kid) for app in found.apps[1:]] == [("app-2", "app-2"), ("app-3", "k")]


@pytest.mark.parametrize("member", ["jwks = {keys = []}", 'jwks_url = "http://127.0.0.1:9/jwks.json"'])
def test_an_app_with_public_keys_gets_no_key_of_the_mock(write: Write, member: str) -> None:
    app = configuration_file.read(write(f'[[apps]]\nclient_id = "a"\n{member}\n')).apps[0]

    assert (app.key_name, app.kid) == (None, None)


def test_an_app_for_which_no_key_is_to_be_made_has_none(write: Write) -> None:
    app = configuration_file.read(write('[[apps]]\nclient_id = "a"\nmake_key = false\n')).apps[0]

    assert (app.key_name, app.kid, app.has_keys) == (None, None, False)


def test_an_empty_list_of_apps_means_none(write: Write) -> None:
    assert configuration_file.read(write("apps = []")).apps == ()


def test_a_private_key_beside_a_set_of_one_key_signs_with_its_kid(write: Write) -> None:
    text = '[[apps]]\nclient_id = "a"\nprivate_key = "app.pem"\njwks = {keys = [{kid = "only"}]}\n'

    assert configuration_file.read(write(text)).apps[0].kid == "only"


def test_an_app_with_its_own_private_key_signs_with_that(write: Write, tmp_path: Path, ring: KeyRing) -> None:
    pair = ring.pair("test-configured", bits=2048)
    (tmp_path / "app.pem").write_text(pair.private_pem())
    found = configuration_file.read(write('[[apps]]\nclient_id = "a"\nprivate_key = "app.pem"\nkid = "k"\n'))

    platform = Mock(found, ring=KeyRing())

    assert platform.apps.jwks(platform.apps.get("a")) == jwks(KeyPair(kid="k", private=pair.private), alg="RS512")


def test_pyproject_has_the_settings_in_its_own_table(write: Write) -> None:
    path = write("[project]\nname = 'x'\n[tool.nhsauth]\ndiagnosis = false\n", "pyproject.toml")

    assert configuration_file.read(path) == replace(Configuration(), diagnosis=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "diagnosys = true",
            "diagnosys is unknown (did you mean diagnosis?); allowed: allow_hosts, apim, apis, apps, ",
        ),
        ("diagnosis = 'yes'", 'diagnosis is "yes"; allowed: true or false'),
        (
            "[apim]\nremember_jti_days = 0",
            "apim.remember_jti_days is 0; allowed: a whole number of days from 1 to 36500",
        ),
        ("[[apps]]\nname = 'x'", "apps[0].client_id is missing; allowed: text of ASCII characters"),
        ("[[apps]]\nclient_id = 'x'\nscopes = 'y'", 'apps[0].scopes is "y"; allowed: a list, each item '),
        ("[[apps]]\nclient_id = 'x'\nkey_name = 'y'", "apps[0].key_name is unknown (did you mean name?); allowed: "),
        ("[apps]\nclient_id = 'x'", "apps is an object with 1 member; allowed: a list, each item an object"),
        (
            "apps = [{client_id = 'x'}, {client_id = 'x'}]",
            'apps[1].client_id is "x"; allowed: each client_id once',
        ),
        (
            "apis = [{path = '/x', upstream = 'http://x'}, {path = '/x', upstream = 'http://y'}]",
            'apis[1].path is "/x"; allowed: each path once',
        ),
        (
            "[apim]\nenvironment = 'itn'",
            'apim.environment is "itn" (did you mean int?); allowed: "int" or "sandbox" or "dev" or "ref" or ',
        ),
        ("[apim]\nenvironment = 'PROD'", 'apim.environment is "PROD" (did you mean prod?); allowed: '),
        (
            "apps = [{client_id = 'x', environments = ['int', 'internal-dve']}]",
            'apps[0].environments[1] is "internal-dve" (did you mean internal-dev?); allowed: "int" or ',
        ),
        (
            "apps = [{client_id = 'x', scopes = ['banana']}]",
            'apps[0].scopes[0] is "banana"; allowed: a scope that a token can have, such as "urn:nhsd:apim:user-nhs-',
        ),
        (
            "apps = [{client_id = 'x', scopes = ['urn:nhsd:apim:user-nhs-cis2:aal4:x']}]",
            'apps[0].scopes[0] is "urn:nhsd:apim:user-nhs-cis2:aal4:x"; allowed: a scope that ',
        ),
        (
            "apis = [{path = '/x', upstream = 'http://x', scopes = ['urn:nhsd:apim:app:level2:x']}]",
            'apis[0].scopes[0] is "urn:nhsd:apim:app:level2:x"; allowed: a scope that ',
        ),
        (
            "apps = [{client_id = 'x', cis2_auth_method = 'private_key_jtw'}]",
            'apps[0].cis2_auth_method is "private_key_jtw" (did you mean private_key_jwt?); allowed: "client_secret_',
        ),
        (
            "[[users]]\nprovider = 'nhs-login'\nid = '1'\nlevel = 'P9'",
            'users[0].provider is "nhs-login" (did you mean nhs_login?); allowed: "cis2" or "nhs_login"',
        ),
        (
            "[[users]]\nprovider = 'cis2'\nid = '1'\nlevel = 'aal3'\nclaims = {a = 1}\nclaims_file = 'person.json'",
            "users[0].claims is an object with 1 member; allowed: left out beside claims_file",
        ),
        (
            "[[users]]\nprovider = 'cis2'\nid = '1'\nlevel = 'aal3'\nclaims_file = 'none.json'",
            'users[0].claims_file is "none.json"; allowed: the path of a JSON file; there is none at ',
        ),
        (
            "hosts = [{name = 'INT.example', plays = 'platform'}]",
            'hosts[0].name is "INT.example"; allowed: a host name in lower case, no scheme, no port',
        ),
        (
            "hosts = [{name = 'x.example', plays = 'management'}]",
            'hosts[0].plays is "management"; allowed: "platform" or "cis2" or "nhs_login" or "realms"',
        ),
        ("private_keys = {}", "private_keys is unknown; allowed: "),
        ("[realms.x]", "realms.x is unknown; allowed: Cis2-mock-"),
        (
            "[[users]]\nprovider = 'cis2'\nid = '1'\nlevel = 'P9'",
            'users[0].level is "P9"; allowed: "aal3" or "aal2" or',
        ),
        ("[[users]]\nprovider = 'cis2'\nid = 1\nlevel = 'aal3'", "users[0].id is 1; allowed: text of ASCII"),
        (
            "[cis2]\nsigning_key = 'none.pem'",
            'cis2.signing_key is "none.pem"; allowed: the path of a file; there is none',
        ),
        ("[[apps]]\nclient_id = 'x'\njwks = 'app.pem'", "apps[0].jwks is "),
        (
            "[[apps]]\nclient_id = 'x'\njwks = 3",
            "apps[0].jwks is 3; allowed: the path of a JSON file or a JSON Web Key Set",
        ),
        (
            "[[apps]]\nclient_id = 'x'\njwks = {}",
            "apps[0].jwks is an object with 0 members; allowed: a JSON Web Key Set",
        ),
    ],
)
def test_a_wrong_member_is_named_with_its_file(write: Write, text: str, said: str) -> None:
    assert problem(write(text)).startswith(f"nhsauth.toml: {said}")


def test_all_that_is_wrong_with_a_file_is_reported_at_once(write: Write) -> None:
    path = write("""
        diagnosis = "yes"
        [apim]
        environment = "itn"
        session_lifetime = "a day"
        [cis2]
        code_lifetime = 0
        [[apps]]
        client_id = "x"
        scopes = ["banana", "urn:nhsd:apim:app:level3:x", "apple"]
        environments = ["rfe"]
        [[apps]]
        name = "y"
        nmae = "z"
        [[apis]]
        path = "/a"
        upstream = "http://a"
        [[apis]]
        path = "/a"
        upstream = "http://b"
        [[hosts]]
        name = "x"
        [[hosts]]
        name = "x"
        plays = "platform"
        environment = ""
    """)

    assert [line.partition(";")[0] for line in problems(path)] == [
        'nhsauth.toml: diagnosis is "yes"',
        'nhsauth.toml: apim.session_lifetime is "a day"',
        "nhsauth.toml: cis2.code_lifetime is 0",
        'nhsauth.toml: apps[0].scopes[0] is "banana"',
        'nhsauth.toml: apps[0].scopes[2] is "apple"',
        "nhsauth.toml: apps[1].nmae is unknown (did you mean name?)",
        "nhsauth.toml: apps[1].client_id is missing",
        'nhsauth.toml: hosts[0].name is "x"',
        "nhsauth.toml: hosts[0].plays is missing",
        'nhsauth.toml: hosts[1].name is "x"',
        'nhsauth.toml: hosts[1].environment is ""',
        'nhsauth.toml: apim.environment is "itn" (did you mean int?)',
        'nhsauth.toml: apps[0].environments[0] is "rfe" (did you mean ref?)',
        'nhsauth.toml: apis[1].path is "/a"',
    ]


def test_an_environment_that_only_a_configured_host_has_is_known(write: Write) -> None:
    hosts = "hosts = [{name = 'pr-7.example', plays = 'platform', environment = 'pr-7'}]\n"

    found = configuration_file.read(
        write(f"{hosts}apps = [{{client_id = 'x', environments = ['pr-7']}}]\n[apim]\nenvironment = 'pr-7'")
    )

    assert (found.apim.environment, found.apps[0].environments) == ("pr-7", ("pr-7",))


@pytest.mark.parametrize("name", ["apps", "apis"])
@pytest.mark.parametrize(
    "scope",
    [
        "urn:nhsd:apim:user-nhs-id:aal3:canary-api",
        "urn:nhsd:apim:app:level0:mock-jwks",
        *DEFAULT_SCOPES,
        *(f"urn:nhsd:apim:x:{level.scope_mark}:y" for each in (CIS2, NHS_LOGIN) for level in each.levels.values()),
    ],
)
def test_a_scope_that_the_platform_knows_is_taken(write: Write, name: str, scope: str) -> None:
    needed = {"apps": "client_id = 'x'", "apis": "path = '/x'\nupstream = 'http://x'"}[name]
    path = write(f"[[{name}]]\n{needed}\nscopes = ['{scope}']")

    assert getattr(configuration_file.read(path), name)[0].scopes == (scope,)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('[cis2]\nsigning_key = "app.pem"', "cis2.signing_key"),
        ('[realms.Cis2-mock-int]\nsigning_key = "app.pem"', "realms.Cis2-mock-int.signing_key"),
        ('apps = [{client_id = "x"}, {client_id = "y", private_key = "app.pem"}]', "apps[1].private_key"),
    ],
)
def test_a_key_file_that_cannot_be_used_names_file_table_and_member(write: Write, text: str, table: str) -> None:
    path = write(text)

    with pytest.raises(KeyFileError) as caught:
        Mock(configuration_file.read(path), ring=KeyRing())

    assert str(caught.value) == (
        f"{path}: {table} is {path.parent / 'app.pem'}, which is not PEM; allowed is an unencrypted RSA private key in "
        "PEM, PKCS#8 or PKCS#1"
    )


@pytest.mark.parametrize("text", ["[]", "no JSON", '{"a": NaN}'])
def test_a_claims_file_that_holds_no_claims_is_named(write: Write, text: str) -> None:
    path = write('[[users]]\nprovider = "cis2"\nid = "1"\nlevel = "aal3"\nclaims_file = "person.json"\n')
    (path.parent / "person.json").write_text(text)

    assert problem(path) == (
        f"nhsauth.toml: users[0].claims_file is {path.parent / 'person.json'}, which holds none; allowed: an object"
    )


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----",
        '{"kty": "RSA"}',
        "[]",
        "[" * 100_000,
        '{"keys": [1]}',
        '{"keys": [{"kty": "RSA", "d": "AQAB"}]}',
    ],
)
def test_a_jwks_file_that_holds_no_key_set_is_named(write: Write, text: str) -> None:
    path = write('[[apps]]\nclient_id = "x"\njwks = "jwks.json"\n')
    (path.parent / "jwks.json").write_text(text)

    said = problem(path)

    assert said.startswith("nhsauth.toml: apps[0].jwks is ")
    assert said.endswith(
        'jwks.json, which holds none; allowed: a JSON Web Key Set: an object with a list "keys" of public keys, '
        'without private members such as "d"'
    )


def test_a_wrong_member_of_pyproject_is_named_with_its_table(write: Write) -> None:
    path = write("[tool.nhsauth.apim]\nenvironment = 3\n", "pyproject.toml")

    assert problem(path).startswith("pyproject.toml: tool.nhsauth.apim.environment is 3; allowed: ")


def test_a_table_that_is_none_is_named(write: Write) -> None:
    path = write("[tool]\nnhsauth = 3\n", "pyproject.toml")

    assert problem(path) == "pyproject.toml: tool.nhsauth is 3; allowed: an object"


def test_a_pyproject_without_the_table_is_not_configuration(write: Write) -> None:
    assert problem(write("[tool.other]\n", "pyproject.toml")).startswith("pyproject.toml has no table [tool.nhsauth]")


def test_broken_toml_is_reported_with_line_and_column(write: Write) -> None:
    said = problem(write("diagnosis = true\nx = [1,\ny = 2\n"))

    assert said.startswith("nhsauth.toml is not TOML: ")
    assert said.endswith("(at line 3, column 1)")


def test_toml_beyond_all_depth_is_refused(write: Write) -> None:
    assert problem(write(f"x = {'[' * 100_000}")) == "nhsauth.toml is nested too deep to be read"


def test_a_file_that_is_not_utf8_is_reported_so(tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").write_bytes("diagnosis = true".encode("utf-16"))

    assert problem(tmp_path / "nhsauth.toml") == "nhsauth.toml is not UTF-8 (byte 1); allowed: TOML in UTF-8"


def test_a_file_that_is_missing_is_reported_so(tmp_path: Path) -> None:
    assert problem(tmp_path / "nhsauth.toml").startswith("nhsauth.toml cannot be read (No such file")


def test_a_folder_is_not_configuration(tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").mkdir()

    assert problem(tmp_path / "nhsauth.toml").startswith("nhsauth.toml cannot be read (")


def test_nhsauth_toml_is_found_before_pyproject(write: Write, tmp_path: Path) -> None:
    write("[tool.nhsauth]\n", "pyproject.toml")
    path = write("")

    assert configuration_file.find(tmp_path) == path


def test_pyproject_is_found_when_it_has_the_table(write: Write, tmp_path: Path) -> None:
    path = write("[tool.nhsauth]\n", "pyproject.toml")

    assert configuration_file.find(tmp_path) == path


def test_pyproject_without_the_table_is_passed_over(write: Write, tmp_path: Path) -> None:
    write("[tool]\n", "pyproject.toml")

    assert configuration_file.find(tmp_path) is None


def test_in_a_folder_without_either_nothing_is_found(tmp_path: Path) -> None:
    assert configuration_file.find(tmp_path) is None


def test_a_broken_pyproject_is_an_error_even_when_nobody_named_it(write: Write, tmp_path: Path) -> None:
    write("[tool", "pyproject.toml")

    with pytest.raises(ConfigurationError, match=r"pyproject\.toml is not TOML: "):
        configuration_file.find(tmp_path)


def test_the_schema_is_valid_and_takes_what_the_reader_takes() -> None:
    schema = configuration_file.schema()
    Draft202012Validator.check_schema(schema)

    assert Draft202012Validator(schema).is_valid(tomllib.loads(EVERY_KEY))


OF_A_WORLD = Configuration(
    diagnosis=False,
    apim=ApimSettings(access_token_lifetime=60, audiences=("https://ref.api.service.nhs.uk/oauth2/token",)),
    cis2=ProviderSettings(kid="cis2-1", single_sign_on=True),
    realms={"Cis2-mock-internal-dev": ProviderSettings(code_lifetime=4)},
    apps=(
        replace(READY_MADE_APP, client_id="first", quota_per_minute=0, environments=("int", "ref")),
        App(client_id="keyless", client_secret="its-own", name="No key", approved=False),
        App(client_id="at-a-url", client_secret="its-own", name="URL", jwks_url="http://127.0.0.1:9/jwks.json"),
    ),
    apis=(Api(path="/my-api", upstream="http://127.0.0.1:9000", open=True),),
    users=(Person(provider="cis2", id="656005750199", level="aal3", claims={"name": "TEST User", "n": [1, None]}),),
)


@pytest.mark.parametrize("configuration", [OF_A_WORLD, Configuration(), Configuration(apps=())])
def test_the_members_for_a_world_make_the_same_configuration(configuration: Configuration) -> None:
    sent = json.loads(json.dumps(configuration_file.for_world(configuration)))

    assert configuration_file.of_world(sent, Configuration()) == configuration


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"public_urls": ("http://mock:8080",)}, "public_urls"),
        ({"private_keys": {"nhsauth-app": Path("app.pem")}}, "private_keys"),
        ({"cis2": ProviderSettings(signing_key=Path("cis2.pem"))}, "cis2.signing_key"),
        ({"server": ServerSettings(drain=7)}, "server"),
    ],
)
def test_members_that_a_world_cannot_have_are_refused_by_name(changed: dict[str, Any], named: str) -> None:
    sent = configuration_file.for_world(replace(Configuration(), **changed))

    with pytest.raises(MemberError, match=rf"^config\.{re.escape(named)} is "):
        configuration_file.of_world(sent, Configuration())
