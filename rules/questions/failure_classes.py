"""The classes of failures: by the name of its state, who must act after a run failed, and what they must do (D-3)."""

from dataclasses import dataclass
from typing import Final

from rules.common.problems import NOT_ASKED, Responsible

FAILED: Final = "failed"
"""The tag of every run that failed and was not retried; the slug of its class is another tag."""
VENDORS: Final = ("Salesforce", "LMS", "Recurly", "Slack", "Outreach", "Mail", "Prefect")
"""The systems that a failure's message may begin with."""
OPS: Final = "CS Operations"


@dataclass(frozen=True)
class FailureClass:
    """Failures after which the same people must do the same.

    Attributes:
        slug: the tag of its runs, and its name on the command line.
        state: the name of the state.
        who: must act.
        remedy: what they must do, as a sentence.
        retryable: whether Retry helps, once that is done.
        shared: whether many of its failures usually have one cause, such as a vendor that is down.
    """

    slug: str
    state: str
    who: str
    remedy: str
    retryable: bool = True
    shared: bool = False


def _needs(who: Responsible, slug: str) -> FailureClass:
    return FailureClass(slug, who.state_name, who.value, "Repair what the run's artifact lists, then press Retry.")


DEFECT: Final = FailureClass(
    "defect", "Failed", "an engineer", "The project has a defect. Send the link of the run to an engineer."
)
CLASSES: Final = (
    FailureClass(
        "unavailable", "Unavailable", "nobody, at first", "When the vendor is back, press Retry.", shared=True
    ),
    FailureClass(
        "refused", "Refused", "the person named in the message", "Put right what the message names, then press Retry."
    ),
    _needs(Responsible.SALES, "needs-sales"),
    _needs(Responsible.CS_OPS, "needs-cs-operations"),
    _needs(Responsible.TEAM_LEAD, "needs-team-lead"),
    FailureClass("question-not-posted", NOT_ASKED, OPS, "When Slack takes messages again, press Retry.", shared=True),
    FailureClass("out-of-sync", "Out of sync", OPS, "Find out who changes the listed fields, then press Retry."),
    FailureClass("crashed", "Crashed", OPS, "The run's process ended early. Press Retry.", shared=True),
    FailureClass(
        "partially-completed", "Partially completed", OPS, "Retry the failed accounts, then this run for its report."
    ),
    FailureClass(
        "changed-since-approval",
        "Changed since approval",
        "the team lead",
        "Start the transition again with the same workbook or form.",
        retryable=False,
    ),
    FailureClass(
        "bad-input",
        "Bad input",
        "the person who started the run",
        "Start a new run with the right values.",
        retryable=False,
    ),
    FailureClass(
        "stopped",
        "Stopped",
        OPS,
        "Everything was stopped. After `lifecycle start`, press Retry.",
        shared=True,
    ),
    DEFECT,
)
"""Every class, in the order in which people look at them."""
SLUGS: Final = tuple(each.slug for each in CLASSES)
TAGS: Final = frozenset({FAILED, *SLUGS})
"""The tags that a failure gives a run, and a Retry takes away."""
_BY_STATE: Final = {each.state: each for each in CLASSES}


def class_of(state: str) -> FailureClass:
    """Return the class of a failure by the name of the state; a name that no procedure sets is a defect's."""
    return _BY_STATE.get(state, DEFECT)


def vendor_of(message: str) -> str:
    """Return the vendor that a failure's message begins with, or ""."""
    beginning, colon, _ = message.partition(":")
    return beginning if colon and beginning in VENDORS else ""
