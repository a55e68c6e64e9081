from collections.abc import Iterator

import pytest

from tests.blocks.vendor import Vendor, started


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with started() as one:
        yield one
