"""The check of kept results writes, reads and deletes where runs keep theirs."""

import pytest

from tasks.health.storage_checks import block_check, folder_check, storage_checks


def test_a_folder_that_takes_and_gives_is_fine_and_stays_as_it_was(tmp_path):
    folder = tmp_path / "storage"
    check = folder_check(folder)
    assert (check.ok, str(folder) in check.message) == (True, True)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_that_says_what_to_do(tmp_path):
    (tmp_path / "storage").write_text("a file")
    check = folder_check(tmp_path / "storage")
    assert not check.ok
    assert "File exists" in check.message
    assert "read and write access" in check.message


@pytest.mark.flows
async def test_a_storage_block_is_written_and_read_and_a_missing_one_is_named(prefect_api, tmp_path):  # noqa: ARG001 - the server
    from prefect.filesystems import LocalFileSystem  # noqa: PLC0415 - imports Prefect

    await LocalFileSystem(basepath=str(tmp_path)).save("kept", overwrite=True)
    assert (await block_check("local-file-system/kept")).ok
    missing = await block_check("local-file-system/none-of-ours")
    assert not missing.ok
    assert "local-file-system/none-of-ours" in missing.message


@pytest.mark.flows
async def test_the_block_that_the_server_names_for_all_workers_is_the_one_that_is_checked(prefect_api, tmp_path):
    from prefect.client.orchestration import PrefectClient  # noqa: PLC0415 - imports Prefect
    from prefect.filesystems import LocalFileSystem  # noqa: PLC0415 - imports Prefect

    block = await LocalFileSystem(basepath=str(tmp_path / "all")).save("for-all-workers", overwrite=True)
    async with PrefectClient(prefect_api) as client:
        await client.update_server_default_result_storage(block)
        try:
            (check,) = await storage_checks(client)
        finally:
            await client.clear_server_default_result_storage()
    assert check.ok
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["lifecycle-check"]
