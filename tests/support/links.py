"""Every address that people are given, in the dashboard, in Slack, by mail and in files, and whether it leads there."""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zipfile import ZipFile, is_zipfile

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterStartTime
from prefect.client.schemas.sorting import ArtifactSort, FlowRunSort
from prefect.settings import PREFECT_UI_URL

from tests.support.sandbox import SandboxProcess

_ADDRESS = re.compile(r"""https?://[^\s<>()\[\]|"'`\\]+""")
_RUN, _ARTIFACT = re.compile(r"/runs/flow-run/([0-9a-f-]{36})"), re.compile(r"/artifacts/artifact/([0-9a-f-]{36})")
_VERSIONS = re.compile(r"/artifacts/key/([a-z0-9-]+)")
_FORM = re.compile(r"/deployments/deployment/([0-9a-f-]{36})/run")
_ALL_PAGES = "/v2/artifacts"
_BILLING = re.compile(r"https://[a-z0-9-]+\.recurly\.com/accounts/(.+)")
_NOT_OURS = ("//schemas.openxmlformats.org/", "//purl.org/", "//www.w3.org/", "//schemas.microsoft.com/")
"""The names of formats in a workbook."""
PAGE = 200


class Links:
    """What was written since a moment, and every address in it.

    Args:
        sandbox: where the vendors' pages are.
        since: when the test began (UTC).
    """

    def __init__(self, sandbox: SandboxProcess, since: datetime) -> None:
        self._sandbox, self._since = sandbox, since
        self._earlier_mails = len(sandbox.state("mail")["mails"])
        self._earlier_messages = {(channel, json.dumps(one)) for channel, one in self._messages()}

    async def dead(self) -> list[str]:
        """Where an address stands that leads nowhere, and the address."""
        async with get_client() as prefect, httpx.AsyncClient(trust_env=False) as http:
            texts = [*await self._in_prefect(prefect), *self._in_the_sandbox()]
            found = {(where, address.rstrip(".,;:")) for where, text in texts for address in _ADDRESS.findall(text)}
            leads = {address: await self._leads(address, prefect, http) for _, address in found}
        return sorted(f"{where}: {address}" for where, address in found if not leads[address])

    async def count(self) -> int:
        """How many different addresses there are."""
        async with get_client() as prefect:
            texts = [*await self._in_prefect(prefect), *self._in_the_sandbox()]
        return len({address for _, text in texts for address in _ADDRESS.findall(text)})

    async def _in_prefect(self, client: PrefectClient) -> list[tuple[str, str]]:
        texts: list[tuple[str, str]] = []
        offset = 0
        while True:
            page = await client.read_artifacts(sort=ArtifactSort.CREATED_DESC, limit=PAGE, offset=offset)
            new = [one for one in page if one.created and one.created >= self._since and one.type != "result"]
            texts += [(f"artifact {one.key}", f"{one.description or ''}\n{_plain(one.data)}") for one in new]
            offset += PAGE
            if len(page) < PAGE or len(new) < len([one for one in page if one.type != "result"]):
                break
        runs = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(start_time=FlowRunFilterStartTime(after_=self._since)),
            sort=FlowRunSort.START_TIME_DESC,
        )
        texts += [(f"run {one.name}", f"{one.name}\n{one.state.message if one.state else ''}") for one in runs]
        return texts

    def _in_the_sandbox(self) -> Iterator[tuple[str, str]]:
        for channel, one in self._messages():
            # Runs that an earlier test's message links to may have been forgotten since.
            if (channel, json.dumps(one)) not in self._earlier_messages:
                yield f"message in {channel}", json.dumps(one, ensure_ascii=False)
        for one in self._sandbox.state("mail")["mails"][self._earlier_mails :]:
            yield f"mail to {one['to']}", json.dumps(one, ensure_ascii=False)
        for one in self._sandbox.state("slack")["files"]:
            content = httpx.get(f"{self._sandbox.url}/slack/files/{one['id']}", trust_env=False).content
            if is_zipfile(io.BytesIO(content)):
                yield f"file {one['name']}", _workbook_text(content)

    def _messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every message in Slack, with the id of its channel."""
        for channel in self._sandbox.state("slack")["channels"]:
            yield from ((channel["id"], one) for one in channel["messages"])

    async def _leads(self, address: str, prefect: PrefectClient, http: httpx.AsyncClient) -> bool:
        if any(name in address for name in _NOT_OURS) or address == f"{PREFECT_UI_URL.value()}{_ALL_PAGES}":
            return True
        if path := _path_in_prefect(address):
            return address.startswith(str(PREFECT_UI_URL.value())) and await _answers(prefect, path)
        if billing := _BILLING.fullmatch(address):
            return any(one["code"] == billing[1] for one in self._sandbox.state("recurly")["accounts"])
        if not address.startswith(self._sandbox.url):
            return False
        return (await http.get(address, follow_redirects=True)).is_success


def _path_in_prefect(address: str) -> str:
    """The API's path of what a page of the dashboard shows; "" for another page."""
    pages = {
        _RUN: "/flow_runs/{}",
        _VERSIONS: "/artifacts/{}/latest",
        _ARTIFACT: "/artifacts/{}",
        _FORM: "/deployments/{}",
    }
    found = ((page.search(address), path) for page, path in pages.items())
    return next((path.format(match[1]) for match, path in found if match), "")


async def _answers(client: PrefectClient, path: str) -> bool:
    return (await client._client.get(path)).status_code == httpx.codes.OK


def _plain(data: object) -> str:
    return data if isinstance(data, str) else json.dumps(data)


def _workbook_text(content: bytes) -> str:
    """The texts of a workbook's parts."""
    with ZipFile(io.BytesIO(content)) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
