"""An aud that is nearly the token URL: the difference is reported, and nothing else."""

import pytest

from tests.mock_servers.diagnosis.cures.bench import INT, TOKEN, Bench


@pytest.mark.parametrize(
    ("posted_to", "aud", "reasons"),
    [
        (f"{INT}/oauth2/token", f"{INT}/oauth2/tokens", 'its path is "/oauth2/tokens", not "/oauth2/token"'),
        (f"{INT}/oauth2/token", f"{INT}:443/oauth2/token", "it spells the port :443 out"),
        (f"{INT}/oauth2/token", f"{INT}:8443/oauth2/token", "its port is 8443, not left out"),
        (f"{INT}/oauth2/token", f"{INT}/oauth2/token?a=b", "its query string is different"),
        (f"{INT}/oauth2/token", f"{INT}/oauth2-mock/token/", 'its path is "/oauth2-mock/token/", not "/oauth2/token"'),
        (TOKEN, "http://127.0.0.1:9999/oauth2/token", "its port is 9999, not 8080"),
        (TOKEN, "http://127.0.0.1:80/oauth2/token", "its port is 80, not 8080"),
        (TOKEN, " http://127.0.0.1:8080/oauth2/token", "that is the token URL with white space around it"),
        (TOKEN, "http://127.0.0.1:8080", "it is the host alone, without a path"),
        (TOKEN, "http://127.0.0.1:8080/", "it is the host alone, without a path"),
        (TOKEN, "http://127.0.0.1:8080/oauth2/", "it ends at /oauth2/, without token"),
        (TOKEN, "127.0.0.1:8080/oauth2/token/", "it lacks http://, it has a slash at the end"),
        (
            TOKEN,
            "https://127.0.0.1/oauth2/TOKEN",
            'it says "https" for http, it lacks the port, :8080, its path has capital letters',
        ),
    ],
)
def test_each_reason_is_reported_once(bench: Bench, posted_to: str, aud: str, reasons: str) -> None:
    bench.ask(posted_to, client_assertion=bench.signed(aud=aud))

    assert bench.top.id == "aud-near-miss"
    assert bench.top.seen.partition('": ')[2] == f"{reasons}."
