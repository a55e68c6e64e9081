"""Take the pictures of `docs/images` from a whole stack with the demo data: `python -m tests.browser.pictures`."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.sandbox.clients import connect
from tests.support.closing import close
from tests.support.stack import StackProcess, running_stack

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PATIENCE = 120_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VIEWPORT = {"width": 1500, "height": 1250}
SOLD, ASKED, MOVED = "Northwind Pediatrics", "Ginkgo", "Dunmore Senior Care"


def take_all(page: Page, stack: StackProcess) -> None:
    """Close two sales, look ahead at the ends, compare all systems, plan a transition; take the picture of each."""
    demo = stack.sandbox.state("salesforce")["demo"]
    sold = next(sale["opportunity_id"] for sale in demo if SOLD in sale["name"])
    close(stack.sandbox, sold)
    run = stack.ended(sold)
    opportunity = connect(stack.sandbox).Opportunity.get(sold)
    artifact(page, stack, f"onboarding-{sold.lower()}", "onboarding-report")
    artifact(page, stack, f"csm-assignment-{opportunity['AccountId'].lower()}", "csm-ranking")
    page.goto(f"{stack.urls['prefect']}/v2/runs/flow-run/{run['id']}")
    expect(page.get_by_text("Completed").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    take(page, "onboarding-run")

    question(page, stack, next(sale for sale in demo if ASKED in sale["name"]))
    preview(page, stack, "deactivation/end-of-contract", {}, "end-of-contract")
    stack.run_to_end("reconciliation/reconciliation")
    artifact(page, stack, "drift", "drift")
    account = {"account": MOVED, "new_csm": "Ada Novak", "reason": "Leave"}
    preview(page, stack, "account-transition/account-transition", {"one": account}, "account-transition-plan")


def question(page: Page, stack: StackProcess, sale: dict[str, Any]) -> None:
    """The question about a sale in the sandbox's Slack."""
    close(stack.sandbox, sale["opportunity_id"])
    page.goto(f"{stack.urls['sandbox']}/slack")
    asks = page.get_by_role("button", name="Check again")
    message = page.get_by_role("article").filter(has=asks).last
    expect(message).to_be_visible()
    message.screenshot(path=FOLDER / "question.png")


def preview(page: Page, stack: StackProcess, deployment: str, parameters: dict[str, Any], name: str) -> None:
    """The page that a preview leaves."""
    there = stack.prefect.get(f"/deployments/name/{deployment}").raise_for_status().json()
    started = stack.prefect.post(
        f"/deployments/{there['id']}/create_flow_run", json={"parameters": {**parameters, "preview": True}}
    )
    run = stack.until_named("Previewed", id={"any_": [started.raise_for_status().json()["id"]]})
    of_run = {"artifacts": {"flow_run_id": {"any_": [run]}, "type": {"any_": ["markdown"]}}}
    (newest, *_) = stack.prefect.post("/artifacts/filter", json=of_run).raise_for_status().json()
    artifact(page, stack, newest["key"], name)


def artifact(page: Page, stack: StackProcess, key: str, name: str) -> None:
    """The newest version of an artifact in the dashboard."""
    page.goto(f"{stack.urls['prefect']}/v2/artifacts/artifact/{stack.newest_artifact(key)['id']}")
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    take(page, name)


def take(page: Page, name: str) -> None:
    """Keep the page as a picture."""
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> int:
    """Take every picture anew; 1 if there is no browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("There is no Chromium: install it with apt-get install chromium.\n")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), world="demo", LIFECYCLE_CONCURRENCY="4") as stack,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser,
        browser.new_page(viewport=VIEWPORT, color_scheme="light") as page,  # type: ignore[arg-type]
    ):
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        take_all(page, stack)
    return 0


if __name__ == "__main__":
    sys.exit(main())
