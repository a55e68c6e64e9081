"""`lifecycle new-key` changes the key of Prefect's blocks, which Prefect itself cannot."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import httpx
import pytest
from cryptography.fernet import Fernet

from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer
from tests.support.stack import ROOT

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("new key"), pytest.mark.timeout(900)]

KEY, NEW_KEY = "PREFECT_SERVER_ENCRYPTION_KEY", "LIFECYCLE_NEW_ENCRYPTION_KEY"
SECRET = "a-password-of-a-vendor"
FIRST, SECOND = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def server(tmp_path):
    server = PrefectServer(tmp_path / "prefect", free_port()).start()
    yield server
    server.stop()


@pytest.fixture
def prefect(server):
    for_each_call = httpx.Limits(max_keepalive_connections=0)  # the server is started again between them
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60, limits=for_each_call) as prefect:
        yield prefect


def saved(prefect):
    """A block with a secret; its id."""
    kind = prefect.get("/block_types/slug/secret").raise_for_status().json()
    which = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
    (schema,) = prefect.post("/block_schemas/filter", json=which).raise_for_status().json()
    block = {"name": "vendor", "data": {"value": SECRET}}
    block |= {"block_type_id": kind["id"], "block_schema_id": schema["id"]}
    return prefect.post("/block_documents/", json=block).raise_for_status().json()["id"]


def value(prefect, block):
    """The block's secret; None if the server cannot read it."""
    found = prefect.get(f"/block_documents/{block}", params={"include_secrets": True})
    return found.json()["data"]["value"] if found.is_success else None


def new_key(server, **keys):
    """Run the command; its exit code and its words."""
    url = f"sqlite+aiosqlite:///{server.home / 'prefect.db'}"
    variables = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url, "LIFECYCLE_HOME": str(server.home.parent)}
    command = [sys.executable, "-m", "deployments.cli", "new-key"]
    environment = os.environ | variables | keys
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def content(server):
    with closing(sqlite3.connect(server.home / "prefect.db")) as database:
        blocks = database.execute("SELECT id, data FROM block_document ORDER BY id").fetchall()
        return blocks, database.execute("SELECT key FROM configuration").fetchall()


def test_the_key_leaves_the_database_and_is_changed_again_and_no_block_is_lost(server, prefect):
    block = saved(prefect)
    server.stop()
    assert ("ENCRYPTION_KEY",) in content(server)[1]
    code, words = new_key(server, **{NEW_KEY: FIRST})
    assert (code, words.partition(" blocks ")[0].isdigit()) == (0, True), words
    assert ("ENCRYPTION_KEY",) not in content(server)[1]

    before = content(server)
    for keys, says in (
        ({NEW_KEY: SECOND}, f"Set {KEY} to the present one"),
        ({NEW_KEY: SECOND, KEY: SECOND}, f"not encrypted with {KEY}"),
        ({NEW_KEY: "none", KEY: FIRST}, f"{NEW_KEY} is no key"),
    ):
        code, words = new_key(server, **keys)
        assert code == 1
        assert says in words
        assert content(server) == before

    assert new_key(server, **{NEW_KEY: SECOND, KEY: FIRST})[0] == 0
    server.restart(**{KEY: SECOND})
    assert value(prefect, block) == SECRET

    # Prefect itself can do nothing with a block of another key: this is why there is the command.
    server.restart(**{KEY: FIRST})
    assert value(prefect, block) is None
    assert prefect.patch(f"/block_documents/{block}", json={"data": {"value": SECRET}}).is_server_error
    assert prefect.delete(f"/block_documents/{block}").is_server_error
