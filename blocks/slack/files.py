"""The calls we make to Slack about files: three to upload one, two to download it.

The token goes to Slack's own hosts alone, and so does a file: each address that an answer names is looked at first.
https://docs.slack.dev/messaging/working-with-files
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.common.http import authorities, is_loopback, retry_after
from blocks.common.masking import no_secrets
from blocks.slack.errors import SYSTEM
from blocks.slack.transport import SlackCalls, text_in

_PAGE_BEGINS = (b"<!doctype html", b"<html")
_SIGN_IN = (
    "Slack sent its sign-in page instead of the file: the app lacks the scope files:read. "
    "Add it under OAuth & Permissions and install the app again"
)


@dataclass(frozen=True)
class SlackFile:
    """A file in Slack.

    Attributes:
        id: `F…`.
        name: with its ending.
        user: the member id of who uploaded it.
        url: where it is downloaded from, with the token; "" when it lies elsewhere, as a Google sheet does.
        threads: channel and thread of each message that shared it.
    """

    id: str
    name: str
    user: str
    url: str
    threads: tuple[tuple[str, str], ...] = ()


class SlackFiles:
    """Uploads and downloads files. Belongs to one thread; raises only the classes of `blocks.common.errors`."""

    def __init__(self, calls: SlackCalls, token: SecretStr, base_url: str, seconds: int) -> None:
        self._calls, self._token, self._home, self._seconds = calls, token, httpx.URL(base_url), seconds

    def upload(
        self, channel: str, name: str, content: bytes, *, thread_ts: str | None = None, comment: str = ""
    ) -> str:
        """Share a file in a channel; its id. A file that was sent but not shared is seen by nobody.

        Args:
            channel: id of a channel.
            name: with its ending.
            content: not empty.
            thread_ts: the message that it answers to.
            comment: what is said with it, in Slack's markup.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look with `in_thread` before uploading again.
        """
        method = "files.getUploadURLExternal"
        promised = self._calls.call(method, params={"filename": name, "length": len(content)})
        file_id = text_in(method, promised, "file_id")
        self._send(self._slacks_own(method, text_in(method, promised, "upload_url")), content)
        asked = {"files": json.dumps([{"id": file_id, "title": name}]), "channel_id": channel}
        asked |= {"thread_ts": thread_ts} if thread_ts else {}
        asked |= {"initial_comment": comment} if comment else {}
        self._calls.call("files.completeUploadExternal", writes=True, params=asked)
        return file_id

    def in_thread(self, channel: str, thread_ts: str) -> tuple[str, ...]:
        """The names of the files in a thread.

        Raises:
            VendorRefused: there is no such thread, or too much in it to be sure.
        """
        thread = self._calls.paged("conversations.replies", "messages", {"channel": channel, "ts": thread_ts})
        return tuple(name for message in thread for name in _names(message))

    def file(self, file_id: str) -> SlackFile:
        """What Slack tells of a file.

        Raises:
            VendorRefused: there is none, or the app may not see it.
        """
        method = "files.info"
        answer = self._calls.call(method, params={"file": file_id})
        told = answer.get("file")
        if not isinstance(told, dict):
            raise UnexpectedResponse(SYSTEM, f"{method}: file is missing")
        return SlackFile(
            id=file_id,
            name=text_in(method, told, "name"),
            user=text_in(method, told, "user"),
            url="" if told.get("is_external") is True else text_in(method, told, "url_private_download"),
            threads=tuple(_threads(told.get("shares"))),
        )

    def download(self, file: SlackFile, most: int) -> bytes:
        """The first `most` bytes of a file; all of them within the time that an answer may take.

        Raises:
            VendorUnavailable: it comes too slowly.
            WrongAnswer: what came is a page for people, or would come from elsewhere than Slack.
        """
        what = "the download"
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Accept-Encoding": "identity"}
        content, until = bytearray(), monotonic() + self._seconds
        with self._http(what) as client, client.stream("GET", self._slacks_own(what, file.url), headers=headers) as got:
            _require_ok(what, got)
            for piece in got.iter_bytes():
                content += piece
                if len(content) >= most:
                    break
                if monotonic() > until:
                    raise VendorUnavailable(SYSTEM, f"{what}: it was not done within {self._seconds} s")
        is_page = got.headers.get("content-type", "").startswith("text/html")
        if is_page or content[:20].lstrip().lower().startswith(_PAGE_BEGINS):
            raise UnexpectedResponse(SYSTEM, f"{what}: {_SIGN_IN}")
        return bytes(content[:most])

    def _send(self, url: httpx.URL, content: bytes) -> None:
        """Send the bytes; nothing is seen of them before they are shared, so that sending them again is harmless."""
        what = "the upload"
        with self._http(what) as client:
            _require_ok(what, client.post(url, content=content, headers={"Content-Type": "application/octet-stream"}))

    def _slacks_own(self, what: str, address: str) -> httpx.URL:
        """The address, when it is below the configured host; of a stand-in on this machine, at its very place."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            raise UnexpectedResponse(SYSTEM, f"{what}: the file's address is none") from None
        if is_loopback(str(self._home)):
            is_own = (url.scheme, url.host, url.port) == (self._home.scheme, self._home.host, self._home.port)
        else:
            below = url.host == self._home.host or url.host.endswith(f".{self._home.host}")
            is_own = below and url.scheme == "https" and url.port is None
        if not is_own:
            raise UnexpectedResponse(SYSTEM, f"{what}: the file's address is not Slack's. Nothing was sent there")
        return url

    @contextmanager
    def _http(self, what: str) -> Iterator[httpx.Client]:
        """A client that follows no redirect, which would carry the token elsewhere."""
        trust_env = not is_loopback(str(self._home))
        with no_secrets(self._token):
            try:
                with httpx.Client(verify=authorities(), timeout=self._seconds, trust_env=trust_env) as client:
                    yield client
            except httpx.DecodingError:
                raise UnexpectedResponse(SYSTEM, f"{what}: the answer is not readable") from None
            except httpx.HTTPError as error:
                raise VendorUnavailable(SYSTEM, f"{what}: no whole answer ({type(error).__name__})") from None


def _require_ok(what: str, answer: httpx.Response) -> None:
    status = answer.status_code
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        wait = retry_after(answer.headers)
        raise VendorUnavailable(SYSTEM, f"{what}: HTTP {status}", retry_after=wait, status=status)
    if answer.has_redirect_location:
        raise UnexpectedResponse(SYSTEM, f"{what}: {_SIGN_IN}", status=status)
    if status != httpx.codes.OK:
        raise VendorRefused(SYSTEM, f"{what}: the file was not taken or is gone (HTTP {status})", status=status)


def _names(message: dict[str, Any]) -> Iterator[str]:
    """The names of a message's files; one that was deleted has none."""
    files = message.get("files")
    for one in files if isinstance(files, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            yield name


def _threads(shares: object) -> Iterator[tuple[str, str]]:
    """Channel and thread of each message that shared a file; what cannot be understood is passed over."""
    kinds = shares.values() if isinstance(shares, dict) else ()
    for channels in (kind for kind in kinds if isinstance(kind, dict)):
        for channel, messages in channels.items():
            for message in messages if isinstance(messages, list) else ():
                found = (message.get("thread_ts") or message.get("ts")) if isinstance(message, dict) else None
                if isinstance(found, str):
                    yield str(channel), found
