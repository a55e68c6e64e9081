"""A stack's database begins as a copy of one that Prefect has migrated, and no other database is touched."""

from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings

from deployments.stack.fresh_database import prepare


def prepared(url):
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: url}):
        prepare()


def test_a_database_that_is_there_stays_as_it_is(tmp_path):
    mine = tmp_path / "prefect.db"
    mine.write_text("mine")
    prepared(f"sqlite+aiosqlite:///{mine}")
    assert mine.read_text() == "mine"


def test_a_database_elsewhere_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepared("postgresql+asyncpg://user:secret@127.0.0.1:1/prefect")
    prepared("sqlite+aiosqlite:///:memory:")
    assert list(tmp_path.iterdir()) == []
