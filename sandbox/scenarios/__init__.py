"""The worlds a sandbox can begin with."""

import gc

from sandbox.salesforce.org import Org
from sandbox.salesforce.system import SalesforceSystem
from sandbox.scenarios.demo import build_demo
from sandbox.scenarios.generated import build_generated
from sandbox.state import SandboxState


def build(house: SandboxState, world: str, seed: int, accounts: int, moving: int) -> None:
    """Fill a house that was just reset.

    Args:
        house: the house.
        world: `empty` (what a fresh org has), `demo`, or `generated`.
        seed: of the generated world.
        accounts: how many accounts the generated world has.
        moving: how many accounts the CSM has who goes on leave in the demo world.
    """
    gc.unfreeze()
    _org(house).introduce()
    if world == "demo":
        build_demo(house, _org(house), moving)
    elif world == "generated":
        # Millions of lasting objects would be walked through again and again for nothing.
        gc.disable()
        build_generated(house, _org(house), seed, accounts)
        gc.freeze()
        gc.enable()


def _org(house: SandboxState) -> Org:
    salesforce = house.systems["salesforce"]
    assert isinstance(salesforce, SalesforceSystem)
    return salesforce.org
