"""Read a workbook from a folder of the worker's machine or from an https address, within limits (TRN-2)."""

import asyncio
import ipaddress
import os
import socket
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from blocks.common.errors import VendorUnavailable
from blocks.common.http import authorities, is_loopback
from tasks.core.errors import BadInput

FOLDER = "LIFECYCLE_WORKBOOKS"
"""The setting for the folder whose files the worker may read."""
HOME = "LIFECYCLE_HOME"
LOOPBACK = "LIFECYCLE_WORKBOOKS_LOOPBACK"
"""The setting for trials that allows one address of this machine: its host and port."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
SECONDS = 60.0
"""The time limit of a download."""
_SERVER = "The workbook's server"
PROJECT = Path(__file__).resolve().parents[2]
_NOT_HTTPS = "The workbook's address must begin with https://."


def allowed_folder() -> Path:
    """The folder whose files the worker may read, with its subfolders; by default `workbooks` in the stack's home."""
    home = PROJECT / os.environ.get(HOME, ".lifecycle")
    return Path(os.environ.get(FOLDER) or home / "workbooks").resolve()


def from_disk(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file in the allowed folder; relative paths start in that folder.

    Raises:
        BadInput: it does not exist, is not a regular file, or is outside the folder, also by a link.
    """
    folder = allowed_folder()
    try:
        place = (folder / path).resolve()
    except (OSError, RuntimeError, ValueError):
        raise BadInput("The workbook's path is not valid.") from None
    if not place.is_relative_to(folder):
        raise BadInput(
            f"{path.name} cannot be read: the worker reads only workbooks in {folder} (setting {FOLDER}). "
            "Put the file there, or share it in the CSM channel in Slack."
        )
    return read_regular(place, most)


def read_regular(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file.

    Raises:
        BadInput: it does not exist, or is a folder, a pipe or a device, which may have no end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError:
        raise BadInput("The workbook's path is not valid.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read on the worker's machine: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadInput(f"{path.name} is not a regular file. Name a workbook (.xlsx or .csv).")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most)


async def from_web(url: str, most: int, seconds: float = SECONDS) -> bytes:
    """The first `most` bytes of a file at a public https address; redirects are not followed.

    Args:
        url: the address.
        most: bytes.
        seconds: the time limit of the whole download.

    Raises:
        BadInput: the address is not valid, or belongs to this machine or a private network.
        VendorUnavailable: its server does not answer, or is too slow.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _download(url, most)
    except TimeoutError:
        raise VendorUnavailable(_SERVER, f"the download took longer than {seconds:g} s") from None
    except httpx.HTTPError as error:
        raise VendorUnavailable(_SERVER, f"no answer ({type(error).__name__})") from None
    except BadInput:
        raise
    except (httpx.InvalidURL, ValueError):
        raise BadInput("The workbook's address is not valid.") from None


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
    """The address with the checked IP address in place of the host, whose name may change its meaning; headers."""
    parts = urlsplit(url)
    whole, plain = httpx.URL(url), {"Accept-Encoding": "identity"}
    if parts.netloc and parts.netloc == os.environ.get(LOOPBACK) and is_loopback(url):
        return whole, plain, {}
    if parts.scheme != "https":
        raise BadInput(_NOT_HTTPS)
    if parts.username is not None or not parts.hostname:
        raise BadInput("The workbook's address must be https:// and a host, without user and password.")
    ip = await _public_address(parts.hostname, parts.port or 443)
    return whole.copy_with(host=ip), {**plain, "Host": whole.netloc.decode()}, {"sni_hostname": parts.hostname}


async def _public_address(host: str, port: int) -> str:
    """An IP address of a host, if all its addresses are public.

    Raises:
        BadInput: an address belongs to this machine, its network or a private network.
        VendorUnavailable: the host name is unknown.
    """
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise VendorUnavailable(_SERVER, "its host name is unknown") from None
    ips = [str(address[4][0]) for address in addresses]
    if not ips or not all(map(is_public, ips)):
        raise BadInput(
            "The workbook's address belongs to this machine or a private network. "
            "Use a public https:// address, or share the file in the CSM channel in Slack."
        )
    return ips[0]


def is_public(ip: str) -> bool:
    """Whether an IP address is public, and also an IPv4 address that is embedded in it."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    addresses: Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address | None] = (address,)
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo or (None, None)
        addresses = (address, address.ipv4_mapped, address.sixtofour, *teredo, _in_nat64(address))
    return all(each.is_global and not each.is_multicast for each in addresses if each is not None)


def _in_nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _require_ok(answer: httpx.Response) -> None:
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise VendorUnavailable(_SERVER, f"it answered {answer.status_code}")
    if answer.has_redirect_location:
        raise BadInput("The workbook's address redirects to another one. Enter that address.")
    if answer.status_code != httpx.codes.OK:
        raise BadInput(f"The workbook's server answered {answer.status_code}. Check the address.")
