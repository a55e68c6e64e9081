"""The sections of the policy, as the dashboard's form shows them, and how a policy without sections is read."""

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, Field

from blocks.common.field_map import FieldMap
from blocks.policy.assignment import AssignmentPolicy
from blocks.policy.end_of_contract import EndOfContractPolicy
from blocks.policy.going_live import GoingLivePolicy
from blocks.policy.onboarding import OnboardingPolicy
from blocks.policy.people import PeoplePolicy
from blocks.policy.questions import QuestionPolicy
from blocks.policy.reconciliation import ReconciliationPolicy
from blocks.policy.transition import TransitionPolicy


class PolicySections(BaseModel):
    """The sections, in the order of the form."""

    going_live: GoingLivePolicy = Field(
        default_factory=GoingLivePolicy,
        title="Going live",
        description="Whether runs act, only preview, or are stopped.",
    )
    people: PeoplePolicy = Field(
        default_factory=PeoplePolicy, title="People and channels", description="Who decides, and where in Slack."
    )
    time: QuestionPolicy = Field(
        default_factory=QuestionPolicy,
        title="Working time and reminders",
        description="The org's clock, its business hours, and when unanswered questions are followed up.",
    )
    onboarding: OnboardingPolicy = Field(
        default_factory=OnboardingPolicy, title="Onboarding", description="How a new customer is set up."
    )
    books: AssignmentPolicy = Field(
        default_factory=AssignmentPolicy,
        title="Books of business",
        description="Segments, capacities and absences of CSMs.",
    )
    ends: EndOfContractPolicy = Field(
        default_factory=EndOfContractPolicy,
        title="Ends of service",
        description="When the end of a contract takes effect, and when a sweep asks first.",
    )
    transition: TransitionPolicy = Field(
        default_factory=TransitionPolicy,
        title="Account transition",
        description="When an account is at risk, and how a book of business moves.",
    )
    reconciliation: ReconciliationPolicy = Field(
        default_factory=ReconciliationPolicy,
        title="Reconciliation",
        description="How far back the reconciliation looks, and how much it does by itself.",
    )
    field_map: FieldMap = Field(
        default_factory=FieldMap,
        title="Salesforce fields",
        description="API names of the Salesforce fields, where this org's differ.",
    )


SECTIONS: dict[str, type[BaseModel]] = {
    name: kind
    for name, kind in ((name, field.annotation) for name, field in PolicySections.model_fields.items())
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not FieldMap
}
"""The sections whose settings are also read and written without naming the section."""


def _names(section: type[BaseModel]) -> dict[str, str]:
    """The present name of each setting of a section, by present and former names; and its properties."""
    names = {name: name for name, value in vars(section).items() if isinstance(value, property) and name[:1] != "_"}
    for name, field in section.model_fields.items():
        alias = field.validation_alias
        former = map(str, alias.choices) if isinstance(alias, AliasChoices) else ()
        names |= dict.fromkeys((name, *former), name)
    return names


_PRESENT_NAME = {name: present for kind in SECTIONS.values() for name, present in _names(kind).items()}
SECTION_OF = {name: section for section, kind in SECTIONS.items() for name in _names(kind)}
"""The section of each setting."""


def is_flat(data: Mapping[str, Any]) -> bool:
    """Whether data of a policy have settings outside their sections, as all had that were stored before."""
    return any(name in SECTION_OF for name in data)


def in_sections(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with every setting in its section; one that stands outside overrides the section's."""
    moved = {name: value for name, value in data.items() if name not in SECTION_OF}
    for name, value in data.items():
        if section := SECTION_OF.get(name):
            present = moved.get(section, {})
            moved[section] = dict(present) | {_PRESENT_NAME[name]: value}
    return moved
