"""Addresses of pages in the dashboard: those of the interface that opens by default, Prefect's V2."""

import re
from uuid import UUID

from prefect.settings import PREFECT_UI_URL, get_current_settings

V2 = "/v2"
_RUN = re.compile(r"/runs/flow-run/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def dashboard() -> str:
    """The address of the dashboard, without a slash at its end: `http://127.0.0.1:4200/v2`.

    `PREFECT_UI_URL` may name the server or its V2 interface. Where `PREFECT_SERVER_UI_V2_ENABLED` is false, the older
    interface is the default, and addresses lead there.
    """
    base = (PREFECT_UI_URL.value() or "").rstrip("/")
    is_v2 = get_current_settings().server.ui.v2_enabled
    return base if base.endswith(V2) or not is_v2 else f"{base}{V2}"


def run_of_page(address: str) -> UUID | None:
    """The flow run whose page it is, in either interface; None for any other address."""
    found = _RUN.search(address)
    return UUID(found[1]) if found else None


def page_of_artifact(artifact_id: UUID) -> str:
    """The page of one version of an artifact."""
    return f"{dashboard()}/artifacts/artifact/{artifact_id}"


def versions_of_artifact(key: str) -> str:
    """The list of all versions of an artifact."""
    return f"{dashboard()}/artifacts/key/{key}"


def run_form(deployment_id: UUID) -> str:
    """The form that starts a run of a deployment."""
    return f"{dashboard()}/deployments/deployment/{deployment_id}/run"


def all_pages() -> str:
    """The list of all artifacts, which people can search by name; neither interface's menu links to it."""
    return f"{dashboard()}/artifacts"
