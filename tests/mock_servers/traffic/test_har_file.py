"""A HAR file of the watch holds the shape of a secret, and nothing else of it."""

import json
from pathlib import Path
from urllib.parse import unquote_plus, urlencode

import pytest

from mock_servers.explain.judging import place_of
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.traffic.har_file import HarFile
from mock_servers.traffic.observed_values import SeenExchange


@pytest.mark.parametrize(
    "around",
    [
        *(
            "{}",
            '"{}"',
            "<{}>",
            "{{{}}}",
            "%{}%",
            "Bearer {}",
            "Bearer <{}>",
            "{} ...",
            "password={}",
            "{}=",
            "-----{}-----",
        ),
        *("https://user:{}@host.example/", "https://host.example/{}", "?state={}", '{{ "secret": "{}" }}', "$({})"),
    ],
)
@pytest.mark.parametrize("secret", ["hunter2Hunter", "abcdefgh9", "9912003888", "t_d9_UkxQ1ZB3mYw7rLp"])
def test_no_secret_stays_with_anything_around_it(tmp_path: Path, secret: str, around: str) -> None:
    sent, url = around.format(secret), "https://int.api.service.nhs.uk/oauth2/token"
    place = place_of(url)
    assert place is not None
    form = urlencode({"client_assertion": sent, sent: "x"})
    captured = Captured(
        source="watch",
        method="POST",
        url=f"{url}?{urlencode({'x': sent})}",
        headers=(("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", sent), ("Cookie", sent)),
        body=form.encode(),
        answer=CapturedAnswer(
            status=302,
            headers=(("Location", f"https://app.example/?{urlencode({'code': sent})}"),),
            body=json.dumps({"access_token": sent, "refresh_token": sent}).encode(),
        ),
    )

    with HarFile(tmp_path / "it.har") as har:
        har.keep(SeenExchange(captured, place, 0.0))

    assert secret not in unquote_plus((tmp_path / "it.har").read_text())
