"""`lifecycle contract-test lms` in a terminal: a line for each check, and when no check is made."""

import io
import os
import subprocess
import sys

import httpx
import pytest
from pydantic import SecretStr
from rich.console import Console

from deployments.contract.document import Contract
from deployments.contract.lms import HANDFUL, Unusable, check_server, contract_test, key_from
from deployments.contract.suite import all_checks
from deployments.contract.trial import NAME
from sandbox.salesforce.ids import record_id
from tests.blocks.lms.responses import COMPANY
from tests.deployments.contract.faults import OWN
from tests.deployments.contract.servers import KEY, client_of
from tests.support.ports import free_port

CHECKS = len(all_checks(Contract()))


async def run(url, key, *, keep=False, is_test_server=False):
    """The exit code and the lines."""
    out = Console(file=io.StringIO(), width=80)
    code = await contract_test(url, SecretStr(key), out, keep=keep, is_test_server=is_test_server)
    return code, out.file.getvalue().splitlines()


@pytest.fixture
def url(stand_in):
    return f"{stand_in.url}/lms"


@pytest.fixture
def key(stand_in):
    return stand_in.credentials.lms_api_key


async def test_the_sandbox_keeps_the_contract_and_all_companies_are_inactive_afterwards(stand_in, url, key):
    code, lines = await run(url, key)
    assert [line for line in lines[:-2] if not line.startswith("ok      ")] == []
    assert (code, lines[-1]) == (0, f"{CHECKS} ok")
    state = stand_in.state("lms")
    assert {one["status"] for one in [*state["companies"], *state["publications"]]} == {"inactive"}
    assert {one["name"].startswith(NAME) for one in state["companies"]} == {True}
    assert {one["email"].endswith("@no-welcome.invalid") for one in state["users"]} == {True}
    assert stand_in.state("mail")["mails"] == []


async def test_a_second_run_finds_no_name_taken_and_does_not_count_what_the_first_one_left(url, key):
    assert [(await run(url, key))[0] for _ in range(2)] == [0, 0]


async def test_companies_stay_active_when_they_are_to_be_kept(stand_in, url, key):
    code, lines = await run(url, key, keep=True)
    assert (code, len(lines)) == (0, CHECKS + 1)
    assert "active" in {one["status"] for one in stand_in.state("lms")["companies"]}


async def test_what_cannot_be_made_inactive_is_counted():
    def refuses(exchange):
        if exchange.operation == "updatePublication" and exchange.sent == {"status": "inactive"}:
            exchange.status = 500

    out = Console(file=io.StringIO())
    async with client_of(refuses) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=False, is_test_server=True) == 1
    (line,) = [line for line in out.file.getvalue().splitlines() if line.endswith("could not be made inactive.")]
    assert int(line.split(", ")[1].split()[0]) > 10


async def test_a_server_with_more_than_a_handful_of_companies_is_not_written_to(stand_in, url, key):
    accounts = [{"accountId": record_id("001", number), "name": "Acme"} for number in range(1, HANDFUL + 2)]
    stand_in.seed(lms={"companies": accounts})
    code, (line,) = await run(url, key)
    assert (code, stand_in.effects("lms")) == (2, [])
    assert "--yes-this-is-a-test-server" in line
    assert (await run(url, key, is_test_server=True))[0] == 0


async def test_a_server_with_short_pages_is_not_taken_for_an_empty_one():
    def goes_on(exchange):
        if exchange.operation == "findCompanies":
            exchange.body |= {"companies": [COMPANY], "more": True}

    out = Console(file=io.StringIO())
    async with client_of(goes_on) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=False, is_test_server=False) == 2
    assert "more than" in out.file.getvalue()


async def test_a_server_that_hides_its_companies_is_not_written_to():
    def hides(exchange):
        if exchange.operation == "findCompanies":
            exchange.body = {}

    out = Console(file=io.StringIO())
    async with client_of(hides) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=False, is_test_server=False) == 2
    assert "The number of companies is unknown" in out.file.getvalue()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("{root}", "The number of companies is unknown"),
        ("{root}/nowhere", "Check --url"),
        ("http://127.0.0.1:{port}/lms", "No LMS answers"),
        ("http://lms.example.com", "https://"),
        ("lms.example.com", "https://"),
        ("", "https://"),
        ("https://[", "not a web address"),
    ],
)
async def test_an_address_without_an_lms_is_an_unusable_call(stand_in, key, address, says):
    code, (line,) = await run(address.format(root=stand_in.url, port=free_port()), key)
    assert code == 2
    assert says in line


async def test_a_wrong_key_is_an_unusable_call(url):
    code, (line,) = await run(url, "another-key")
    assert (code, "does not accept the API key" in line) == (2, True)


def test_the_key_comes_from_a_file_or_from_the_environment(tmp_path):
    file = tmp_path / "key"
    file.write_text("from-file\n")
    assert key_from(file, "from-environment").get_secret_value() == "from-file"
    assert key_from(None, " from-environment ").get_secret_value() == "from-environment"


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"two\nlines", "schlüssel".encode()])
def test_a_file_without_a_key_is_an_unusable_call(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unusable):
        key_from(file, "from-environment")


async def test_a_failed_check_says_what_was_expected_and_where_what_came_and_what_to_change():
    (broken,) = [one for one in OWN if one.check == "sign_up_account_exists"]
    out = Console(file=io.StringIO(), width=80)
    async with client_of(broken.fault()) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=True, is_test_server=True) == 1
    lines = out.file.getvalue().splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("FAILED")]
    assert lines[place].startswith("FAILED  POST /signup/preSign: Another sign-up of the same account is 409")
    expected, received, change = (line.split(maxsplit=1) for line in lines[place + 1 : place + 4])
    assert expected[0] == "expected"
    assert expected[1].endswith(f"({Contract().operations['signUp'].place})")
    assert received == ["received", "error: 'companyId' is a required property"]
    assert change == ["change", "Make accountId unique among companies, and name the company in the error."]
    assert lines[-1] == f"{CHECKS - 1} ok, 1 FAILED"


ODD = [None, 7, "x", [], {}, {"error": 7}, {"error": {"code": None}}, {"companies": [7]}, {"companies": [{}]}]


@pytest.mark.parametrize("body", ODD, ids=str)
@pytest.mark.parametrize("status", [200, 409])
async def test_whatever_a_server_answers_a_check_ends_with_a_line(status, body):
    answer = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    out = Console(file=io.StringIO())
    async with httpx.AsyncClient(base_url="http://lms.test/", transport=answer) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=False, is_test_server=True) in (1, 2)


async def test_a_server_that_repeats_the_key_is_noticed_and_the_key_is_not_printed():
    def repeats(exchange):
        if exchange.operation == "getUsage":
            exchange.body |= {"note": f"Hello {KEY}"}

    out = Console(file=io.StringIO())
    async with client_of(repeats) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=True, is_test_server=True) == 1
    assert "received  the API key or the password that we sent" in out.file.getvalue()
    assert KEY not in out.file.getvalue()


async def test_a_server_that_repeats_the_password_is_noticed():
    def repeats(exchange):
        if exchange.operation == "signUp" and exchange.status == 422:
            exchange.body["error"]["fields"]["password"] = f"{exchange.sent['password']} is too short"

    out = Console(file=io.StringIO())
    async with client_of(repeats) as http:
        assert await check_server(http, SecretStr(KEY), out, keep=True, is_test_server=True) == 1
    failed = [line for line in out.file.getvalue().splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1
    assert "Wrong values are 422" in failed[0]


@pytest.mark.processes
def test_the_command_exits_with_the_result(url, key):
    command = [sys.executable, "-m", "deployments.cli", "contract-test", "lms", "--url", url]
    environ = {name: value for name, value in os.environ.items() if name != "LMS_API_KEY"}
    without = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (without.returncode, "LMS_API_KEY" in without.stderr) == (2, True)
    done = subprocess.run(command, env={**environ, "LMS_API_KEY": key}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{CHECKS} ok")
    assert key not in done.stdout + done.stderr
