"""Deploys our metadata as the Salesforce CLI does: it makes a zip of the source files, and sends it to the org."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import httpx
from defusedxml import ElementTree
from simple_salesforce.format import format_soql

from tests.support.sandbox import SandboxProcess

ROOT = Path(__file__).parents[2] / "deployments" / "salesforce"
SOURCE, GO_LIVE = ROOT / "force-app" / "main" / "default", ROOT / "go-live" / "main" / "default"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
VERSION = "/services/data/v59.0"
PERMISSION_SET = "Customer_Lifecycle_Automation"


def package(*folders: Path, without: str = "") -> bytes:
    """The zip of source folders in the format of the Metadata API, without files whose path contains `without`."""
    parts: dict[str, Element] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*-meta.xml")):
            if not without or without not in str(path):
                _add(parts, path.relative_to(folder), ElementTree.parse(path).getroot())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("package.xml", f"<Package xmlns='{NAMESPACE[1:-1]}'><version>59.0</version></Package>")
        for name, root in parts.items():
            archive.writestr(name, tostring(root))
    return content.getvalue()


def _add(parts: dict[str, Element], path: Path, root: Element) -> None:
    """Add a file; those of an object become one."""
    if path.parts[0] == "objects":
        whole = parts.setdefault(f"objects/{path.parts[1]}.object", Element(f"{NAMESPACE}CustomObject"))
        if path.parts[2] == "fields":
            root.tag = f"{NAMESPACE}fields"
            whole.append(root)
        else:
            whole.extend(root)
    elif path.name.endswith(".reportFolder-meta.xml"):
        parts[str(path).replace(".reportFolder", "")] = root
    else:
        parts[str(path).removesuffix("-meta.xml")] = root


@contextmanager
def admin(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """A client of the org's API."""
    own = sandbox.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": own.salesforce_consumer_key,
        "client_secret": own.salesforce_consumer_secret,
    }
    with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=30) as client:
        token = client.post("/services/oauth2/token", data=form).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def deploy(client: httpx.Client, zipped: bytes, **options: Any) -> dict[str, Any]:
    """Deploy a zip; the result once it is done."""
    parts = {
        "json": (None, json.dumps({"deployOptions": options}), "application/json"),
        "file": ("deploy.zip", zipped, "application/zip"),
    }
    started = client.post(f"{VERSION}/metadata/deployRequest", files=parts)
    assert started.status_code == httpx.codes.CREATED, started.text
    path = f"{VERSION}/metadata/deployRequest/{started.json()['id']}?includeDetails=true"
    while not (result := client.get(path).raise_for_status().json()["deployResult"])["done"]:
        pass
    return dict(result)


def assign(client: httpx.Client, username: str, name: str = PERMISSION_SET) -> None:
    """Assign a permission set to a user, as `sf org assign permset` does."""
    (user,) = found(client, format_soql("SELECT Id FROM User WHERE Username = {}", username))
    (known,) = found(client, format_soql("SELECT Id FROM PermissionSet WHERE Name = {}", name))
    body = {"AssigneeId": user["Id"], "PermissionSetId": known["Id"]}
    client.post(f"{VERSION}/sobjects/PermissionSetAssignment", json=body).raise_for_status()


def found(client: httpx.Client, soql: str) -> list[dict[str, Any]]:
    """The rows of a query."""
    answer = client.get(f"{VERSION}/query", params={"q": soql})
    assert answer.is_success, f"{soql}: {answer.text}"
    return list(answer.json()["records"])
