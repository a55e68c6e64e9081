"""Publications of a client: what its contracts list is set up, renamed, updated, ended (PUB-1 to PUB-3, PUB-5)."""

from functools import partial
from typing import Annotated, Any, NamedTuple, Self

from prefect import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.deactivation import resolve_account_id, stay
from flows.entitlements import begin_contract
from flows.parameters import AccountId, ContractId
from rules.common.ids import to18
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
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all
from tasks.deactivation.service_end import InLms, read_in_lms
from tasks.lms.publications import carry_out, not_in_line
from tasks.procedure import Preview, procedure
from tasks.publications.reports import (
    publications_key,
    publications_notice,
    show_publication_plan,
    show_publications,
)
from tasks.questions.asking import Asking, asking, called_off
from tasks.questions.history import load_history
from tasks.questions.subject import QuestionSubject, client_matter
from tasks.runs.audit import Trail, audit_trail, record_effects
from tasks.runs.claims import Claim, claim_record, created, name_run, present_run
from tasks.salesforce.clients import read_client
from tasks.slack.messages import Announced, announce_publications

MOST_ROUNDS = 5
"""How often the LMS is brought in line and looked at again, while contracts change during the run."""


class PublicationRequest(BaseModel):
    """What somebody asks for. It is verified against the contracts before anything is done (PUB-3)."""

    model_config = ConfigDict(extra="forbid", title="Request")

    action: PublicationAction = Field(title="What is to be done")
    publication: str = Field(
        title="Publication", description="Its name; for a new name, the present one.", max_length=LONGEST_NAME
    )
    new_name: str = Field(default="", title="New name", description="Only to rename.", max_length=LONGEST_NAME)
    requested_by: str = Field(
        default="", title="Asked by", description="Who asks: a name or an e-mail address.", max_length=LONGEST_ASKER
    )
    note: str = Field(default="", title="Note", description="For those who read of it.", max_length=LONGEST_NOTE)

    @property
    def parsed(self) -> Requested:
        """The request as the rules take it."""
        return parse_request(self.model_dump())

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        parse_request(self.model_dump())
        return self


Request = Annotated[
    PublicationRequest | None, Field(description="What somebody asks for; without it, only the contracts count.")
]


@procedure("publications", run_name="Publications of {account_id}")
async def publications(
    account_id: AccountId | None = None,
    contract_id: ContractId | None = None,
    request: Request = None,
    preview: Preview = False,
) -> State[Any]:
    """Bring a client's publications in line with its contracts: set up, rename, update, deactivate, reactivate.

    Give the account, or one of its contracts. A run that is started twice, or run again, does only what is not done.
    """
    account_id, asked = await resolve_account_id(account_id, contract_id), request.parsed if request else None
    client, claim, history = await gather_all(
        read_client(account_id), claim_record(f"account:{account_id}", preview=preview), load_history(present_run().id)
    )
    await name_run(f"Publications of {client.name}", preview=preview)
    about = partial(publications_subject, client, asked)
    from_slack = asked is not None and bool(asked.requested_by) and not preview
    if claim.other_run:
        if from_slack:
            await announce(client, asked, other_run=claim.other_run)
        return Completed(name="Already under way", message=f"This client is being looked after by {claim.other_run}")
    if history.cancelled:
        return await called_off(await about(), history)

    async with asking(about, history, preview=preview) as people, audit_trail(account_id) as trail:
        if from_slack:
            await announce(client, asked)
        if preview:
            return await show_preview(client, await look(client, await read_in_lms(client), people, asked), asked)
        in_lms = await stay(client, claim, trail)
        outcome = await bring_in_line(client, in_lms, people, trail, asked)
        begun = await begin_contract(client, in_lms.company, contract_id and to18(contract_id, "800"), people, trail)
        outcome = outcome._replace(begun=begun)
        if from_slack:
            await answer(outcome, asked)
        await people.close()
        return await report(outcome, asked, trail)


class InLine(NamedTuple):
    """What was done for a client: how it all stood, step by step; `left` is what the LMS did not do.

    `begun`: what a contract that has begun changed in users, amount and modules.
    """

    client: Client
    first: PublicationPlan
    steps: tuple[PublicationStep, ...]
    left: tuple[PublicationStep, ...]
    begun: str = ""

    @property
    def said(self) -> str:
        """How many publications were set up, renamed and so on, and what is worth knowing."""
        as_it_is = "all publications are in line" if self.first.lines else "nothing was changed"
        left = (f"The LMS took every change, and yet is to be changed: {done(self.left)}.",) if self.left else ()
        begun = (self.begun,) if self.begun else ()
        return " ".join((f"{done(self.steps) or as_it_is}.", *begun, *self.first.remarks, *left))


async def look(client: Client, in_lms: InLms, people: Asking, asked: Requested | None) -> PublicationPlan:
    """Review and plan; nothing is written (PUB-3).

    Raises:
        NeedsPeople: something must be settled before anything is done.
    """
    rules = await load_policy()
    todo = plan_publications(
        client, in_lms.company, in_lms.publications, today=rules.today, chosen=people.chosen, request=asked
    )
    if todo.problems:
        raise HumanInputRequired(todo.problems)
    return todo


async def bring_in_line(
    client: Client, in_lms: InLms, people: Asking, trail: Trail, asked: Requested | None = None
) -> InLine:
    """Do what brings the publications in line, and look again until nothing is left (PUB-2, PUB-5).

    A contract that changes meanwhile is heeded by the next look: the run that its change starts finds this one at work.

    Raises:
        NeedsPeople: something must be settled; where it came up on the way, everything else is done.
    """
    first = todo = await look(client, in_lms, people, asked)
    await people.reviewed()
    steps: tuple[PublicationStep, ...] = ()
    for _ in range(MOST_ROUNDS):
        if not todo.steps:
            break
        await apply(client, in_lms, todo, trail)
        steps += todo.steps
        client = await read_client(client.id)
        in_lms = await read_in_lms(client)
        todo = await look(client, in_lms, people, asked)
    return InLine(client, first, steps, todo.steps)


async def bring_sold_in_line(account_id: str, people: Asking, claim: Claim, trail: Trail) -> str:
    """The same for the client of a sale that is being onboarded; how it ended, in a sentence (PUB-1)."""
    client: Client = await read_client(account_id)
    in_lms = await stay(client, claim, trail, people.chosen.get(RETURN_TOPIC, ""), sold=True)
    outcome = await bring_in_line(client, in_lms, people, trail)
    if outcome.left:
        not_in_line(outcome.said)
    return f"Publications: {outcome.said}"


async def apply(client: Client, in_lms: InLms, todo: PublicationPlan, trail: Trail) -> None:
    """Do the steps of a plan, one after the other; what people must settle keeps nothing else from being done."""
    assert in_lms.company is not None
    problems: list[Problem] = []
    for step in todo.steps:
        try:
            trail += await carry_out(client, in_lms.company, step)
        except HumanInputRequired as needs:
            problems.extend(needs.problems)
    if problems:
        raise HumanInputRequired(problems)


async def show_preview(client: Client, todo: PublicationPlan, asked: Requested | None) -> State[Any]:
    """Show what would be done; nothing was written."""
    said = f"{done(todo.steps) or 'nothing'} to be done."
    await show_publication_plan(client, said, todo.lines, todo.changes, request=asked, remarks=todo.remarks)
    return Completed(name="Previewed", message=f"{client.name}: {said} Nothing was written.")


async def report(outcome: InLine, asked: Requested | None, trail: Trail) -> State[Any]:
    """Show what was done, and say it in a sentence."""
    client, first = outcome.client, outcome.first
    await show_publications(client, outcome.said, first.lines, trail, request=asked, remarks=first.remarks)
    if outcome.left:
        told = f"{client.name}: {outcome.said} Look at these publications in the LMS, and start a new run."
        return Failed(name="Out of sync", message=told)
    name = "Completed" if first.is_set_up else "Not set up yet"
    return Completed(name=name, message=f"{client.name}: {outcome.said}")


async def announce(client: Client, asked: Requested | None, *, other_run: str = "") -> Announced:
    """Tell the sales channel of a request, or that something must be asked (PUB-1)."""
    text = await publications_notice(client, asked, other_run=other_run)
    notice = await announce_publications(f"publications:{present_run().id}", client.name, text, since=created())
    record_effects(notice["effects"])
    return notice


async def answer(outcome: InLine, asked: Requested | None) -> None:
    """Tell who asked what was done, below the notice of the request (PUB-1)."""
    notice = await announce(outcome.client, asked)
    text = await publications_notice(outcome.client, asked, said=outcome.said)
    key, below = f"publications:{present_run().id}:done", notice["ts"]
    told = await announce_publications(key, outcome.client.name, text, since=created(), thread_ts=below)
    record_effects(told["effects"])


async def publications_subject(client: Client, asked: Requested | None) -> QuestionSubject:
    """What people are asked about a client's publications."""
    return client_matter(
        client,
        what="publication change",
        page=publications_key(client.id),
        announced=partial(announce, client, asked),
    )
