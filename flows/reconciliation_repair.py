"""Repair of drift, on request, and the decision to leave it (REC-2)."""

from collections.abc import Sequence
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.parameters import AccountId
from rules.common.going_live import Reach
from rules.common.ids import record_id_in
from rules.common.problems import HumanInputRequired
from rules.common.text import counted
from rules.reconciliation.drift import all_sentences
from rules.reconciliation.repair_plan import chosen_lines, needs_approval, plan_repairs
from rules.reconciliation.report import Decision, Line
from tasks.core.errors import BadInput
from tasks.core.steps import gather_all
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject, bulk_subject
from tasks.reconciliation.kept import read_decisions, read_lines, remember_decisions, row_of_decision
from tasks.reconciliation.repairs import show_repairs, start_repairs

KEYS = [sentence.key for sentence in all_sentences()]
TheSentence = Annotated[
    str,
    Field(
        title="Sentence",
        description="The sentence of the report that is not true.",
        json_schema_extra={"enum": KEYS},
    ),
]
TheAccounts = Annotated[
    tuple[AccountId, ...],
    Field(
        title="Accounts",
        description="Ids of the accounts, like 001Hs00000AbCdEIAV, or the addresses of their pages. Empty: every open "
        "offender.",
    ),
]
Name = Annotated[str, Field(title="Your name", description="For the report.", min_length=1, max_length=200)]
Reason = Annotated[
    str,
    Field(description="Why the value is right as it is, for whoever reads the report.", min_length=1, max_length=500),
]


@procedure("reconciliation", run_name="Repair {sentence}")
async def repair(
    run: Run, sentence: TheSentence, account_ids: TheAccounts = (), preview: Preview = False
) -> State[Any]:
    """Start the runs that repair the offenders of a sentence in the latest report.

    Each is a run of the procedure that owns the record. A preview starts previews of these runs, which write nothing.
    """
    # 1. Take the open offenders from the latest report
    await run.begin(f"repair:{sentence}:{offenders_of(account_ids)}")
    await run.open(about=repair_subject)
    lines = await open_lines(sentence, account_ids)
    repairs = plan_repairs(lines)
    for_people = sum(line.drift.offender.repair is None for line in lines)

    # 2. Ask CS Operations, if many runs would start
    question = needs_approval(repairs, run.policy.reconciliation_max_repairs, run.questions.chosen)
    if question:
        await show_repairs(repairs, {}, for_people, preview=True)
        raise HumanInputRequired([question])

    # 3. Start the runs, each once, and show them
    # In shadow mode, each run decides for itself.
    preview = run.preview and not run.shadow
    started = await start_repairs(repairs, preview=preview)
    await gather_all(show_repairs(repairs, started, for_people, preview=preview), run.questions.reviewed())
    kind = "preview" if preview else "run"
    people = f" {counted(for_people, 'offender')} can only be repaired by people: see the report." if for_people else ""
    message = f"{counted(len(started), kind)} started. The table of repairs links to each.{people}"
    return Completed(name="Previewed" if preview else "Completed", message=message)


@procedure("reconciliation", run_name="Leave {sentence} as it is", reach=Reach.RUNS)
async def leave(
    run: Run, sentence: TheSentence, account_ids: TheAccounts, *, name: Name, reason: Reason, preview: Preview = False
) -> State[Any]:
    """Leave offenders of a sentence as they are, with name and reason, for as long as their values stay the same."""
    await run.begin(f"leave:{sentence}:{offenders_of(account_ids)}")
    await run.open()
    if not account_ids:
        raise BadInput("No account is named: enter the ids of the accounts that are right as they are.")
    lines = await open_lines(sentence, account_ids)
    decisions = [
        Decision(line.drift.identity, line.drift.offender.found, name, reason, run.policy.today) for line in lines
    ]
    if run.preview:
        return Completed(
            name="Previewed", message=f"{counted(len(decisions), 'offender')} would be left, until the value changes."
        )
    await remember_decisions.labelled(counted(len(decisions), "offender"))([*map(row_of_decision, decisions)])
    return Completed(message=f"{counted(len(decisions), 'offender')} left, until the value changes.")


def offenders_of(account_ids: Sequence[str]) -> str:
    """Tell requests apart: the same one twice at once is carried out once, a different one is not held up by it."""
    return ",".join(sorted(account_ids)) or "all"


async def open_lines(sentence: str, account_ids: Sequence[str]) -> list[Line]:
    """The open offenders of a sentence in the latest report.

    Raises:
        BadInput: there is no such sentence, or no such offender.
    """
    if sentence not in KEYS:
        raise BadInput(f"There is no sentence {sentence}. Choose one of: {', '.join(KEYS)}.")
    accounts = {record_id_in(account_id, "001") for account_id in account_ids}
    lines, decisions = await gather_all(read_lines(), read_decisions())
    left = {(decision.identity, decision.found) for decision in decisions}
    known = [line for line in lines if (line.drift.identity, line.drift.offender.found) not in left]
    chosen = chosen_lines(known, sentence, accounts)
    missing = accounts - {line.drift.account_id for line in chosen}
    if missing or not chosen:
        who = f"of {', '.join(sorted(missing))} " if missing else ""
        raise BadInput(f"The latest report has no open offender {who}of this sentence. Look at the report again.")
    return chosen


async def repair_subject() -> QuestionSubject:
    """The subject of the question to CS Operations when many repairs would start."""
    return bulk_subject("Repair of drift", what="repair", page="waiting-repair-of-drift")
