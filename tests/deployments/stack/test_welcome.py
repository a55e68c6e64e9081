"""What `lifecycle up` tells people, and what a command says when no stack answers."""

import json

from deployments.stack.credentials import credentials_of
from deployments.stack.processes import Processes
from deployments.stack.settings import StackSettings
from deployments.stack.stack import Stack
from deployments.stack.world import show_world
from tests.support.ports import free_ports


def test_people_get_four_links_and_what_to_try_and_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    monkeypatch.setenv("SANDBOX_PORT", "8791")
    stack = Stack(StackSettings(), credentials_of(tmp_path), Processes(tmp_path, {}))
    told = stack.welcome()
    for link in ("http://127.0.0.1:8791/ ", "http://127.0.0.1:8791/slack/", "/v2/", "/health"):
        assert link in told
    assert "What to try first" in told
    credentials = json.loads(stack.line())["credentials"]
    secrets = [value for system in credentials.values() for value in system.values()]
    assert len(secrets) > 10
    assert [value for value in secrets if value in told] == []


def test_a_command_without_a_stack_says_where_it_looked_and_what_to_set(tmp_path, monkeypatch, capsys):
    (port,) = free_ports(1)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    monkeypatch.setenv("SANDBOX_PORT", str(port))
    assert show_world(StackSettings(), None, seed=7, accounts=10) == 1
    assert capsys.readouterr().out == (
        f"No stack answers at http://127.0.0.1:{port}. Start one with `make up`, or set SANDBOX_PORT or LIFECYCLE_HOME "
        "to those of the running stack.\n"
    )
