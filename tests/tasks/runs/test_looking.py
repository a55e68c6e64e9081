"""Outside a run, what another system creates is looked for until it is there or the patience is over."""

import pytest

from tasks.runs.looking import Awaited, look_until_there


def awaited(patience):
    return Awaited("Recurly", "account with the code 001", "001", patience)


@pytest.mark.parametrize("misses", [0, 1, 3])
async def test_what_comes_is_returned_and_looked_for_no_more(misses):
    answers = iter([*[None] * misses, "there"])

    async def look():
        return next(answers)

    assert await look_until_there(awaited(60), look) == "there"
    assert list(answers) == []


@pytest.mark.parametrize(("patience", "looks"), [(0, 1), (0.3, 3)])
async def test_what_does_not_come_is_looked_for_until_the_patience_is_over(patience, looks):
    seen = []

    async def look():
        seen.append(1)

    assert await look_until_there(awaited(patience), look) is None
    assert len(seen) == looks
