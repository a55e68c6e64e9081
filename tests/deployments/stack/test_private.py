"""What a stack keeps is for its own user, whatever the shell's umask is and whatever lay there before."""

import json
import os
from dataclasses import replace

import pytest

from deployments.stack import fresh_database
from deployments.stack.credentials import credentials_of
from deployments.stack.private import create_private_files, make_private
from deployments.stack.settings import StackSettings


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path):
    return oct(path.stat().st_mode & 0o777)


def test_what_a_process_makes_from_then_on_is_private(tmp_path):
    create_private_files()
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert (rights(tmp_path / "folder"), rights(tmp_path / "file")) == ("0o700", "0o600")


def test_what_an_earlier_version_has_left_is_made_private(tmp_path):
    home = tmp_path / "home"
    (home / "prefect" / "storage").mkdir(parents=True)
    (home / "prefect" / "prefect.db").touch(mode=0o644)
    (home / "prefect" / "link").symlink_to(tmp_path / "nowhere")
    make_private(home)
    found = [home, home / "prefect", home / "prefect" / "storage", home / "prefect" / "prefect.db"]
    assert [rights(path) for path in found] == ["0o700", "0o700", "0o700", "0o600"]


def test_the_credentials_of_a_sandbox_are_private(tmp_path):
    credentials_of(tmp_path / "home")
    assert rights(tmp_path / "home") == "0o700"
    assert rights(tmp_path / "home" / "sandbox-credentials.json") == "0o600"


def test_a_fresh_database_is_private_though_its_template_is_not(tmp_path, monkeypatch):
    template, wanted = tmp_path / "template.db", tmp_path / "prefect.db"
    template.touch(mode=0o644)
    monkeypatch.setattr(fresh_database, "MIGRATED", template)
    monkeypatch.setattr(
        fresh_database.PREFECT_API_DATABASE_CONNECTION_URL.__class__, "value", lambda _: f"sqlite+aiosqlite:///{wanted}"
    )
    fresh_database.prepare()
    assert rights(wanted) == "0o600"


@pytest.mark.parametrize("variable", ["PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"])
def test_every_process_of_a_stack_logs_in_to_a_server_that_asks_for_it(monkeypatch, variable):
    monkeypatch.setenv(variable, "admin:pass-word")
    settings = StackSettings()
    assert settings.prefect_environment()["PREFECT_API_AUTH_STRING"] == "admin:pass-word"
    assert "pass-word" not in repr(settings)


def test_without_credentials_none_are_sent(monkeypatch):
    for variable in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.delenv(variable, raising=False)
    assert "PREFECT_API_AUTH_STRING" not in StackSettings().prefect_environment()


def test_a_stack_of_an_earlier_version_gets_the_credentials_that_it_lacks(tmp_path):
    first = credentials_of(tmp_path)
    file = tmp_path / "sandbox-credentials.json"
    kept = json.loads(file.read_text())
    del kept["lms_api_key"]
    file.write_text(json.dumps(kept))
    second = credentials_of(tmp_path)
    assert second == credentials_of(tmp_path)
    assert replace(second, lms_api_key=first.lms_api_key) == first
    assert second.lms_api_key
