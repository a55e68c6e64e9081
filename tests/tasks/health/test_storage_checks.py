"""The check of kept results writes, reads and deletes where runs keep theirs."""

import pytest

from tasks.health.storage_checks import block_check, folder_check, sharing_check


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


@pytest.mark.parametrize(("workers", "ok"), [(0, True), (1, True), (2, False)])
def test_several_workers_with_a_folder_are_a_warning(tmp_path, workers, ok):
    check = sharing_check(workers, tmp_path)
    assert check.ok is ok
    assert check.only_warns is not ok
    assert ok or "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK" in check.message


@pytest.mark.flows
async def test_a_storage_block_is_written_and_read_and_a_missing_one_is_named(prefect_api, tmp_path):  # noqa: ARG001 - the server
    from prefect.filesystems import LocalFileSystem  # noqa: PLC0415 - imports Prefect

    await LocalFileSystem(basepath=str(tmp_path)).save("kept", overwrite=True)
    assert (await block_check("local-file-system/kept")).ok
    missing = await block_check("local-file-system/none-of-ours")
    assert not missing.ok
    assert "local-file-system/none-of-ours" in missing.message
