"""One token for all threads of a process: no onboarding logs in twice."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from blocks.common.errors import VendorUnavailable
from tests.blocks import blocks
from tests.blocks.salesforce.responses import EXPIRED, SOQL, page
from tests.blocks.vendor import Reply, says

THREADS = 4


class Org:
    """Gives a new token at each login, and accepts the newest alone; its logins may fail."""

    def __init__(self, failures: int = 0) -> None:
        self.numbers = itertools.count(1)
        self.token, self.failures = "", failures

    def __call__(self, received) -> Reply:
        if received.path.endswith("/token"):
            return self._login()
        return page({"Id": "1"}) if received.headers["Authorization"] == f"Bearer {self.token}" else EXPIRED

    def _login(self) -> Reply:
        if self.failures:
            self.failures -= 1
            return says({"error": "server_error"}, 500)
        self.token = f"00D!token-{next(self.numbers)}"
        body = {"access_token": self.token, "instance_url": "https://acme.my.salesforce.com"}
        return Reply(body=json.dumps(body).encode())


def logins(vendor) -> int:
    return sum(one.path.endswith("/token") for one in vendor.received)


@pytest.fixture
def block(vendor):
    return blocks.salesforce(f"{vendor.url}/salesforce", timeout_seconds=5)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


def all_ask_at_once(threads, block) -> list[list[dict[str, str]]]:
    together = Barrier(THREADS)

    def ask(_):
        together.wait(10)
        return block.client().query(SOQL)

    return list(threads.map(ask, range(THREADS)))


def test_threads_that_begin_at_once_log_in_once(vendor, block, threads):
    vendor.will_say(Org())
    assert all_ask_at_once(threads, block) == [[{"Id": "1"}]] * THREADS
    assert logins(vendor) == 1


def test_threads_whose_session_is_over_log_in_once_more_between_them(vendor, block, threads):
    org = Org()
    vendor.will_say(org)
    all_ask_at_once(threads, block)
    org.token = "withdrawn"
    assert all_ask_at_once(threads, block) == [[{"Id": "1"}]] * THREADS
    assert logins(vendor) == 2


def test_a_failed_login_is_tried_again_by_the_next_call(vendor, block):
    vendor.will_say(Org(failures=1))
    with pytest.raises(VendorUnavailable):
        block.client().query(SOQL)
    assert block.client().query(SOQL) == [{"Id": "1"}]


def test_an_edited_block_logs_in_anew(vendor, block):
    vendor.will_say(Org())
    block.client().query(SOQL)
    block.model_copy(update={"timeout_seconds": 6}).client().query(SOQL)
    assert logins(vendor) == 2
