"""What people of a transition see and click: the channel in Slack, the dashboard's forms, pages and tables."""

import re
from itertools import count
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.stack import StackProcess

PATIENT = 180_000


class Screens:
    """One person's browser; a picture of every screen is left in the folder."""

    def __init__(self, page: Page, stack: StackProcess, folder: Path) -> None:
        self.page, self.slack, self.dashboard = page, f"{stack.urls['sandbox']}/slack", stack.urls["prefect"]
        self._prefect, self._folder, self._numbers = stack.prefect, folder, count(1)

    def picture(self, name: str) -> None:
        """Keep what is shown now."""
        self.page.screenshot(path=self._folder / f"{next(self._numbers):02}-{name}.png")

    # --- Slack

    def channel(self, person: str) -> None:
        """The CSM channel, as somebody sees it."""
        self.page.goto(self.slack)
        self.page.get_by_role("link", name="# cs-operations").click()
        self.page.get_by_label("You are").select_option(label=person)
        expect(self.page.get_by_role("log")).to_be_visible()

    def share(self, file: Path) -> None:
        """Share a file in the channel."""
        self.page.get_by_label("Share a file").set_input_files(file)
        self.page.get_by_role("button", name="Share", exact=True).click()

    def message(self, text: str, patient: int = PATIENT) -> Locator:
        """The newest message of the channel that says so."""
        found = self.page.locator("#messages > article", has_text=text).last
        expect(found).to_be_visible(timeout=patient)
        return found

    def follow(self, message: Locator, link: str) -> str:
        """Follow a link of a message; the address."""
        address = message.get_by_role("link", name=link, exact=True).get_attribute("href")
        assert address
        self.page.goto(address)
        return address

    def download(self, title: str) -> Path:
        """Save a file that was shared in the channel."""
        with self.page.expect_download() as saving:
            self.page.get_by_role("link", name=title, exact=True).last.click()
        target = self._folder / saving.value.suggested_filename
        saving.value.save_as(target)
        return target

    # --- the dashboard

    def start(self, deployment: str, title: str, value: str, *, preview: bool = False) -> str:
        """Fill in one field of a form that begins with preview on, and look at the run; the id of the deployment."""
        found = self._prefect.get(f"/deployments/name/account-transition/{deployment}").raise_for_status().json()
        self.page.goto(f"{self.dashboard}/deployments/deployment/{found['id']}/run")
        field = self._field(title)
        field.get_by_role("textbox").fill(value)
        if not preview:
            self._field("Preview").get_by_role("switch").click()
        self.picture(f"form-{title.lower().replace(' ', '-')}")
        # The button that leads to the run goes away by itself.
        with self.page.expect_response(re.compile("/create_flow_run$")) as started:
            self.page.get_by_role("button", name="Submit").click()
        run = started.value.json()
        assert run["parameters"]["preview"] is preview
        self.page.goto(f"{self.dashboard}/runs/flow-run/{run['id']}")
        return str(found["id"])

    def _field(self, title: str) -> Locator:
        label = self.page.locator(".schema-form-property__label", has_text=re.compile(f"^{re.escape(title)} "))
        return self.page.locator(".schema-form-property", has=label).last

    def state(self, name: str, patient: int = PATIENT) -> None:
        """Wait until the run whose page is shown is in the state of that name, or in any."""
        expect(self.page.locator(".state-badge", has_text=name).first).to_be_visible(timeout=patient)

    def versions(self, address: str) -> list[str]:
        """The addresses of an artifact's versions, the newest first."""
        self.page.goto(address)
        links = self.page.locator("a[href*='/artifacts/artifact/']")
        expect(links.first).to_be_visible()
        return list(dict.fromkeys(f"{self.dashboard}{one.get_attribute('href')}" for one in links.all()))

    def table(self, number: int = 0, *, cut: bool = False) -> list[list[str]]:
        """The cells of a table on the page, without its head; it is no wider than the page, or cut there."""
        table = self.page.locator("table").nth(number)
        expect(table).to_be_visible()
        assert cut or table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
        rows = table.locator("tbody tr")
        return [[cell.inner_text().strip() for cell in row.locator("td").all()] for row in rows.all()]

    def resume(self, name: str, **choices: str) -> None:
        """Fill in the form of a run that waits."""
        self.page.get_by_role("button", name="Resume").click()
        form = self.page.get_by_role("dialog")
        for title, label in choices.items():
            self._choose(form, title, label)
        form.locator(".schema-form-property", has_text="Your name").last.get_by_role("textbox").fill(name)
        self.picture("resume")
        form.get_by_role("button", name="Submit").click()

    def retry(self, run_id: str) -> None:
        """Look at a run's page, and have it tried again."""
        self.page.goto(f"{self.dashboard}/runs/flow-run/{run_id}")
        self.press("Retry", "Retry")

    def press(self, button: str, confirm: str) -> None:
        """Press a button of the run's page, and the one that confirms it."""
        self.page.get_by_role("button", name=button, exact=True).click()
        self.picture(button.lower())
        self.page.get_by_role("dialog").get_by_role("button", name=confirm).click()

    def _choose(self, form: Locator, title: str, label: str) -> None:
        """Prefect's own list: neither a select nor labelled."""
        form.locator(".schema-form-property", has_text=title).last.locator(".p-select-button__icon").click(force=True)
        self.page.locator(".p-select-option", has_text=label).click()
