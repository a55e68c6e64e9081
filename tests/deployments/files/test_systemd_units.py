"""The systemd units and their environment start what the project has, with variables that are read."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from prefect.settings import Settings as PrefectSettings

from tests.deployments.files.commands import fault
from tests.deployments.files.tools import needs_program, program
from tests.deployments.files.units import FOLDER, INSTALLED, common, environment, units
from tests.deployments.files.variables import module_faults, unknown
from tests.docs.ends_table import PROJECT
from webhooks.common.settings import Settings as ReceiverSettings

PAGE = (PROJECT / "docs" / "deploying.md").read_text(encoding="utf-8")
ENVIRONMENTS = sorted(file.name for file in (FOLDER / "environment").iterdir())
MOST_EXPOSED = 20
"""Of 100, as `systemd-analyze security` counts: below 20 it says OK."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The file system of a machine on which the units are installed."""
    folder = tmp_path_factory.mktemp("root")
    shutil.copytree(FOLDER, folder / "etc/systemd/system", ignore=shutil.ignore_patterns("environment", "lifecycle"))
    programs = folder / INSTALLED.lstrip("/")
    programs.mkdir(parents=True)
    for name in ("prefect", "python", "lifecycle"):
        (programs / name).touch(mode=0o755)
    (folder / "usr/lib/systemd").mkdir(parents=True)
    shutil.copytree("/usr/lib/systemd/system", folder / "usr/lib/systemd/system", symlinks=True)
    return folder


def analyze(root: Path, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [program("systemd-analyze"), verb, f"--root={root}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def instance(name: str) -> str:
    return name.replace("@.", "@8710.")


@needs_program("systemd-analyze")
def test_systemd_finds_no_fault_in_the_units(root):
    found = analyze(root, "verify", "--man=no", *(instance(unit.name) for unit in units()))
    ours = [line for line in found.stderr.splitlines() if "lifecycle" in line]
    assert (ours, found.returncode) == ([], 0)


@needs_program("systemd-analyze")
@pytest.mark.parametrize("unit", units(), ids=lambda unit: unit.name)
def test_systemd_calls_the_units_well_shut_off(root, unit):
    found = analyze(
        root, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", instance(unit.name)
    )
    assert found.returncode == 0, found.stdout[-300:] + found.stderr


@pytest.mark.parametrize("unit", units(), ids=lambda unit: unit.name)
def test_each_unit_starts_a_program_with_options_that_it_has(unit):
    assert unit.command[0].startswith(INSTALLED)
    assert fault(unit.command) == ""
    assert set(unit.environment_files) <= set(ENVIRONMENTS)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_variable_is_read(name):
    variables = environment(name)
    assert unknown(variables) == set()
    assert module_faults(variables) == []


def test_a_variable_that_nothing_reads_is_found():
    names = {"PREFECT_API_ULR", "LIFECYCLE_HOM", "RECEIVER_TOKENS", "PREFECT_REDIS_MESSAGING_ULR", "TOKEN"}
    assert unknown({*names, "PREFECT_API_URL", "PREFECT_SERVER_ENCRYPTION_KEY", "LIFECYCLE_HOME"}) == names


def filled_in(name: str) -> dict[str, str]:
    """The variables of a file as the page has them filled in."""
    secrets = {
        "@PASSWORD@": "0f" * 24,
        "@TOKEN@": "0f" * 24,
        "@BEARER@": "0f" * 24,
        "@KEY@": Fernet.generate_key().decode(),
    }
    return {key: re.sub(r"@\w+@", lambda match: secrets[match[0]], value) for key, value in environment(name).items()}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_prefect_and_the_receiver_accept_the_values(name, monkeypatch):
    for variable in [variable for variable in os.environ if variable.startswith(("PREFECT_", "RECEIVER_"))]:
        monkeypatch.delenv(variable)
    for variable, value in filled_in(name).items():
        monkeypatch.setenv(variable, value)
    PrefectSettings()
    if name == "receiver.env":
        ReceiverSettings()


def test_the_page_fills_in_every_secret_and_installs_every_file():
    wanted = {(name, secret) for name in ENVIRONMENTS for secret in re.findall(r"@\w+@", str(environment(name)))}
    lines = [line for line in PAGE.splitlines() if line.startswith("sed -i")]
    filled = {
        (name, secret)
        for line in lines
        for secret in re.findall(r"@\w+@", line)
        for name in re.findall(r"\w+\.env", line)
    }
    assert filled == wanted
    assert set(re.findall(r"\w+\.env\b", PAGE)) == set(ENVIRONMENTS)


def test_the_page_names_every_unit():
    named = {re.sub(r"@\w+$", "@", word) for word in re.findall(r"\blifecycle-[a-z]+(?:@\w+)?", PAGE)}
    assert {unit.name.removesuffix(".service") for unit in units()} <= named


def test_a_worker_alone_hears_that_it_shall_stop():
    """Its runs are its children: a signal to all of them would end them before the worker knows (ADR-14)."""
    (worker,) = (unit for unit in units() if "worker" in unit.name)
    assert worker.settings["KillMode"] == "mixed"


def test_services_write_to_their_state_only():
    assert common()["ProtectSystem"] == "strict"
    own = (f"/var/lib/{common()['StateDirectory']}", "/tmp/")  # noqa: S108 - the service's own
    written = [value for value in environment(*ENVIRONMENTS).values() if value.startswith("/")]
    assert written
    assert [path for path in written if not path.startswith(own)] == []
    assert common()["PrivateTmp"] == "yes"
    assert "PREFECT_SERVER_UI_STATIC_DIRECTORY" in environment("server.env")  # by default the code's own folder


def test_the_command_has_the_settings_of_the_services(tmp_path):
    """The wrapper is tried with folders of its own in place of the installed ones."""
    settings, opt, programs = tmp_path / "etc", tmp_path / "opt", tmp_path / "bin"
    for folder in (settings, opt / ".venv/bin", programs):
        folder.mkdir(parents=True)
    for name in ENVIRONMENTS:
        (settings / name).write_text("".join(f'{key}="{value}"\n' for key, value in filled_in(name).items()))
    shows = f'#!/bin/sh\nexec {sys.executable} -c "import os, json; print(json.dumps(dict(os.environ)))"\n'
    (opt / ".venv/bin/lifecycle").write_text(shows)
    (programs / "runuser").write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    for script in (opt / ".venv/bin/lifecycle", programs / "runuser"):
        script.chmod(0o755)
    text = (
        (FOLDER / "lifecycle").read_text().replace("/etc/lifecycle", str(settings)).replace("/opt/lifecycle", str(opt))
    )
    environ = {"PATH": f"{programs}:{os.environ['PATH']}"}
    shown = subprocess.run(["sh", "-c", text, "lifecycle"], env=environ, capture_output=True, text=True, check=True)
    for name in ENVIRONMENTS:
        for key, value in environment(name).items():
            assert f'"{key}"' in shown.stdout
            assert "@" in value or f'"{value}"' in shown.stdout
