"""CI runs a share of the slow modules: every one in its turn, and none that is the only test of a rule."""

import pytest

from tests.support.sampling import ROOT, SLOW, chosen

COMMITS = ("0" * 40, f"{1:08x}{'0' * 32}", f"{2:08x}{'0' * 32}")


def test_every_slow_module_exists_once():
    assert [module for module in SLOW if not (ROOT / "tests" / module).is_file()] == []
    assert len(SLOW) == len({*SLOW})


@pytest.mark.parametrize("share", [1, 2, 3])
def test_the_shares_of_as_many_commits_are_all_modules_once(share):
    run = [module for commit in COMMITS[:share] for module in chosen(share, commit)]
    assert sorted(run) == sorted(SLOW)
