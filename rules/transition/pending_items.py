"""What is pending on an account and goes to the new CSM, by kind (TRN-11)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.common.text import normalize, strip
from rules.transition.account_facts import COURSE, ESCALATION, AccountFacts, Case, CrmTask

TEMPLATE = "Account Transition - Manual 3 - Pending Items (Invitation to a Call)"
"""The Outreach template of every pending item's e-mail."""
MOST_PAST = 5
"""Earlier tickets that the context of an open one tells of, the newest first."""
_LONGEST = 1000


class PendingKind(StrEnum):
    """The kinds of pending items; escalations are ours."""

    QUESTIONS = "Questions and Requests"
    SUPPORT = "Support Tickets/Integrations/Customizations"
    ESCALATIONS = "Escalations"

    @property
    def place(self) -> int:
        """0 for the kind that is told first."""
        return list(PendingKind).index(self)


_KINDS = {
    "Question": PendingKind.QUESTIONS,
    "Request": PendingKind.QUESTIONS,
    "Support": PendingKind.SUPPORT,
    "Integration": PendingKind.SUPPORT,
    "Customization": PendingKind.SUPPORT,
    COURSE: PendingKind.SUPPORT,
    ESCALATION: PendingKind.ESCALATIONS,
}
_FOLDED = {normalize(name): kind for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class PendingItem:
    """Something that the new CSM takes over.

    Attributes:
        kind: which e-mail and which part of the checklist it belongs to.
        title: what it is about, in a line.
        context: what the new CSM should know of it, in lines; past tickets too.
        record_id: the case or task in Salesforce, 18 characters.
    """

    kind: PendingKind
    title: str
    context: str
    record_id: str


def pending_items(facts: AccountFacts) -> tuple[PendingItem, ...]:
    """Every open case and task, by kind; of a kind the cases first, the oldest first.

    **(ours)** A case about a course is a support ticket; one without a type, or of an unknown one, and a task are
    questions and requests.
    """
    cases = [_of_case(case, facts.past_cases()) for case in facts.open_cases()]
    found = [*cases, *(_of_task(task, facts) for task in facts.open_tasks)]
    return tuple(sorted(found, key=lambda one: one.kind.place))


def of_kind(items: Iterable[PendingItem], kind: PendingKind) -> tuple[PendingItem, ...]:
    """The items of one kind, in their order."""
    return tuple(one for one in items if one.kind is kind)


def _kind(case: Case) -> PendingKind:
    return _FOLDED.get(normalize(case.type), PendingKind.QUESTIONS)


def _of_case(case: Case, past: Iterable[Case]) -> PendingItem:
    title = f"{strip(case.type) or 'Case'} {case.number}: {strip(case.subject) or 'no subject'}"
    kind = _kind(case)
    lines = [f"Open since {case.opened}.", *_description(case)]
    if kind is not PendingKind.QUESTIONS:
        earlier = [one for one in past if _kind(one) is kind]
        lines += [_told(one) for one in reversed(earlier[-MOST_PAST:])]
    return PendingItem(kind, title, "\n".join(lines), case.id)


def _description(case: Case) -> Iterator[str]:
    written = strip(case.description)
    if written:
        yield written if len(written) <= _LONGEST else written[:_LONGEST] + "…"


def _told(case: Case) -> str:
    until = f", closed on {case.closed}" if case.closed else ", closed"
    return f"Earlier: {strip(case.type)} {case.number}, {strip(case.subject) or 'no subject'}{until}."


def _of_task(task: CrmTask, facts: AccountFacts) -> PendingItem:
    contact = next((one.name for one in facts.contacts if one.id == task.contact_id), None)
    lines = [f"Due on {task.due}." if task.due else "No due date.", *([f"With {contact}."] if contact else [])]
    return PendingItem(PendingKind.QUESTIONS, strip(task.subject) or "Task", "\n".join(lines), task.id)
