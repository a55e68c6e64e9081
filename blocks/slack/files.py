"""The calls we make to Slack about files: three to upload one, two to download it.

The token and the files go to Slack's own hosts only: each address in a response is checked first.
https://docs.slack.dev/messaging/working-with-files
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import httpx
from pydantic import SecretStr

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.common.http import authorities, is_loopback, unavailable
from blocks.common.masking import no_secrets
from blocks.slack.errors import SYSTEM
from blocks.slack.responses import SlackFile, file_names, file_of, text_in
from blocks.slack.transport import SlackCalls

_PAGE_BEGINS = (b"<!doctype html", b"<html")
_SIGN_IN = (
    "Slack sent its sign-in page instead of the file: the app lacks the scope files:read. "
    "Add it under OAuth & Permissions and install the app again"
)


class SlackFiles:
    """Uploads and downloads files. Belongs to one thread; raises only the classes of `blocks.common.errors`."""

    def __init__(self, calls: SlackCalls, token: SecretStr, base_url: str, seconds: int) -> None:
        self._calls, self._token, self._home, self._seconds = calls, token, httpx.URL(base_url), seconds

    def upload(
        self, channel: str, name: str, content: bytes, *, thread_ts: str | None = None, comment: str = ""
    ) -> str:
        """Share a file in a channel and return its id. A file that was sent but not shared is visible to nobody.

        Args:
            channel: id of a channel.
            name: with its extension.
            content: not empty.
            thread_ts: the message to reply to.
            comment: the message that goes with it, in Slack's markup.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look with `in_thread` before uploading again.
        """
        method = "files.getUploadURLExternal"
        response = self._calls.call(method, params={"filename": name, "length": len(content)})
        file_id = text_in(method, response, "file_id")
        self._send(self._checked(method, text_in(method, response, "upload_url")), content)
        params = {"files": json.dumps([{"id": file_id, "title": name}]), "channel_id": channel}
        params |= {"thread_ts": thread_ts} if thread_ts else {}
        params |= {"initial_comment": comment} if comment else {}
        self._calls.call("files.completeUploadExternal", writes=True, params=params)
        return file_id

    def in_thread(self, channel: str, thread_ts: str) -> tuple[str, ...]:
        """The names of the files in a thread.

        Raises:
            VendorRefused: there is no such thread, or it has too many messages to search.
        """
        thread = self._calls.paged("conversations.replies", "messages", {"channel": channel, "ts": thread_ts})
        return tuple(name for message in thread for name in file_names(message))

    def file(self, file_id: str) -> SlackFile:
        """Name, uploader, address and threads of a file.

        Raises:
            VendorRefused: there is no such file, or the app may not see it.
        """
        method = "files.info"
        return file_of(method, file_id, self._calls.call(method, params={"file": file_id}).get("file"))

    def download(self, file: SlackFile, most: int) -> bytes:
        """The first `most` bytes of a file.

        Raises:
            VendorUnavailable: the download takes longer than one answer may take.
            UnexpectedResponse: Slack sent a web page, or the address is not Slack's.
        """
        call = "the download"
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Accept-Encoding": "identity"}
        content, until = bytearray(), monotonic() + self._seconds
        url = self._checked(call, file.url)
        with self._http(call) as client, client.stream("GET", url, headers=headers) as response:
            _require_ok(call, response)
            for piece in response.iter_bytes():
                content += piece
                if len(content) >= most:
                    break
                if monotonic() > until:
                    raise VendorUnavailable(SYSTEM, f"{call}: it was not done within {self._seconds} s")
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page or content[:20].lstrip().lower().startswith(_PAGE_BEGINS):
            raise UnexpectedResponse(SYSTEM, f"{call}: {_SIGN_IN}")
        return bytes(content[:most])

    def _send(self, url: httpx.URL, content: bytes) -> None:
        """Send the bytes. Sending them again is harmless: nobody sees them before they are shared."""
        call = "the upload"
        with self._http(call) as client:
            _require_ok(call, client.post(url, content=content, headers={"Content-Type": "application/octet-stream"}))

    def _checked(self, call: str, address: str) -> httpx.URL:
        """Require an address of the configured host or below; of a stand-in on this machine, its very port."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            raise UnexpectedResponse(SYSTEM, f"{call}: the file's address is not a web address") from None
        if is_loopback(str(self._home)):
            is_own = (url.scheme, url.host, url.port) == (self._home.scheme, self._home.host, self._home.port)
        else:
            below = url.host == self._home.host or url.host.endswith(f".{self._home.host}")
            is_own = below and url.scheme == "https" and url.port is None
        if not is_own:
            raise UnexpectedResponse(SYSTEM, f"{call}: the file's address is not Slack's. Nothing was sent there")
        return url

    @contextmanager
    def _http(self, call: str) -> Iterator[httpx.Client]:
        """A client that follows no redirect, which would carry the token elsewhere."""
        trust_env = not is_loopback(str(self._home))
        with no_secrets(self._token), vendor_call(SYSTEM, call):
            try:
                with httpx.Client(verify=authorities(), timeout=self._seconds, trust_env=trust_env) as client:
                    yield client
            except httpx.DecodingError:
                raise UnexpectedResponse(SYSTEM, f"{call}: the response is not readable") from None
            except httpx.HTTPError as error:
                raise VendorUnavailable(SYSTEM, f"{call}: the connection was lost ({type(error).__name__})") from None


def _require_ok(call: str, response: httpx.Response) -> None:
    if busy := unavailable(SYSTEM, call, response, writes=False):
        raise busy
    status = response.status_code
    if response.has_redirect_location:
        raise UnexpectedResponse(SYSTEM, f"{call}: {_SIGN_IN}", status=status)
    if status != httpx.codes.OK:
        message = f"{call}: Slack did not accept the file, or it was deleted (HTTP {status})"
        raise VendorRefused(SYSTEM, message, status=status)
