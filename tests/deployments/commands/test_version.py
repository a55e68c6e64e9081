"""`lifecycle version` names everything that an engineer asks for first, and needs no running stack."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version

import httpx
import pytest

from deployments.commands.version import CLIENTS
from tests.support.ports import free_port
from tests.support.stack import ROOT

pytestmark = pytest.mark.processes


def printed(**environment):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "deployments.cli", "version"]
    done = subprocess.run(
        command, cwd=ROOT, env=variables | environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(line.split("  ", 1) for line in done.stdout.splitlines())


def test_without_a_stack_everything_installed_is_named(tmp_path):
    port = free_port()
    found = {
        name: text.strip() for name, text in printed(LIFECYCLE_HOME=str(tmp_path / "x"), PREFECT_PORT=str(port)).items()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert found[project["name"]].startswith(project["version"])
    assert found["Prefect"] == version("prefect")
    assert {found[system] for system in CLIENTS} == {f"{each} {version(each)}" for each in CLIENTS.values()}
    assert found["Prefect's server"] == f"does not answer at http://127.0.0.1:{port}/api (ConnectError)"
    assert not (tmp_path / "x").exists()


@pytest.mark.flows
def test_the_servers_version_is_named_if_it_answers(prefect_api, tmp_path):
    url = httpx.URL(prefect_api)
    found = printed(LIFECYCLE_HOME=str(tmp_path), PREFECT_PORT=str(url.port))
    assert found["Prefect's server"].strip() == f"{version('prefect')} at {prefect_api}"
