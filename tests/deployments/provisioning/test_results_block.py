import pytest
from prefect.results import aresolve_result_storage

from deployments.provisioning.bootstrap import save_results_block
from deployments.stack.topology import RESULTS

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]


async def test_the_block_of_kept_results_stores_in_the_folder_that_was_named_last(tmp_path):
    for name in ("before", "now"):
        await save_results_block(tmp_path / name)
    storage = await aresolve_result_storage(RESULTS)
    await storage.write_path("kept", b"result")
    assert (tmp_path / "now" / "kept").read_bytes() == b"result"
    assert not (tmp_path / "before").exists()
