"""A team's code in threads and in other processes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_nhsauth import Client, IdTokenFactory, Platform

PROGRAM = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=60).status)"


def test_one_client_serves_many_threads(
    nhsauth: Platform, nhsauth_client: Client, nhsauth_id_token: IdTokenFactory
) -> None:
    people = [nhsauth_id_token() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda person: nhsauth_client.token_exchange(person).access_token, people))

    assert len(tokens) == len(nhsauth.exchanges.where(error=None)) == 8


def test_the_exchange_of_a_thread_can_be_waited_for(nhsauth: Platform, nhsauth_client: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(nhsauth_client.client_credentials)

        (seen,) = nhsauth.exchanges.wait_for(1, timeout=30, grant_type="client_credentials")

    assert seen.error is None


def test_so_can_that_of_another_process(nhsauth: Platform) -> None:
    url = f"{nhsauth.gateway}/hello-world/hello/world"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, url], stdout=subprocess.PIPE, text=True) as program:
        nhsauth.exchanges.wait_for(1, timeout=60, path="/hello-world/hello/world", status=200)

        assert program.communicate(timeout=60)[0] == "200\n"


def test_waiting_for_what_does_not_come_shows_what_came(nhsauth: Platform, nhsauth_client: Client) -> None:
    nhsauth_client.client_credentials()

    with pytest.raises(AssertionError) as failure:
        nhsauth.exchanges.wait_for(2, timeout=0.05, grant_type="client_credentials")

    lead, *shown = str(failure.value).splitlines()
    assert lead == "waited 0.05 s for 2 exchanges with grant_type='client_credentials', and there is one:"
    assert shown[0] == "POST /oauth2/token 200"
