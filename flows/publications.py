"""Publications of a client: what its contracts list is set up, renamed, updated, ended (PUB-1 to PUB-3, PUB-5)."""

from functools import partial
from typing import Annotated, Any, NamedTuple, Self

from prefect import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.deactivation import cancel_planned_end, resolve_account_id
from flows.entitlement import begin_contract
from flows.parameters import AccountId, OrContractId
from rules.common.ids import record_id_in
from rules.common.problems import HumanInputRequired, Problem
from rules.contracts.clients import Client
from rules.contracts.reactivation import RETURN_TOPIC
from rules.publications.plan import PublicationPlan, plan_publications
from rules.publications.requests import (
    LONGEST_ASKER,
    LONGEST_NAME,
    LONGEST_NOTE,
    PublicationAction,
    Requested,
    parse_request,
)
from rules.publications.steps import PublicationStep, done
from tasks.deactivation.service_end import InLms, read_in_lms
from tasks.lms.publications import carry_out, raise_out_of_sync
from tasks.procedure import Preview, Run, procedure
from tasks.publications.reports import (
    publications_key,
    publications_notice,
    show_publication_plan,
    show_publications,
)
from tasks.questions.subject import QuestionSubject, client_subject
from tasks.runs.claims import created, present_run
from tasks.salesforce.clients import read_client
from tasks.slack.messages import Announced
from tasks.slack.notices import announce_publications

MOST_ROUNDS = 5
"""How often the plan is made again while contracts change during the run."""


class PublicationRequest(BaseModel):
    """A request for a publication. It is verified against the contracts before anything is done (PUB-3)."""

    model_config = ConfigDict(extra="forbid", title="Request")

    action: PublicationAction = Field(title="Action")
    publication: str = Field(
        title="Publication", description="Current name of the publication.", max_length=LONGEST_NAME
    )
    new_name: str = Field(default="", title="New name", description="Only for a rename.", max_length=LONGEST_NAME)
    requested_by: str = Field(
        default="", title="Requested by", description="Name or e-mail address.", max_length=LONGEST_ASKER
    )
    note: str = Field(default="", title="Note", description="For the readers of the request.", max_length=LONGEST_NOTE)

    @property
    def parsed(self) -> Requested:
        """The request as the rules take it."""
        return parse_request(self.model_dump())

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        parse_request(self.model_dump())
        return self


Request = Annotated[
    PublicationRequest | None, Field(description="A request; without one, the publications follow the contracts.")
]


@procedure("publications", run_name="Publications of {account_id|contract_id}")
async def publications(
    run: Run,
    account_id: AccountId = "",
    contract_id: OrContractId = "",
    request: Request = None,
    preview: Preview = False,
) -> State[Any]:
    """Bring a client's publications in line with its contracts: set up, rename, update, deactivate, reactivate.

    Give the account, or one of its contracts. A run that is started twice, or run again, does only what is not done.
    """
    # 1. Read the client, and announce a request from Slack (PUB-1)
    account_id, requested = await resolve_account_id(account_id, contract_id), request.parsed if request else None
    client = await run.begin(f"account:{account_id}", read_client(account_id))
    from_slack = requested is not None and bool(requested.requested_by) and not run.preview
    if from_slack:
        await announce(client, requested, other_run=run.claim.other_run)
    about = partial(publications_subject, client, requested)
    await run.open(f"Publications of {client.name}", account_id=account_id, account=client.name, about=about)
    if run.preview:
        plan = plan_changes(run, client, await read_in_lms(client), requested)
        await run.planned(plan.changes, account_id, client.name)
        return await show_preview(client, plan, requested)

    # 2. Withdraw a planned end for a client that goes on, then bring the publications in line (PUB-2, PUB-3, PUB-5)
    in_lms = await cancel_planned_end(run, client)
    outcome = await bring_in_line(run, client, in_lms, requested)

    # 3. Bring the company up to a contract that has begun (ONB-6, ONB-13)
    begun = await begin_contract(run, client, in_lms.company, contract_id and record_id_in(contract_id, "800"))
    outcome = outcome._replace(begun=begun)

    # 4. Answer the request, and report (PUB-1)
    if from_slack:
        await answer(outcome, requested)
    await run.questions.close()
    return await report(run, outcome, requested)


class InLine(NamedTuple):
    """What was done for a client, step by step.

    Attributes:
        client: as Salesforce has it in the end.
        first: the plan at the beginning.
        steps: what was done.
        left: what the LMS did not do.
        begun: what a contract that has begun changed in users, amount and modules, a sentence; "" for nothing.
    """

    client: Client
    first: PublicationPlan
    steps: tuple[PublicationStep, ...]
    left: tuple[PublicationStep, ...]
    begun: str = ""

    @property
    def summary(self) -> str:
        """How many publications were set up, renamed and so on, and what is worth knowing."""
        as_it_is = "all publications are in line" if self.first.lines else "nothing was changed"
        left = (f"The LMS took every change, and yet is to be changed: {done(self.left)}.",) if self.left else ()
        begun = (self.begun,) if self.begun else ()
        return " ".join((f"{done(self.steps) or as_it_is}.", *begun, *self.first.remarks, *left))


def plan_changes(run: Run, client: Client, in_lms: InLms, request: Requested | None) -> PublicationPlan:
    """Review and plan; nothing is written (PUB-3).

    Raises:
        HumanInputRequired: something must be settled before anything is done.
    """
    chosen, today = run.questions.chosen, run.policy.today
    company, present = in_lms.company, in_lms.publications
    return run.require(plan_publications(client, company, present, today=today, chosen=chosen, request=request))


async def bring_in_line(run: Run, client: Client, in_lms: InLms, request: Requested | None = None) -> InLine:
    """Do what brings the publications in line, and look again until nothing is left (PUB-2, PUB-5).

    A contract that changes meanwhile is heeded by the next look: the run that its change starts finds this one at work.

    Raises:
        HumanInputRequired: something must be settled; where it came up on the way, everything else is done.
    """
    first = plan = plan_changes(run, client, in_lms, request)
    await run.questions.reviewed()
    steps: tuple[PublicationStep, ...] = ()
    for _ in range(MOST_ROUNDS):
        if not plan.steps:
            break
        await apply(client, in_lms, plan)
        steps += plan.steps
        client = await read_client(client.id)
        in_lms = await read_in_lms(client)
        plan = plan_changes(run, client, in_lms, request)
    return InLine(client, first, steps, plan.steps)


async def bring_sold_in_line(run: Run, account_id: str) -> str:
    """The same for the client of a sale that is being onboarded; how it ended, in a sentence (PUB-1)."""
    client = await read_client(account_id)
    in_lms = await cancel_planned_end(run, client, run.questions.chosen.get(RETURN_TOPIC, ""), sold=True)
    outcome = await bring_in_line(run, client, in_lms)
    if outcome.left:
        raise_out_of_sync(outcome.summary)
    return f"Publications: {outcome.summary}"


async def apply(client: Client, in_lms: InLms, plan: PublicationPlan) -> None:
    """Do the steps of a plan, one after the other; what people must settle keeps nothing else from being done."""
    assert in_lms.company is not None
    problems: list[Problem] = []
    for step in plan.steps:
        try:
            await carry_out(client, in_lms.company, step)
        except HumanInputRequired as needs:
            problems.extend(needs.problems)
    if problems:
        raise HumanInputRequired(problems)


async def show_preview(client: Client, plan: PublicationPlan, request: Requested | None) -> State[Any]:
    """Show what would be done; nothing was written."""
    summary = f"{done(plan.steps) or 'nothing'} to be done."
    await show_publication_plan(client, summary, plan.lines, plan.changes, request=request, remarks=plan.remarks)
    return Completed(name="Previewed", message=f"{client.name}: {summary} Nothing was written.")


async def report(run: Run, outcome: InLine, request: Requested | None) -> State[Any]:
    """Show what was done, and say it in a sentence."""
    client, first = outcome.client, outcome.first
    await show_publications(client, outcome.summary, first.lines, run.effects, request=request, remarks=first.remarks)
    if outcome.left:
        message = f"{client.name}: {outcome.summary} Look at these publications in the LMS, and start a new run."
        return Failed(name="Out of sync", message=message)
    name = "Completed" if first.is_set_up else "Not set up yet"
    return Completed(name=name, message=f"{client.name}: {outcome.summary}")


async def announce(client: Client, request: Requested | None, *, other_run: str = "") -> Announced:
    """Tell the sales channel of a request, or that something must be asked (PUB-1)."""
    text = await publications_notice(client, request, other_run=other_run)
    return await announce_publications(f"publications:{present_run().id}", client.name, text, since=created())


async def answer(outcome: InLine, request: Requested | None) -> None:
    """Answer the requester, below the notice of the request (PUB-1)."""
    notice = await announce(outcome.client, request)
    text = await publications_notice(outcome.client, request, said=outcome.summary)
    key, below = f"publications:{present_run().id}:done", notice["ts"]
    await announce_publications(key, outcome.client.name, text, since=created(), thread_ts=below)


async def publications_subject(client: Client, request: Requested | None) -> QuestionSubject:
    """The subject of questions about a client's publications."""
    return client_subject(
        client,
        what="publication change",
        page=publications_key(client.id),
        announced=partial(announce, client, request),
    )
