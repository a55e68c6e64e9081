"""List the sandbox's scenario, or load another."""

import httpx
from rich.console import Console
from rich.table import Table

from deployments.stack.settings import StackSettings

out = Console(highlight=False)


def show_world(settings: StackSettings, name: str | None, *, seed: int, accounts: int) -> int:
    """Print what each sale and each ending client shows; with a name, load that scenario first."""
    with httpx.Client(base_url=settings.sandbox_url, trust_env=False, timeout=120) as sandbox:
        try:
            if name:
                scenario = {"world": name, "seed": seed, "accounts": accounts}
                answer = sandbox.post("/_control/reset", json=scenario)
                if answer.is_error:
                    out.print(f"The sandbox refused the scenario: {answer.text}")
                    return 1
            state = sandbox.get("/_control/state", params={"system": "salesforce"}).json()
        except httpx.HTTPError:
            out.print(f"No sandbox answers at {settings.sandbox_url}: start one with `make up`.")
            return 1
    table = Table("Opportunity", "Id", "Shows")
    for row in state.get("demo", []):
        table.add_row(row["name"], row["opportunity_id"], row["shows"])
    out.print(table if state.get("demo") else "This scenario has no demo opportunities.")
    page = f"{settings.sandbox_url}/salesforce/lightning/o/Opportunity/list"
    endings = Table("Client", "Account", "Shows")
    for row in state.get("endings", []):
        endings.add_row(row["name"], row["account_id"], row["shows"])
    if state.get("endings"):
        out.print(endings)
    out.print(f"To close one, open it and change its StageName: {page}", soft_wrap=True)
    return 0
