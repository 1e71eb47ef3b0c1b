from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.settings.limits import IN_FILE, between
from mock_servers.settings.sections import ApimSettings, ProviderSettings, StateSettings
from mock_servers.state.app import App
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.person import LEVELS, Person

SCOPE = "urn:nhsd:apim:app:level3:my-api"
PEM = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQ"
APP = {"client_id": "a", "client_secret": "s", "name": "n"}
PERSON = {"provider": "cis2", "id": "656005750199", "level": "aal3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """An inner one."""

    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """Everything
    that can be read."""

    text: str
    truth: bool = False
    ratio: float = 0.5
    choice: Literal[403, 401] = 403
    file: Path | None = None
    texts: tuple[str, ...] = ("x",)
    table: Mapping[str, int] = field(default_factory=dict)
    anything: Mapping[str, Any] = field(default_factory=dict)
    maybe: int | None = None
    inner: Inner = field(default_factory=Inner)
    inners: tuple[Inner, ...] = ()
    either: str | int | None = None
    limited: Annotated[int, between(1, 3, "a small number")] = 1
    held: Annotated[Mapping[str, Any], IN_FILE] | None = None


def test_members_of_every_type_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pem").touch()

    found = members.read(
        Outer,
        {
            "text": "t",
            "truth": True,
            "ratio": 2,
            "choice": 401,
            "file": "a.pem",
            "texts": ["a", "b"],
            "table": {"one": 1},
            "anything": {"list": [1, None, {"deep": 1.5}]},
            "maybe": 3,
            "inner": {"number": 4},
            "inners": [{"number": 5}, {}],
            "either": 6,
            "limited": 3,
        },
        folder=tmp_path,
    )

    assert found == Outer(
        text="t",
        truth=True,
        ratio=2,
        choice=401,
        file=tmp_path / "a.pem",
        texts=("a", "b"),
        table={"one": 1},
        anything={"list": [1, None, {"deep": 1.5}]},
        maybe=3,
        inner=Inner(number=4),
        inners=(Inner(number=5), Inner()),
        either=6,
        limited=3,
    )


def test_what_is_not_given_keeps_its_default() -> None:
    assert members.read(Outer, {"text": "t"}) == Outer(text="t")


def test_null_is_read_where_nothing_is_allowed() -> None:
    assert members.read(Outer, {"text": "t", "maybe": None}).maybe is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": 3}, "it.text is 3; allowed: text"),
        ({"text": "\ud800"}, 'it.text is "\\ud800"; allowed: text'),
        ({"truth": 1}, "it.truth is 1; allowed: true or false"),
        ({"truth": "yes"}, 'it.truth is "yes"; allowed: true or false'),
        ({"ratio": True}, "it.ratio is true; allowed: a number"),
        ({"ratio": float("inf")}, "it.ratio is Infinity; allowed: a number"),
        ({"choice": 404}, "it.choice is 404; allowed: 403 or 401"),
        ({"choice": 403.0}, "it.choice is 403.0; allowed: 403 or 401"),
        ({"texts": "a"}, 'it.texts is "a"; allowed: a list, each item text'),
        ({"texts": ["a", 3]}, "it.texts[1] is 3; allowed: text"),
        ({"texts": {"a": 1}}, "it.texts is an object with 1 member; allowed: a list, each item text"),
        ({"table": {"a b": "1"}}, 'it.table."a b" is "1"; allowed: a whole number'),
        ({"table": []}, "it.table is a list of 0; allowed: an object"),
        ({"maybe": True}, "it.maybe is true; allowed: a whole number"),
        ({"maybe": 1.0}, "it.maybe is 1.0; allowed: a whole number"),
        ({"inner": 3}, "it.inner is 3; allowed: an object"),
        ({"inner": {"number": None}}, "it.inner.number is null; allowed: a whole number"),
        ({"inners": [{}, {"numbers": 1}]}, "it.inners[1].numbers is unknown (did you mean number?); allowed: number"),
        ({"either": []}, "it.either is a list of 0; allowed: text or a whole number"),
        ({"limited": 4}, "it.limited is 4; allowed: a small number from 1 to 3"),
        ({"file": ""}, 'it.file is ""; allowed: the path of a file'),
        ({"file": "no.pem"}, 'it.file is "no.pem"; allowed: the path of a file; there is none at no.pem'),
    ],
)
def test_a_wrong_member_is_named_with_what_was_found_and_what_is_allowed(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(MemberError) as caught:
        members.read(Outer, {"text": "t", **given}, where="it")

    assert str(caught.value) == said


def test_all_wrong_members_are_named(tmp_path: Path) -> None:
    given = {"truth": 1, "inners": [{"number": "x"}, {}, {"numbr": 1}], "table": {"a": "b", "c": 1, "d": 1.5}}

    with pytest.raises(MemberError) as caught:
        members.read(Outer, given, where="it", folder=tmp_path)

    assert str(caught.value).splitlines() == [
        "it.truth is 1; allowed: true or false",
        'it.inners[0].number is "x"; allowed: a whole number',
        "it.inners[2].numbr is unknown (did you mean number?); allowed: number",
        'it.table.a is "b"; allowed: a whole number',
        "it.table.d is 1.5; allowed: a whole number",
        "it.text is missing; allowed: text",
    ]


def test_a_file_is_read_as_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "held.json").write_text('{"a": [1]}')

    assert members.read(Outer, {"text": "t", "held": "held.json"}, folder=tmp_path).held == {"a": [1]}


def test_the_levels_of_people_are_those_of_their_providers() -> None:
    assert {provider.name: tuple(provider.levels) for provider in (CIS2, NHS_LOGIN)} == dict(LEVELS)


def test_an_error_carries_its_three_parts() -> None:
    with pytest.raises(MemberError) as caught:
        members.read(Inner, {"number": "x"}, where="apps[0]")

    assert (caught.value.where, caught.value.found, caught.value.allowed) == (
        "apps[0].number",
        '"x"',
        "a whole number",
    )


def test_a_missing_member_is_named() -> None:
    with pytest.raises(MemberError, match=r"^text is missing; allowed: text$"):
        members.read(Outer, {})


def test_an_unknown_member_is_answered_with_the_nearest_one_and_all_allowed() -> None:
    with pytest.raises(MemberError) as caught:
        members.read(ApimSettings, {"remember_jti_day": 3}, where="apim")

    assert str(caught.value).startswith(
        "apim.remember_jti_day is unknown (did you mean remember_jti_days?); allowed: access_token_lifetime, "
    )


def test_a_member_that_resembles_none_gets_no_suggestion() -> None:
    with pytest.raises(MemberError, match=r"^zzzzzz is unknown; allowed: number$"):
        members.read(Inner, {"zzzzzz": 1})


def test_what_is_not_object_is_refused() -> None:
    with pytest.raises(MemberError, match=r"^what was given is a list of 2; allowed: an object$"):
        members.read(Inner, [1, 2])


def test_an_omitted_member_cannot_be_given() -> None:
    with pytest.raises(MemberError, match=r"^key_name is unknown"):
        members.read(App, {**APP, "key_name": "x"}, omit=("key_name",))


def test_a_name_with_a_line_break_stays_on_one_line() -> None:
    with pytest.raises(MemberError) as caught:
        members.read(Inner, {"a\nb": 1})

    assert str(caught.value).splitlines() == [str(caught.value)]


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(members.MemberError, match='"vlakey://valkey:6379"') as caught:
        members.read(StateSettings, {"url": "vlakey://me:pa55word@valkey:6379"})

    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("secret", [31415926535897, "s3cr3t s3cr3t s3cr3t"])
def test_a_secret_is_never_shown_whole(secret: object) -> None:
    with pytest.raises(MemberError) as caught:
        members.read(App, {**APP, "client_secret": secret})

    assert str(secret) not in str(caught.value)


@pytest.mark.parametrize("value", [PEM, "eyJhbGciOiJSUzUxMiJ9.e30.c2lnbmF0dXJl"])
def test_a_key_or_token_in_any_member_is_never_shown_whole(value: str) -> None:
    with pytest.raises(MemberError) as caught:
        members.read(ProviderSettings, {"signing_key": value})

    assert value[6:] not in str(caught.value)


def test_a_date_without_quotes_is_called_so() -> None:
    given = {**PERSON, "birthdate": date(1980, 1, 31)}

    with pytest.raises(
        MemberError, match=r"^birthdate is a date without quotes \(1980-01-31\); allowed: a date in quo"
    ):
        members.read(Person, given)


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth else 1


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x", _nested(40), "\ud800"])
def test_claims_take_what_json_can_say_and_nothing_else(value: object) -> None:
    with pytest.raises(MemberError, match=r"^claims\.x is .*; allowed: what JSON can say"):
        members.read(Person, {**PERSON, "claims": {"x": value}})


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (App, {**APP, "client_id": ""}, 'client_id is ""; allowed: text of ASCII characters, not empty, no blanks'),
        (App, {**APP, "quota_per_minute": -1}, "quota_per_minute is -1; allowed: a whole number from 0 to 1000000000"),
        (App, {**APP, "redirect_uris": ["/callback"]}, 'redirect_uris[0] is "/callback"; allowed: an absolute URI'),
        (App, {**APP, "jwks": {}}, "jwks is an object with 0 members; allowed: a JSON Web Key Set"),
        (App, {**APP, "jwks": {"keys": [1]}}, "jwks is an object with 1 member; allowed: a JSON Web Key Set"),
        (App, {**APP, "jwks_url": ""}, 'jwks_url is ""; allowed: text of ASCII characters, not empty, no blanks'),
        (App, {**APP, "cis2_auth_method": "x"}, 'cis2_auth_method is "x"; allowed: "client_secret_post" or "private_k'),
        (
            ApimSettings,
            {"access_token_lifetime": 0},
            "access_token_lifetime is 0; allowed: a whole number of seconds fr",
        ),
        (ApimSettings, {"remember_jti_days": 0}, "remember_jti_days is 0; allowed: a whole number of days from 1 to"),
        (ProviderSettings, {"code_lifetime": -1}, "code_lifetime is -1; allowed: a whole number of seconds from 1 to"),
        (Api, {"path": "my-api", "upstream": "http://x"}, 'path is "my-api"; allowed: a path such as "/my-api"'),
        (Api, {"path": "/oauth2", "upstream": "http://x"}, 'path is "/oauth2"; allowed: a path such as "/my-api"'),
        (Api, {"path": "/oauth2/x", "upstream": "http://x"}, 'path is "/oauth2/x"; allowed: a path such as "/my-api"'),
        (
            Api,
            {"path": "/a/", "upstream": "http://x"},
            'path is "/a/"; allowed: a path such as "/my-api", without a slash',
        ),
        (Api, {"path": "/a", "upstream": "x:9"}, 'upstream is "x:9"; allowed: a URL such as http://127.0.0.1:9000'),
        (
            Api,
            {"path": "/a", "upstream": "http://x", "open": True, "scopes": [SCOPE]},
            "open is true; allowed: false beside scopes",
        ),
        (Person, {**PERSON, "provider": "x"}, 'provider is "x"; allowed: "cis2" or "nhs_login"'),
        (Person, {**PERSON, "level": "P9"}, 'level is "P9"; allowed: "aal3" or "aal2" or "aal1"'),
        (Configuration, {"public_urls": ["mock:80"]}, 'public_urls[0] is "mock:80"; allowed: a URL without path'),
        (Configuration, {"trusted_proxies": ["proxy"]}, 'trusted_proxies[0] is "proxy"; allowed: an IP address'),
        (
            Configuration,
            {"trusted_proxies": ["1.2.3.999"]},
            'trusted_proxies[0] is "1.2.3.999"; allowed: an IP address',
        ),
        (Configuration, {"trusted_proxies": ["10.0.0.7/24"]}, 'trusted_proxies[0] is "10.0.0.7/24"; allowed: an IP'),
        (Configuration, {"allow_hosts": ["http://x"]}, 'allow_hosts[0] is "http://x"; allowed: a host name'),
        (Configuration, {"realms": {"x": {}}}, "realms.x is unknown; allowed: Cis2-mock-"),
    ],
)
def test_values_that_could_not_work_are_refused(kind: type[Any], given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(MemberError) as caught:
        members.read(kind, given)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("member", ["upstream", "jwks_url", "backchannel_logout_uri"])
@pytest.mark.parametrize(
    "host",
    [
        *(
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "127.1",
            "0177.0.0.1",
            "127.0.0.01",
            "127.0.0.1.",
            "256.0.0.1",
            "1.2.3.4.5",
        ),
        *(
            "keys.0x7f",
            "[::ffff:127.0.0.1]",
            "[fe80::1%25eth0]",
            "%31%32%37.0.0.1",
            "\uff11\uff12\uff17.0.0.1",
            "127。0。0。1",
            "a@127.0.0.1",
        ),
        *(
            "bücher.example",
            "127.0.0.1\\@evil.example",
            "a b",
            "[127.0.0.1]",
            "[0]",
            "[1::2::3]",
            "[1:2:3:4:5:6:7]",
            "[::12345]",
        ),
    ],
)
def test_a_host_in_an_odd_spelling_is_refused_where_it_is_registered(member: str, host: str) -> None:
    kind, others = (Api, {"path": "/a"}) if member == "upstream" else (App, APP)

    with pytest.raises(MemberError) as caught:
        members.read(kind, {**others, member: f"http://{host}/x"})

    assert str(caught.value).startswith(f"{member} is ")
    assert "allowed: " in str(caught.value)
    assert ascii("http://")[1:-1] in str(caught.value)


@pytest.mark.parametrize("member", ["upstream", "jwks_url", "backchannel_logout_uri"])
@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1:9000",
            "[::1]:9000",
            "[FD00::1]",
            "[1:2:3:4:5:6:7:8]",
            "localhost",
            "LOCALHOST:80",
            "keys",
            "my_keys",
            "3scale",
            "keys-1",
        ),
        *("keys.svc.cluster.local", "a.b.", "1.2.3.4a", "0xyz", "xn--bcher-kva.example", "169.254.169.254"),
    ],
)
def test_a_host_in_its_usual_spelling_is_registered(member: str, host: str) -> None:
    kind, others = (Api, {"path": "/a"}) if member == "upstream" else (App, APP)

    assert getattr(members.read(kind, {**others, member: f"http://{host}/x"}), member) == f"http://{host}/x"


@pytest.mark.parametrize("url", ["keys.json", "http://?x/", "http:///x", "https:", "ftp://127.1/x"])
def test_a_key_set_that_cannot_be_fetched_may_be_registered(url: str) -> None:
    assert members.read(App, {**APP, "jwks_url": url}).jwks_url == url


def test_capitals_hide_no_odd_spelling() -> None:
    with pytest.raises(MemberError, match="jwks_url"):
        members.read(App, {**APP, "jwks_url": "HTTP://2130706433/x"})


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Api, {"path": "/oauth2-mine", "upstream": "http://127.0.0.1:9000/v1"}),
        (App, {**APP, "redirect_uris": ["nhsapp://callback", "http://127.0.0.1/x?y=1"], "quota_per_minute": 0}),
        (Person, {"provider": "nhs_login", "id": "9912003071", "level": "p9"}),
        (
            Configuration,
            {"public_urls": ["https://mock"], "trusted_proxies": ["10.0.0.1", "::1"], "allow_hosts": ["a.b"]},
        ),
        (Configuration, {"realms": {"NHS-Login-mock-int": {"kid": "k"}}}),
    ],
)
def test_values_at_the_edge_of_what_works_are_taken(kind: type[Any], given: Mapping[str, Any]) -> None:
    found = members.read(kind, given)

    assert isinstance(found, kind)


def test_a_partial_reading_returns_only_what_was_given() -> None:
    assert members.read_partial(App, {"approved": False, "scopes": [SCOPE]}) == {
        "approved": False,
        "scopes": (SCOPE,),
    }


def test_a_partial_reading_checks_what_was_given() -> None:
    with pytest.raises(MemberError, match=r"^approved is 0; allowed: true or false$"):
        members.read_partial(App, {"approved": 0})


def test_a_member_of_a_type_that_cannot_be_read_is_a_fault_of_ours() -> None:
    @dataclass(frozen=True)
    class Odd:
        """Odd."""

        number: complex = 1j

    with pytest.raises(TypeError, match="cannot be read"):
        members.read(Odd, {})


def test_the_schema_shows_types_limits_and_defaults() -> None:
    reported = members.schema(Outer)

    assert (reported["description"], reported["required"], reported["additionalProperties"]) == (
        "Everything that can be read.",
        ["text"],
        False,
    )
    assert reported["properties"]["limited"] == {"type": "integer", "minimum": 1, "maximum": 3, "default": 1}
    assert reported["properties"]["texts"] == {"type": "array", "items": {"type": "string"}, "default": ["x"]}
    assert reported["properties"]["maybe"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def test_an_omitted_member_is_not_in_the_schema() -> None:
    assert "key_name" not in members.schema(App, omit=("key_name",))["properties"]


@pytest.mark.parametrize("kind", [Outer, App, Configuration, Person, Api])
def test_schemas_are_valid_json_schema(kind: type[Any]) -> None:
    Draft202012Validator.check_schema(members.schema(kind))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (App, {**APP, "jwks": {"keys": [{"kid": "x"}]}, "environments": ["int"]}),
        (App, {**APP, "jwks": {}}),
        (App, {**APP, "client_id": "a b"}),
        (App, {"client_id": "a"}),
        (App, {**APP, "quota_per_minute": 1.5}),
        (Api, {"path": "/oauth2/token", "upstream": "http://x"}),
        (Api, {"path": "/oauth2x", "upstream": "http://x"}),
        (Configuration, {"realms": {"Cis2-mock-int": {"kid": "k"}}}),
        (Configuration, {"realms": {"Cis2": {}}}),
        (Configuration, {"apim": {"insufficient_scope_status": 402}}),
        (Configuration, {"unknown": 1}),
        (ProviderSettings, {"code_lifetime": 0}),
        (Person, {**PERSON, "provider": "cis3"}),
    ],
)
def test_schema_and_reader_agree(kind: type[Any], given: Mapping[str, Any]) -> None:
    try:
        members.read(kind, given)
        taken = True
    except MemberError:
        taken = False

    assert Draft202012Validator(members.schema(kind)).is_valid(given) == taken


@pytest.mark.parametrize("uri", ["http://[0]/", "https://[x", "http://a]b/", "http://[::1]x/", "app:", "app:/x#y"])
def test_a_redirect_uri_that_no_program_could_take_apart_is_refused(uri: str) -> None:
    with pytest.raises(MemberError):
        members.read(App, {**APP, "redirect_uris": [uri]})


@pytest.mark.parametrize("uri", ["http://[::1]:80/", "https://a/[b]", "app:/x", "app://x", "urn:x:y"])
def test_other_redirect_uris_are_registered(uri: str) -> None:
    assert members.read(App, {**APP, "redirect_uris": [uri]}).redirect_uris == (uri,)
