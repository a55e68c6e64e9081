"""A real Chromium and a whole stack to click through."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.screens import Screens
from tests.support.stack import StackProcess, running_stack

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
PATIENCE = 120_000
"""Milliseconds until a page shows what it is to show, on a machine that does other things as well."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("LIFECYCLE_REQUIRE_BROWSER"):
                item.add_marker(
                    pytest.mark.skip("No Chromium was found: apt-get install chromium runs the browser tests")
                )


@pytest.fixture(scope="package")  # while Playwright runs, no test of another folder could have an event loop
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "LIFECYCLE_REQUIRE_BROWSER is set, and there is no Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """A whole stack with the demo world."""
    with running_stack(tmp_path_factory.mktemp("demo"), world="demo", LIFECYCLE_CONCURRENCY="4") as stack:
        yield stack


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1500, "height": 1100}) as page:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page


@pytest.fixture
def screens(page: Page, stack: StackProcess, tmp_path: Path) -> Screens:
    return Screens(page, stack, tmp_path)
