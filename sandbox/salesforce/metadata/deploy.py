"""The resource `metadata/deployRequest`: takes a zip of metadata, and tells what came of it.

https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm
"""

import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.salesforce import ids
from sandbox.salesforce.calls import Answer
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.metadata.bare import Failure
from sandbox.salesforce.metadata.package import BadComponent, files_of
from sandbox.salesforce.org import Org


class Deployments:
    """The deployments of an org, all or none each. They are done at once; the first answer says Pending, as usual."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._following = ids.counter("0Af")
        self._results: dict[str, dict[str, Any]] = {}

    async def start(self, request: Request) -> Answer:
        """POST metadata/deployRequest: a form of the parts `json` (the options) and `file` (the zip)."""
        if self._org.metadata is None:
            raise SalesforceError("INVALID_OPERATION", "This world has every field. Load the world bare first")
        form = await request.form()
        upload, told = form.get("file"), form.get("json") or form.get("entity_content")
        content = await told.read() if isinstance(told, UploadFile) else str(told or "").encode()
        try:
            options = json.loads(content)["deployOptions"]
        except (ValueError, TypeError, KeyError):
            raise SalesforceError("JSON_PARSER_ERROR", "the part json holds no deployOptions") from None
        if not isinstance(upload, UploadFile):
            raise SalesforceError("MISSING_ARGUMENT", "the part file is missing")
        name = self._following()
        self._results[name] = self._result(await upload.read(), options)
        pending = {"status": "Pending", "done": False, "success": False, "checkOnly": bool(options.get("checkOnly"))}
        return Answer(201, {"id": name, "deployOptions": options, "deployResult": {"id": name} | pending})

    def status(self, name: str) -> Answer:
        """GET metadata/deployRequest/{id}."""
        if name not in self._results:
            raise not_found()
        return Answer(200, {"id": name, "deployResult": {"id": name} | self._results[name]})

    def _result(self, content: bytes, options: dict[str, Any]) -> dict[str, Any]:
        try:
            files = files_of(content)
        except BadComponent as bad:
            return _outcome(options, 0, [Failure("package.xml", str(bad))])
        assert self._org.metadata is not None
        metadata = self._org.metadata.copy()
        failures = metadata.take(files)
        if not failures and not options.get("checkOnly"):
            self._org.deployed(metadata)
        return _outcome(options, len(files), failures)


def _outcome(options: dict[str, Any], files: int, failures: list[Failure]) -> dict[str, Any]:
    found = [{"fullName": one.component, "problem": one.problem, "problemType": "Error"} for one in failures]
    return {
        "checkOnly": bool(options.get("checkOnly")),
        "rollbackOnError": True,
        "done": True,
        "success": not found,
        "status": "Failed" if found else "Succeeded",
        "numberComponentErrors": len(found),
        "numberComponentsDeployed": 0 if found else files,
        "numberComponentsTotal": files,
        "details": {"componentFailures": found, "componentSuccesses": []},
    }
