"""A name of a record is shown in the dashboard and never obeyed: opening its page asks nobody else."""

import json

from playwright.sync_api import Page, expect

from tasks.core.artifacts import as_text
from tasks.templates import link, render
from tests.support.stack import StackProcess

EVIL = "evil.example"
FAR = f"https://{EVIL}"
NAME = f"![Acme]({FAR}/seen.png) <img src={FAR}/x.png> {FAR}/log-in [Pay]({FAR}) & Sons"
SHOWN = "& Sons"


def opened(page: Page, stack: StackProcess, kind: str, data: str, description: str) -> tuple[list[str], int]:
    """What the page of such an artifact asks of the host in the name, and its links there."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if EVIL in request.url else None)
    made = {"key": f"names-{kind}", "type": kind, "data": data, "description": description}
    artifact = stack.prefect.post("/artifacts/", json=made).raise_for_status().json()
    page.goto(f"{stack.urls['prefect']}/artifacts/artifact/{artifact['id']}")
    expect(page.get_by_text(SHOWN).nth(1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    return asked, page.locator(f"a[href*='{EVIL}']").count()


def test_a_hostile_name_asks_no_foreign_host_and_is_no_link(page: Page, stack: StackProcess):
    row = {"Account": link(NAME, f"{stack.urls['sandbox']}/salesforce"), "Said": as_text(NAME)}
    assert opened(page, stack, "table", json.dumps([row]), as_text(NAME)) == ([], 0)
    text = render("csm_kept.md", account={"name": NAME}, account_url=stack.urls["sandbox"], csm=NAME)
    assert opened(page, stack, "markdown", text, as_text(NAME)) == ([], 0)


def test_a_name_that_is_not_escaped_would_be_obeyed(page: Page, stack: StackProcess):
    asked, links = opened(page, stack, "table", json.dumps([{"Said": NAME}]), NAME)
    assert asked
    assert links
