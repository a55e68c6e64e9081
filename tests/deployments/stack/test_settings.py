"""The settings of a stack come from the variables that the documents name, and from no others."""

import pytest

from deployments.stack.settings import PROJECT, StackSettings


@pytest.fixture
def environment(monkeypatch):
    for name in ("LIFECYCLE_HOME", "LIFECYCLE_DATABASE_URL", "LIFECYCLE_CONCURRENCY"):
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


def test_the_documented_variables_are_read(environment):
    environment.setenv("LIFECYCLE_HOME", "/var/lib/lifecycle")
    environment.setenv("LIFECYCLE_DATABASE_URL", "postgresql+asyncpg://our/database")
    environment.setenv("LIFECYCLE_CONCURRENCY", "7")
    settings = StackSettings()
    assert str(settings.folder) == "/var/lib/lifecycle"
    assert settings.has_postgres
    assert settings.runs_at_once == 7
