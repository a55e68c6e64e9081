"""TRN-2: a workbook comes from the worker's folder or from the public network, and is there in time or not at all."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from blocks.common.errors import VendorUnavailable
from tasks.core.errors import BadInput
from tasks.workbooks.sources import FOLDER, LOOPBACK, from_disk, from_web, is_public, read_regular

ROWS = b"Account,New CSM,Reason\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The worker's folder of workbooks, with a file."""
    home = tmp_path / "workbooks"
    home.mkdir()
    (home / "book.csv").write_bytes(ROWS)
    (tmp_path / "secret.csv").write_bytes(b"secret")
    monkeypatch.setenv(FOLDER, str(home))
    return home


def test_trn_2_a_file_of_the_folder_is_read_by_its_name_and_by_its_path(folder):
    assert from_disk(Path("book.csv"), 1000) == from_disk(folder / "book.csv", 1000) == ROWS
    assert from_disk(Path("book.csv"), 7) == ROWS[:7]


def test_trn_2_the_folder_is_in_the_home_of_the_stack_unless_it_is_set(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    with pytest.raises(BadInput, match="cannot be read on the worker's machine: No such file"):
        from_disk(Path("book.csv"), 10)
    (tmp_path / "workbooks").mkdir()
    (tmp_path / "workbooks" / "book.csv").write_bytes(ROWS)
    assert from_disk(Path("book.csv"), 1000) == ROWS


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/hostname", "link.csv", "inner/secret.csv", "/proc/self/stat"])
def test_trn_2_a_file_elsewhere_is_not_read_if_only_by_a_link(folder, path):
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "inner").symlink_to(folder.parent)
    with pytest.raises(BadInput, match="the worker reads only workbooks in "):
        from_disk(Path(path), 1000)


def test_trn_2_a_pipe_that_nobody_writes_to_holds_nobody(folder):
    os.mkfifo(folder / "pipe.csv")
    start = time.monotonic()
    with pytest.raises(BadInput, match=r"pipe\.csv is not a regular file"):
        from_disk(Path("pipe.csv"), 1000)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("path", ["/dev/zero", "/dev", "/proc"])
def test_trn_2_what_is_no_regular_file_is_refused(path):
    with pytest.raises(BadInput, match="is not a regular file"):
        read_regular(Path(path), 1000)


@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000])
def test_trn_2_a_path_that_is_none_is_told(folder, path):
    with pytest.raises(BadInput):
        from_disk(folder / path, 1000)


# --- from the network


@asynccontextmanager
async def serving(*pieces: bytes, pause: float = 0) -> AsyncIterator[str]:
    """A server that answers every request with these bytes; its host and port."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


async def test_trn_2_a_trial_may_let_workbooks_come_from_one_port_of_this_machine(monkeypatch):
    async with serving(OK, ROWS) as place:
        with pytest.raises(BadInput, match="must begin with https"):
            await from_web(f"http://{place}/book.csv", 1000)
        monkeypatch.setenv(LOOPBACK, place)
        assert await from_web(f"http://{place}/book.csv", 1000) == ROWS
        assert await from_web(f"http://{place}/book.csv", 7) == ROWS[:7]
        with pytest.raises(BadInput, match="must begin with https"):
            await from_web(f"http://{place}0/book.csv", 1000)


async def test_trn_2_a_drip_is_given_up_when_the_time_for_all_of_it_is_over(monkeypatch):
    async with serving(OK, *[b"x"] * 1000, pause=0.05) as place:
        monkeypatch.setenv(LOOPBACK, place)
        start = time.monotonic()
        with pytest.raises(VendorUnavailable, match=r"took longer than 0\.5 s"):
            await from_web(f"http://{place}/book.csv", 10_000, 0.5)
        assert time.monotonic() - start < 20


async def test_trn_2_a_redirect_is_not_followed(monkeypatch):
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nConnection: close\r\n\r\n"
    async with serving(moved) as place:
        monkeypatch.setenv(LOOPBACK, place)
        with pytest.raises(BadInput, match="redirects to another one"):
            await from_web(f"http://{place}/book.csv", 1000)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "169.254.169.254",
            "10.0.0.1",
        ),
        *("192.168.1.1", "172.16.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]"),
    ],
)
async def test_trn_2_an_address_of_this_machine_or_of_a_private_network_is_not_asked(host):
    with pytest.raises(BadInput, match="this machine or a private network"):
        await from_web(f"https://{host}/book.csv", 1000)


async def test_trn_2_a_name_is_asked_at_the_number_that_was_looked_at(monkeypatch):
    asked = []

    async def looked_up(host, port, **_):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
    with pytest.raises(BadInput, match="private network"):
        await from_web("https://books.example/book.csv", 1000)
    assert asked == ["books.example"]


@pytest.mark.parametrize(
    "url", ["https://", "https:///x", "https://user:pass@example.com/x", "https://[/x", "http://example.com/x"]
)
async def test_trn_2_what_is_no_address_is_told(url):
    with pytest.raises(BadInput):
        await from_web(url, 1000)


@pytest.mark.parametrize(
    ("number", "public"), [("8.8.8.8", True), ("2001:4860:4860::8888", True), ("224.0.0.1", False)]
)
def test_what_is_public(number, public):
    assert is_public(number) is public
