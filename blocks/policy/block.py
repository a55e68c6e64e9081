"""The policy: the settings that CS Operations may change, with the procedures' values as defaults (D-10)."""

from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from blocks.common.field_map import FieldMap
from blocks.common.fields import Channel, TimeZone
from blocks.policy.assignment import AssignmentPolicy
from blocks.policy.end_of_contract import EndOfContractPolicy
from blocks.policy.onboarding import OnboardingPolicy
from blocks.policy.questions import QuestionPolicy
from blocks.policy.reconciliation import ReconciliationPolicy
from blocks.policy.rows import TAKE_CLOSED, WEEKDAYS, CsmRow, LocationRow, SegmentRow
from blocks.policy.transition import TransitionPolicy

__all__ = ["TAKE_CLOSED", "WEEKDAYS", "CsmRow", "FieldMap", "LocationRow", "Policy", "SegmentRow"]


class GeneralPolicy(BaseModel):
    """The org's clock and its Slack channels."""

    time_zone: TimeZone = Field(
        default="America/New_York",
        description="The org's time zone. It decides which day is today.",
        title="Time zone",
    )
    sales_channel: Channel = Field(
        default="#sales", description="Slack channel where new sales are announced.", title="Sales channel"
    )
    cs_ops_channel: Channel = Field(
        default="#cs-operations",
        description="Slack channel where CS Operations are asked and informed.",
        title="CS Operations channel",
    )


# The form in the dashboard has the fields of the last base first.
class Policy(
    ReconciliationPolicy,
    TransitionPolicy,
    EndOfContractPolicy,
    QuestionPolicy,
    AssignmentPolicy,
    OnboardingPolicy,
    GeneralPolicy,
    Block,
):
    """Settings that CS Operations may change: channels, time zone, locations, books of business, waiting, fields."""

    _block_type_name = "Lifecycle policy"
    _block_type_slug = "lifecycle-policy"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")
    _description = (
        "Settings that CS Operations may change without an engineer. The defaults are the procedures' values."
    )

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    field_map: FieldMap = Field(
        default_factory=FieldMap,
        description="API names of the Salesforce fields, where this org's differ.",
        title="Salesforce fields",
    )

    def _field_has_secrets(self, field_name: str) -> bool:  # noqa: ARG002 - no field of a policy is a secret
        """Prefect would compute the whole schema for each field that it saves: 2.6 seconds for a policy."""
        return False
