"""List the sandbox's scenario, or load another."""

import httpx
from rich.console import Console
from rich.table import Table

from deployments.stack.settings import StackSettings, no_stack

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
            out.print(no_stack(settings.sandbox_url, "SANDBOX_PORT"), soft_wrap=True)
            return 1
    table = Table("Opportunity", "Id", "Shows")
    for row in state.get("demo", []):
        table.add_row(row["name"], row["opportunity_id"], row["shows"])
    out.print(table if state.get("demo") else "This scenario has no demo opportunities.")
    endings = Table("Client", "Account", "Shows")
    for row in state.get("endings", []):
        endings.add_row(row["name"], row["account_id"], row["shows"])
    if state.get("endings"):
        out.print(endings)
    out.print(f"To close one, press its button on the start page: {settings.sandbox_url}/", soft_wrap=True)
    return 0
