"""The runbook's cards: what people read next after a message says that something is wrong (D-3)."""

import os
from dataclasses import dataclass
from typing import Any, Final

from prefect import State

from rules.health.findings import Finding

DOCS_URL: Final = "LIFECYCLE_DOCS_URL"
"""The variable with the address of the docs: of the site, or of their folder in a web view of the repository."""
STATES, CHECKS = "runbook", "runbook-check"
"""The pages: a card for each name of a final state, and for each kind of finding of `lifecycle check`."""
_MARK: Final = "Runbook: "
_SET_UP: Final = {
    "LMS": "lms",
    "Mail": "mail",
    "Outreach": "outreach",
    "Prefect": "prefect",
    "Receiver": "prefect",
    "Recurly": "recurly",
    "Salesforce": "salesforce",
    "Security": "prefect",
    "Slack": "slack",
}
"""The page of `docs/going-live/` that sets an area of `lifecycle check` up; the other areas need no set-up."""


@dataclass(frozen=True)
class Card:
    """A section of the runbook.

    Attributes:
        page: its file in `docs/`, without `.md`.
        title: its heading.
    """

    page: str
    title: str

    @property
    def url(self) -> str:
        """Its address; "" if `LIFECYCLE_DOCS_URL` is not set."""
        page = _page_url(self.page)
        return page and f"{page}#{self.title.lower().replace(' ', '-')}"

    @property
    def label(self) -> str:
        """The words of a link to it; without an address, they say where it is."""
        return f"{_MARK}{self.title}" if self.url else f"{_MARK}{self.title} (docs/{self.page}.md)"

    def __str__(self) -> str:
        """In a plain text, where an address becomes a link by itself."""
        return f"{_MARK}{self.url}" if self.url else self.label


COMMAND_CARD: Final = Card(STATES, "A command ends with an error")


def _page_url(page: str) -> str:
    docs = os.environ.get(DOCS_URL, "").rstrip("/")
    return docs and f"{docs}/{page}{'.md' if '/blob/' in docs else '.html'}"


def set_up_page(area: str) -> str:
    """Where the set-up of an area of `lifecycle check` is described; "" for an area without one."""
    page = _SET_UP.get(area)
    return f"Set-up: {_page_url(f'going-live/{page}') or f'docs/going-live/{page}.md'}" if page else ""


def state_card(state: str) -> Card:
    """The card of a final state, by its name."""
    return Card(STATES, state)


def finding_card(finding: Finding) -> Card:
    """The card of a finding of `lifecycle check`."""
    return Card(CHECKS, finding.card)


def with_card(state: State[Any]) -> State[Any]:
    """The state; the message of a failure ends with its card."""
    if state.is_failed() and state.name:
        state.message = f"{state.message or ''} {state_card(state.name)}".strip()
    return state


def without_card(message: str | None) -> str:
    """The message of a state without its card, for pages that have a link of their own."""
    return (message or "").rpartition(f" {_MARK}")[0] or message or ""
