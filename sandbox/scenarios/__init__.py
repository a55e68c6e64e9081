"""The worlds a sandbox can begin with."""

import gc

from sandbox.salesforce.org import Org
from sandbox.salesforce.system import SalesforceSystem
from sandbox.scenarios.demo import build_demo
from sandbox.scenarios.generated import build_generated
from sandbox.state import SandboxState


def build(sandbox: SandboxState, world: str, seed: int, accounts: int, moving: int, *, drift_every: int) -> None:
    """Fill a sandbox that was just reset.

    Args:
        sandbox: its state.
        world: `empty` (nothing but our fields), `bare` (not even these, as an org comes from Salesforce), `demo`, or
            `generated`.
        seed: of the generated world.
        accounts: how many accounts the generated world has.
        moving: how many accounts the CSM has who goes on leave in the demo world.
        drift_every: in steps of so many customers of the generated world, the LMS has one user too many; 0 for none.
    """
    gc.unfreeze()
    _org(sandbox).store.skip(sandbox.skipped_ids)
    _org(sandbox).introduce()
    if world == "bare":
        _org(sandbox).empty()
    elif world == "demo":
        build_demo(sandbox, _org(sandbox), moving)
    elif world == "generated":
        # Millions of lasting objects would be walked through again and again for nothing.
        gc.disable()
        build_generated(sandbox, _org(sandbox), seed, accounts, drift_every)
        gc.freeze()
        gc.enable()


def _org(sandbox: SandboxState) -> Org:
    salesforce = sandbox.systems["salesforce"]
    assert isinstance(salesforce, SalesforceSystem)
    return salesforce.org
