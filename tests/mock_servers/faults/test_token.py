"""What a client of the token endpoint meets, fault by fault, and what the journal says of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock
from mock_servers.state.fault import Fault

Ask = Callable[..., TestResponse]
Order = Callable[..., Fault]

UNKNOWN = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


def test_a_status_is_a_load_balancers_page(order: Order, client_credentials: Ask) -> None:
    order("token", "status")

    answer = client_credentials()

    assert (answer.status, answer.content_type) == ("503 Service Unavailable", "text/html; charset=utf-8")
    assert "<h1>503 Service Unavailable</h1>" in answer.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"body": "busy"}, ("text/plain; charset=utf-8", "busy")),
        ({"body": {"error": "x"}}, ("application/json", '\n{\n  "error": "x"\n}\n')),
        ({"body": "<p>", "content_type": "text/html"}, ("text/html", "<p>")),
    ],
)
def test_a_status_can_have_any_body(
    order: Order, client_credentials: Ask, given: dict[str, Any], expected: tuple[str, str]
) -> None:
    order("token", "status", status=418, **given)

    answer = client_credentials()

    assert (answer.status_code, answer.content_type, answer.text) == (418, *expected)


def test_a_fault_is_met_as_often_as_ordered(order: Order, client_credentials: Ask) -> None:
    order("token", "status", times=2)

    assert [client_credentials().status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_without_end_is_met_until_it_is_removed(platform: Mock, order: Order, client_credentials: Ask) -> None:
    fault = order("token", "status", times=None)
    met = [client_credentials().status_code for _ in range(3)]

    platform.faults.remove(fault.id)

    assert met == [503, 503, 503]
    assert client_credentials().status_code == 200


def test_as_many_requests_get_through_first_as_ordered(order: Order, client_credentials: Ask) -> None:
    order("token", "status", after=2)

    assert [client_credentials().status_code for _ in range(4)] == [200, 200, 503, 200]


def test_of_several_faults_the_oldest_is_met_first(order: Order, client_credentials: Ask) -> None:
    order("token", "status", status=500)
    order("token", "status", status=502)

    assert [client_credentials().status_code for _ in range(3)] == [500, 502, 200]


def test_a_fault_elsewhere_is_not_met(order: Order, client_credentials: Ask) -> None:
    order("userinfo", "status")

    assert client_credentials().status_code == 200


def test_nothing_is_used_up_by_a_request_that_the_service_does_not_see(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    order("token", "status")
    assertion = platform.client_assertion("nhsauth-app")
    client_credentials(client_assertion=assertion)

    assert client_credentials(client_assertion=assertion).status_code == 200


USED = "Non-unique 'jti' claim in client_assertion JWT"


@pytest.mark.parametrize("scope", ["application", "proxy"])
def test_a_quota_spends_the_jti_as_the_real_one_does(
    platform: Mock, order: Order, client_credentials: Ask, scope: str
) -> None:
    order("token", "rate_limit", times=2, scope=scope)
    assertion = platform.client_assertion("nhsauth-app")

    answers = [client_credentials(client_assertion=assertion) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 400]
    assert answers[-1].get_json()["error_description"] == USED
    assert client_credentials().status_code == 200


def test_a_quota_says_what_it_has_spent(platform: Mock, order: Order, client_credentials: Ask) -> None:
    order("token", "rate_limit")
    client_credentials()

    assert (platform.exchanges.last.diagnosis or "").endswith("sign a new assertion for the next try.")


def test_a_spike_arrest_spends_nothing(platform: Mock, order: Order, client_credentials: Ask) -> None:
    order("token", "rate_limit", policy="spike_arrest")
    assertion = platform.client_assertion("nhsauth-app")
    client_credentials(client_assertion=assertion)

    assert client_credentials(client_assertion=assertion).status_code == 200


def test_a_quota_that_a_bad_request_never_reaches_spends_nothing(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    order("token", "rate_limit")
    assertion = platform.client_assertion("nhsauth-app")
    client_credentials(client_assertion=assertion, client_assertion_type="other")

    assert client_credentials(client_assertion=assertion).status_code == 200


def test_a_dropped_connection_gives_no_answer(order: Order, client_credentials: Ask) -> None:
    order("token", "drop")

    with pytest.raises(ConnectionAbortedError):
        client_credentials()


def test_a_connection_dropped_before_the_work_spends_nothing(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    order("token", "drop")
    assertion = platform.client_assertion("nhsauth-app")
    with pytest.raises(ConnectionAbortedError):
        client_credentials(client_assertion=assertion)

    assert client_credentials(client_assertion=assertion).status_code == 200


def test_a_connection_dropped_after_the_work_leaves_the_jti_spent(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    order("token", "drop", processed=True)
    assertion = platform.client_assertion("nhsauth-app")
    with pytest.raises(ConnectionAbortedError):
        client_credentials(client_assertion=assertion)

    again = client_credentials(client_assertion=assertion)

    assert (again.status_code, again.get_json()["error"], again.get_json()["error_description"]) == (
        400,
        "invalid_request",
        "Non-unique 'jti' claim in client_assertion JWT",
    )


def test_a_malformed_answer_is_a_page_with_status_200(order: Order, client_credentials: Ask) -> None:
    order("token", "malformed")

    answer = client_credentials()

    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")


def test_half_an_answer_is_whole_to_http_and_no_json(order: Order, client_credentials: Ask) -> None:
    order("token", "malformed", kind="half")

    answer = client_credentials()

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.text.startswith('\n{\n  "access_token"')
    assert not answer.text.rstrip().endswith("}")
    assert answer.content_length == len(answer.data)


def test_an_empty_answer_keeps_its_status(order: Order, client_credentials: Ask) -> None:
    order("token", "malformed", kind="empty")

    answer = client_credentials()

    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 0)


def test_the_rate_limit_is_the_platforms_own(order: Order, client_credentials: Ask) -> None:
    order("token", "rate_limit")

    answer = client_credentials()

    members = answer.get_json()
    assert answer.status_code == 429
    assert members.pop("message_id").startswith("rrt-")
    assert list(members.items()) == [
        (
            "message",
            (
                "Your application, nhsauth app, has exceeded its quota of 300 requests every 1 minute(s) and is being "
                "rate limited."
            ),
        ),
        ("scope", "application"),
        ("policy", "quota"),
        ("limit", 300),
        ("interval", 1),
        ("timeunit", "minute"),
        ("ratelimiting_expiry_time_ms", 1_800_000_060_000),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"policy": "spike_arrest"},
            (
                "Your application, nhsauth app, has created a spike in traffic and is being rate limited. "
                "Please reduce the frequency of your requests."
            ),
        ),
        (
            {"scope": "proxy", "policy": "spike_arrest"},
            "This API is currently receiving a high volume of requests and is being rate limited.",
        ),
        (
            {"scope": "proxy", "policy": "quota"},
            "This API is currently receiving a high volume of requests and is being rate limited.",
        ),
    ],
)
def test_each_rate_limit_has_its_sentence(
    order: Order, client_credentials: Ask, given: dict[str, str], message: str
) -> None:
    order("token", "rate_limit", **given)

    members = client_credentials().get_json()

    assert members["message"] == message


@pytest.mark.parametrize("status", [500, 401])
def test_the_catch_all_is_the_platforms_own(order: Order, client_credentials: Ask, status: int) -> None:
    order("token", "catch_all", status=status)

    answer = client_credentials()

    members = answer.get_json()
    assert (answer.status_code, members["error"], members["error_description"]) == (status, "unknown_error", UNKNOWN)
    assert list(members) == ["error", "error_description", "message_id"]


def test_a_delay_holds_back_an_answer_that_is_in_the_journal(
    platform: Mock, order: Order, client_credentials: Ask, waits: Any
) -> None:
    order("token", "delay", seconds=30)

    assert client_credentials().status_code == 200
    assert waits.seconds == [30]
    assert platform.exchanges.last.error is None
    assert platform.exchanges.last.diagnosis == "This is a fault you ordered (number 1: delay of 30 s on token)."


@pytest.mark.parametrize(
    ("do", "more", "status", "words"),
    [
        ("status", {"status": 502}, 502, "status 502 on token"),
        ("rate_limit", {}, 429, "rate_limit on token"),
        ("catch_all", {}, 500, "catch_all on token"),
        ("malformed", {}, 200, "malformed (html) on token"),
    ],
)
def test_the_journal_says_whose_doing_it_was(
    platform: Mock,
    order: Order,
    client_credentials: Ask,
    do: str,
    more: dict[str, Any],
    status: int,
    words: str,
) -> None:
    order("token", do, **more)
    client_credentials()

    record = platform.exchanges.last

    assert record.refusal is not None
    assert (record.status, record.refusal.rule) == (status, "fault")
    assert (record.diagnosis or "").startswith(f"This is a fault you ordered (number 1: {words}).")
    assert words in str(record)
    assert record.findings == ()


def test_the_journal_has_no_status_for_an_answer_that_never_left(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    order("token", "drop")
    with pytest.raises(ConnectionAbortedError):
        client_credentials()

    assert platform.exchanges.last.status == 0


def test_a_request_that_was_wrong_as_well_is_reported_both(platform: Mock, order: Order, post: Ask) -> None:
    order("token", "malformed", kind="half")
    post(grant_type="password")

    record = platform.exchanges.last

    assert record.error == "unsupported_grant_type"
    assert record.diagnosis is not None
    assert record.diagnosis.startswith("grant_type is")
    assert record.diagnosis.endswith("This is a fault you ordered (number 1: malformed (half) on token).")


def test_only_the_named_client_meets_it(platform: Mock, order: Order, post: Ask, http: Client) -> None:
    platform.apps.create(client_id="other", make_key=False)
    order("token", "status", client_id="other", times=None)
    secret = {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "nhsauth-secret"}
    assertion = {"grant_type": "client_credentials", "client_assertion": platform.client_assertion("nhsauth-app")}

    assert post(client_id="nhsauth-app", **secret).status_code != 503
    assert post(**assertion).status_code != 503
    assert post(client_id="other", **secret).status_code == 503
    assert http.post("/oauth2/token", auth=("other", "x"), data={"grant_type": "x"}).status_code == 503


def test_only_the_client_of_an_assertion_meets_it(order: Order, client_credentials: Ask) -> None:
    order("token", "status", client_id="nhsauth-app")

    assert client_credentials().status_code == 503


def test_of_many_requests_at_once_as_many_meet_it_as_ordered(
    platform: Mock, order: Order, client_credentials: Ask
) -> None:
    fault = order("token", "status", times=5)

    with ThreadPoolExecutor(8) as pool:
        met = list(pool.map(lambda _: client_credentials(client_assertion="x").status_code, range(40)))

    assert sorted(met) == [400] * 35 + [503] * 5
    assert (platform.faults.get(fault.id).seen, platform.faults.get(fault.id).used) == (40, 5)


def test_a_rate_limit_of_nobody_has_the_place_of_a_name(order: Order, http: Client, platform: Mock) -> None:
    order("token", "rate_limit")

    answer = http.post("/oauth2/token", base_url=platform.url)

    assert answer.get_json()["message"] == (
        "Your application, <app name>, has exceeded its quota of 300 requests every 1 minute(s) and is being rate "
        "limited."
    )


@pytest.mark.parametrize("kind", [None, "html", "half", "truncated", "empty"])
@pytest.mark.parametrize("changes", [{}, {"client_assertion": "no JWT"}], ids=["good", "refused"])
def test_the_journal_has_the_status_that_a_malformed_answer_has(
    platform: Mock, order: Order, client_credentials: Ask, kind: str | None, changes: dict[str, str]
) -> None:
    order("token", "malformed", **({} if kind is None else {"kind": kind}))

    answer = client_credentials(**changes)

    is_page = kind in (None, "html")
    assert answer.status_code == (400 if changes and not is_page else 200)
    assert platform.exchanges.last.status == answer.status_code
