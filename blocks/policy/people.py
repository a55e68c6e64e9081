"""The part of the policy about people: the Slack channels, and who decides."""

from pydantic import BaseModel, Field

from blocks.common.fields import Channel, Email, OptionalEmail, SlackMember


class PeoplePolicy(BaseModel):
    """The Slack channels, and who decides and is informed."""

    sales_channel: Channel = Field(
        default="#sales", description="Slack channel where new sales are announced.", title="Sales channel"
    )
    cs_ops_channel: Channel = Field(
        default="#cs-operations",
        description="Slack channel where CS Operations are asked and informed.",
        title="CS Operations channel",
    )
    csm_channel: Channel = Field(
        default="#cs-operations",
        description="Slack channel where CSMs and team leads are informed of new accounts.",
        title="CSM channel",
    )
    cs_operations: list[Email] = Field(
        default_factory=list,
        description="CS Operations: they may answer every question and decide for others. "
        "If empty, every member of the CS Operations channel may.",
        title="CS Operations",
    )
    escalation_contact: OptionalEmail = Field(
        default="",
        description="Person to inform when CS Operations or a team lead have not answered. "
        "If empty, the channel is informed.",
        title="Escalation contact",
    )
    slack_members: dict[Email, SlackMember] = Field(
        default_factory=dict,
        description="Slack member ids (U…) by e-mail address. Listed people are mentioned, all others only named.",
        title="Slack members",
    )

    @property
    def member_by_email(self) -> dict[str, str]:
        """The Slack members by e-mail address in lower case."""
        return {email.casefold(): member for email, member in self.slack_members.items()}
