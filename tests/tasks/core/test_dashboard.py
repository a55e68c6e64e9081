"""Links lead to the interface that opens by default, wherever the dashboard is."""

from uuid import UUID

import pytest
from prefect.settings import PREFECT_SERVER_UI_V2_ENABLED, PREFECT_UI_URL, temporary_settings

from tasks.core.dashboard import dashboard, page_of_artifact, run_of_page
from tasks.runs.claims import page

ID = UUID("5f0e5c1e-3c1d-4f4e-9a56-0d6f1a2b3c4d")


@pytest.mark.parametrize("base", ["https://p.example", "https://p.example/", "https://p.example/v2"])
def test_an_address_leads_to_the_v2_interface_once(base):
    with temporary_settings({PREFECT_UI_URL: base}):
        assert dashboard() == "https://p.example/v2"
        assert page(ID) == f"https://p.example/v2/runs/flow-run/{ID}"
        assert page_of_artifact(ID) == f"https://p.example/v2/artifacts/artifact/{ID}"


def test_where_v2_is_switched_off_an_address_leads_to_the_older_interface():
    with temporary_settings({PREFECT_UI_URL: "https://p.example", PREFECT_SERVER_UI_V2_ENABLED: False}):
        assert page(ID) == f"https://p.example/runs/flow-run/{ID}"


@pytest.mark.parametrize("base", ["http://127.0.0.1:4200", "https://p.example/v2", "https://p.example/prefect/v2"])
def test_a_run_is_known_by_its_page_in_either_interface(base):
    assert run_of_page(f"{base}/runs/flow-run/{ID}") == ID
    assert run_of_page(f"{base}/artifacts/artifact/{ID}") is None
