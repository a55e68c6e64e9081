"""Where a workbook may come from: a folder of the worker's machine, or an https address; within bounds (TRN-2)."""

import asyncio
import ipaddress
import os
import socket
import stat
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import httpx

from blocks.common.errors import VendorUnavailable
from blocks.common.http import authorities, is_loopback
from tasks.core.errors import BadInput

FOLDER = "LIFECYCLE_WORKBOOKS"
"""The setting that names the folder whose files the worker reads."""
HOME = "LIFECYCLE_HOME"
LOOPBACK = "LIFECYCLE_WORKBOOKS_LOOPBACK"
"""The setting for trials that lets workbooks come from an address of this very machine: its host and port."""
SECONDS = 60.0
"""For the whole of a download."""
_SERVER = "The workbook's server"
_PROJECT = Path(__file__).resolve().parents[2]
_NOT_HTTPS = "The workbook's address must begin with https://."


def allowed_folder() -> Path:
    """The folder whose files the worker reads, and those of its folders: `workbooks` in the stack's home."""
    home = _PROJECT / os.environ.get(HOME, ".lifecycle")
    return Path(os.environ.get(FOLDER) or home / "workbooks").resolve()


def from_disk(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file in the allowed folder; a path that is not whole is one in that folder.

    Raises:
        BadInput: it is not there, is none, or lies elsewhere, if only by a link.
    """
    folder = allowed_folder()
    try:
        place = (folder / path).resolve()
    except (OSError, RuntimeError, ValueError):
        raise BadInput("The workbook's path is none.") from None
    if not place.is_relative_to(folder):
        raise BadInput(
            f"{path.name} cannot be read: the worker reads workbooks in {folder} alone (setting {FOLDER}). "
            "Put the file there, or share it in the CSM channel in Slack."
        )
    return read_regular(place, most)


def read_regular(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file.

    Raises:
        BadInput: it is not there, or is a folder, a pipe or a device, which might never end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError:
        raise BadInput("The workbook's path is none.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read on the worker's machine: {error.strerror}.") from None
    if not _is_regular(descriptor):
        _no_file(path, descriptor)
    with FileIO(descriptor) as file:
        return _read(file, most)


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _no_file(path: Path, descriptor: int) -> NoReturn:
    os.close(descriptor)
    raise BadInput(f"{path.name} is no file with rows. Name a workbook (.xlsx or .csv).")


def _read(file: FileIO, most: int) -> bytes:
    """The first bytes: one call may bring fewer."""
    content = bytearray()
    while len(content) < most and (piece := file.read(most - len(content))):
        content += piece
    return bytes(content)


async def from_web(url: str, most: int, seconds: float = SECONDS) -> bytes:
    """The first `most` bytes of what is at an https address of the public network; redirects are not followed.

    Args:
        url: the address.
        most: bytes.
        seconds: for all of it, however slowly it comes.

    Raises:
        BadInput: the address is none, or of this machine or a private network.
        VendorUnavailable: its server does not answer, or is too slow.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _download(url, most)
    except TimeoutError:
        raise VendorUnavailable(_SERVER, f"the workbook was not there within {seconds:g} s") from None
    except httpx.HTTPError as error:
        raise VendorUnavailable(_SERVER, f"no answer ({type(error).__name__})") from None
    except BadInput:
        raise
    except (httpx.InvalidURL, ValueError):
        raise BadInput("The workbook's address is none.") from None


async def _download(url: str, most: int) -> bytes:
    content = bytearray()
    address, headers, extensions = await _pinned(url)
    trusts = not is_loopback(url)
    client = httpx.AsyncClient(verify=authorities(), timeout=SECONDS, trust_env=trusts)
    async with client, client.stream("GET", address, headers=headers, extensions=extensions) as answer:
        _require_ok(answer)
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) >= most:
                break
    return bytes(content[:most])


async def _pinned(url: str) -> tuple[httpx.URL, dict[str, str], dict[str, str]]:
    """The address by a number that was looked at: what its name means a moment later does not count."""
    parts = urlsplit(url)
    whole, plain = httpx.URL(url), {"Accept-Encoding": "identity"}
    if parts.netloc and parts.netloc == os.environ.get(LOOPBACK) and is_loopback(url):
        return whole, plain, {}
    if parts.scheme != "https":
        raise BadInput(_NOT_HTTPS)
    if parts.username is not None or not parts.hostname:
        raise BadInput("The workbook's address must be https:// and a host, without user and password.")
    number = await _public_address(parts.hostname, parts.port or 443)
    return whole.copy_with(host=number), {**plain, "Host": whole.netloc.decode()}, {"sni_hostname": parts.hostname}


async def _public_address(host: str, port: int) -> str:
    """One of the numbers of a host, when all of them are public.

    Raises:
        BadInput: one is of this machine, of its network or of a private one.
        VendorUnavailable: the host has none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise VendorUnavailable(_SERVER, "its name is not known") from None
    numbers = [str(address[4][0]) for address in found]
    if not numbers or not all(map(is_public, numbers)):
        raise BadInput(
            "The workbook's address is of this machine or of a private network. "
            "Use a public https:// address, or share the file in the CSM channel in Slack."
        )
    return numbers[0]


def is_public(number: str) -> bool:
    """Whether an address is one of the public network, also when an older one is wrapped in it."""
    address = ipaddress.ip_address(number.partition("%")[0])
    every: Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address | None] = (address,)
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo or (None, None)
        every = (address, address.ipv4_mapped, address.sixtofour, *teredo, _in_nat64(address))
    return all(one.is_global and not one.is_multicast for one in every if one is not None)


def _in_nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _require_ok(answer: httpx.Response) -> None:
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise VendorUnavailable(_SERVER, f"it answered {answer.status_code}")
    if answer.has_redirect_location:
        raise BadInput("The workbook's address leads to another one. Enter the address that it leads to.")
    if answer.status_code != httpx.codes.OK:
        raise BadInput(f"The workbook's server answered {answer.status_code}: look at the address.")
