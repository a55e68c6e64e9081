"""The policy: the settings that CS Operations may change, with the procedures' values as defaults (D-10)."""

from typing import TYPE_CHECKING, Any, ClassVar

from prefect.blocks.core import Block
from pydantic import ConfigDict, HttpUrl, model_validator

from blocks.common.field_map import FieldMap
from blocks.policy.rows import TAKE_CLOSED, WEEKDAYS, CsmRow, LocationRow, SegmentRow
from blocks.policy.sections import SECTION_OF, PolicySections, in_sections

__all__ = ["TAKE_CLOSED", "WEEKDAYS", "CsmRow", "FieldMap", "LocationRow", "Policy", "SegmentRow"]

if TYPE_CHECKING:
    from blocks.policy.assignment import AssignmentPolicy
    from blocks.policy.end_of_contract import EndOfContractPolicy
    from blocks.policy.going_live import GoingLivePolicy
    from blocks.policy.onboarding import OnboardingPolicy
    from blocks.policy.people import PeoplePolicy
    from blocks.policy.questions import QuestionPolicy
    from blocks.policy.reconciliation import ReconciliationPolicy
    from blocks.policy.transition import TransitionPolicy

    class _Settings(  # the settings that a policy also has without naming their section
        ReconciliationPolicy,
        TransitionPolicy,
        EndOfContractPolicy,
        AssignmentPolicy,
        OnboardingPolicy,
        QuestionPolicy,
        PeoplePolicy,
        GoingLivePolicy,
    ):
        pass
else:

    class _Settings:
        pass


class Policy(PolicySections, _Settings, Block):
    """Settings that CS Operations may change: channels, time zone, locations, books of business, waiting, fields.

    The form in the dashboard has sections. Code reads and gives each setting by its own name, `policy.sales_channel`:
    no two sections have a setting of the same name. A policy that was stored without sections is read as well.
    """

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

    @model_validator(mode="before")
    @classmethod
    def _move_into_sections(cls, data: Any) -> Any:
        return in_sections(data) if isinstance(data, dict) else data

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A setting or property of a section; pydantic calls this for names that the block does not have."""
            if section := SECTION_OF.get(name):
                return getattr(getattr(self, section), name)
            return super().__getattr__(name)

    def _field_has_secrets(self, field_name: str) -> bool:  # noqa: ARG002 - no field of a policy is a secret
        """Prefect would compute the whole schema for each field that it saves: 2.6 seconds for a policy."""
        return False
