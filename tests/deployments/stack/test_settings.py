"""The settings of a stack come from the variables that the documents name, and from no others."""

import pytest

from deployments.stack.settings import PROJECT, StackSettings, running_settings


@pytest.fixture
def environment(monkeypatch):
    own = ("HOME", "DATABASE_URL", "CONCURRENCY", "RESULTS")
    for name in (*(f"LIFECYCLE_{each}" for each in own), "PREFECT_SERVER_DATABASE_CONNECTION_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_persons_home_folder_and_variables_of_other_programs_are_not_read(environment):
    environment.setenv("HOME", "/home/someone")
    environment.setenv("DATABASE_URL", "postgresql+asyncpg://other/database")
    environment.setenv("CONCURRENCY", "7")
    settings = StackSettings()
    assert settings.folder == PROJECT / ".lifecycle"
    assert not settings.has_postgres
    assert settings.concurrency == 0
    assert settings.results is None


def test_the_documented_variables_are_read(environment):
    environment.setenv("LIFECYCLE_HOME", "/var/lib/lifecycle")
    environment.setenv("LIFECYCLE_DATABASE_URL", "postgresql+asyncpg://our/database")
    environment.setenv("LIFECYCLE_CONCURRENCY", "7")
    environment.setenv("LIFECYCLE_RESULTS", "/mnt/results")
    settings = StackSettings()
    assert str(settings.folder) == "/var/lib/lifecycle"
    assert settings.has_postgres
    assert settings.runs_at_once == 7
    assert str(settings.results) == "/mnt/results"


@pytest.mark.parametrize(
    ("url", "postgres"), [("postgresql+asyncpg://our/database", True), ("sqlite+aiosqlite:////tmp/prefect.db", False)]
)
def test_a_command_on_the_servers_machine_knows_its_database(environment, url, postgres):
    """Otherwise `lifecycle bootstrap` would limit the runs at once, and leave out an automation, as on SQLite."""
    environment.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", url)
    assert StackSettings().has_postgres is postgres


def test_ports_that_are_not_set_are_those_of_the_stack_that_runs_in_the_folder(environment, tmp_path):
    for name in ("PREFECT_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT", "RECEIVER_PORT"):
        environment.delenv(name, raising=False)
    environment.setenv("LIFECYCLE_HOME", str(tmp_path))
    assert running_settings().sandbox_port == 8700
    (tmp_path / "ports.env").write_text("SANDBOX_PORT=8791\nRECEIVER_PORT=8796\n")
    assert (running_settings().sandbox_port, running_settings().receiver_port) == (8791, 8796)
    environment.setenv("SANDBOX_PORT", "8801")
    assert running_settings().sandbox_port == 8801
