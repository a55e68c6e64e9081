"""After a deploy, the next run executes the new code, and later ones do so in warm processes."""

import pytest

from tests.support.warm_worker import until

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("warm worker"), pytest.mark.timeout(600)]


def edit(file, old, new):
    """Change a file as a deploy does: the new one has another size, so no compiled module fits by chance."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_next_run_has_the_new_code_and_later_ones_are_warm_while_an_old_run_goes_on(worker, probe):
    old = probe(gate=True)
    assert (old.facts["warm"], old.facts["version"]) == (True, "first")
    before = worker.fork_server()

    edit(worker.project / "flows" / "probes.py", '"first"', '"the second"')
    assert probe().facts["version"] == "the second"

    until(lambda: worker.fork_server() != before, "another fork server serves")
    later = probe().facts
    assert (later["warm"], later["version"]) == (True, "the second")
    old.open()
    assert old.ended()["state_name"] == "Completed"


@pytest.mark.long
def test_a_fork_server_whose_own_code_changes_is_replaced(worker, probe):
    before = worker.fork_server()
    edit(worker.project / "deployments" / "worker" / "fork_server.py", "SPARES = 2", "SPARES = 2  # as before")

    assert probe().ended()["state_name"] == "Completed"

    until(lambda: worker.fork_server() != before, "another fork server serves")
    assert probe().facts["warm"]
