"""Files of the org, as a person saves them."""

import base64
import mimetypes
from html import escape
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from sandbox.salesforce.schema.model import Row
from sandbox.salesforce.store import Store


def newest_version(store: Store, row: Row) -> Row | None:
    """The version that is saved: of a document its newest, of a link its document's; None for other records."""
    record_id = str(row["Id"])
    match record_id[:3]:
        case "068":
            return row
        case "069":
            return store.live("ContentVersion", str(row.get("LatestPublishedVersionId")))
        case "06A":
            document = store.live("ContentDocument", str(row.get("ContentDocumentId")))
            return newest_version(store, document) if document else None
    return None


def download_button(store: Store, row: Row) -> str:
    """A button that saves the file of a record; "" where it has none."""
    version = newest_version(store, row)
    if version is None:
        return ""
    size = f" ({version.get('ContentSize', 0):,} bytes)"
    address = f"/salesforce/lightning/r/{version['Id']}/download"
    return f"<p><a class='button primary' href='{address}'>Download {escape(_name(version))}</a>{size}</p>"


def download(version: Row) -> Response:
    """The content of a version, under its file's name."""
    name = _name(version)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers: dict[str, Any] = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(base64.b64decode(version.get("VersionData") or ""), headers=headers, media_type=kind)


def _name(version: Row) -> str:
    return str(version.get("PathOnClient") or version.get("Title") or "file").rpartition("/")[2]
