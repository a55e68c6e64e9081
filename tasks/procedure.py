"""A procedure is a flow with a `Run`: what it may do, what people decided, and what it has done (D-3)."""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar, cast, overload

from prefect import Flow, State, flow
from prefect.settings import get_current_settings
from prefect.states import Completed
from pydantic import Field

from blocks.common.errors import RecordMissing, VendorError
from rules.common.accepted import SkippedStep
from rules.common.going_live import PREVIEWED, SHADOW, Reach, why_stopped
from rules.common.ids import NotAnId
from rules.common.problems import HumanInputRequired, NobodyAskedError, Problem, Problems, to_settle
from rules.common.records import Change
from tasks.core.connections import load_early
from tasks.core.decisions import collecting_skipped
from tasks.core.errors import BadInput, NotThereYet, RunEnded
from tasks.core.gate import Gate, Halted, guarding
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.runbook import with_card
from tasks.core.steps import gather_all
from tasks.questions.asking import About, Questions
from tasks.questions.closing import end_of_missing
from tasks.questions.failure_hook import forget_failure, note_failure
from tasks.questions.history import QuestionHistory, load_history
from tasks.runs.audit import Trail, audit_trail
from tasks.runs.claims import ALREADY_RUNNING, Claim, claim_record, name_run, present_run, tag_run, untag_run
from tasks.runs.final_states import failed, stopped
from tasks.runs.looking import end_process_until_next_look
from tasks.runs.run_names import own_name
from tasks.runs.shadow_plan import keep_plan
from tasks.runs.written import has_written

P = ParamSpec("P")
T = TypeVar("T")
Preview = Annotated[bool, Field(description="Show what would be done, field by field, and write nothing.")]
"""The parameter that every procedure has."""


class Run:
    """The present run of a procedure.

    Attributes:
        shadow: the run previews because of shadow mode; nobody asked for a preview.
        effects: the audit's lines of this run so far; every write step adds its own.
        skipped: the steps that a person has skipped, as far as the run has come.
        claim: whether this run may act for its record; after `begin`.
        policy: the settings of CS Operations; after `begin`.
        questions: what people were asked and have decided; after `open`.
    """

    claim: Claim
    policy: PolicySnapshot
    questions: Questions

    def __init__(self, effects: Trail, *, name: str, gate: Gate) -> None:
        self.effects, self.shadow = effects, False
        self._gate, self._read_at, self._is_settled = gate, time.monotonic(), False
        self.skipped: list[SkippedStep] = []
        self._name, self._is_named = name, False
        self._history = QuestionHistory()
        self._asks = False

    @property
    def preview(self) -> bool:
        """Whether nothing is written: by request, or in shadow mode. Known once the run is opened."""
        return self._gate.preview

    @overload
    async def begin(self, tag: str) -> None: ...
    @overload
    async def begin(self, tag: str, reads: Awaitable[T]) -> T: ...
    async def begin(self, tag: str, reads: Awaitable[Any] | None = None) -> Any:
        """Claim the run's record, load the policy, and do the first reads, all at once; the result of the reads.

        Args:
            tag: `<kind>:<id>` of the record, with 18 characters.
            reads: a step that only reads, or several in `gather_all`.

        Raises:
            RunEnded: everything is stopped.
        """
        own = (claim_record(tag, preview=self.preview), self.load(), _own_history())
        self.claim, _, self._history, outcome = await gather_all(*own, reads or asyncio.sleep(0))
        kind, _, record = tag.partition(":")
        if kind == "account":
            await self.settle(record)
        return outcome

    async def load(self) -> None:
        """Load the policy; `begin` does it.

        Raises:
            RunEnded: everything is stopped.
        """
        await self.load_policy()
        self.end_if_stopped()

    async def load_policy(self) -> None:
        """Load the policy for a procedure that acts on a stop itself, by `end_if_stopped`."""
        self.policy = await load_policy()
        self._gate.note(self.policy.going_live, self._read_at)

    def end_if_stopped(self) -> None:
        """End the run here while everything is stopped, unless its procedure goes on even then.

        Raises:
            RunEnded: everything is stopped.
        """
        if self.policy.going_live.is_stopped and self._gate.reach is not Reach.REPORTS:
            raise RunEnded(stopped(why_stopped(self.policy.going_live)))

    async def settle(self, *accounts: str) -> None:
        """Decide whether the run previews, now that it is known which accounts it is about (ADR-17).

        Args:
            accounts: 18 characters each; none for a run about the whole org, or about an unknown account.

        Raises:
            RunEnded: the run wrote in an earlier try, and may not go on in shadow mode.
        """
        self._gate.accounts, self._is_settled = accounts, True
        if self._gate.reach is not Reach.CUSTOMERS or (self.preview and not self.shadow):
            return
        self.shadow = self._gate.preview = self.policy.going_live.previews(*accounts)
        if not self.shadow:
            await untag_run(SHADOW)
            return
        await tag_run(SHADOW)
        if self._history.questions or await has_written():
            raise RunEnded(stopped(why_stopped(self.policy.going_live)))

    async def note_shadow(self) -> None:
        """Tag a run that fails before it is settled: in shadow mode, its failure is announced nowhere."""
        policy = getattr(self, "policy", None)
        if policy and not self._is_settled and self._gate.reach is Reach.CUSTOMERS and policy.going_live.previews():
            await tag_run(SHADOW)

    async def planned(self, changes: Sequence[Change], account_id: str | None, account: str) -> None:
        """Keep what a run in shadow mode would have changed, for the report; any other run keeps nothing.

        Args:
            changes: of the plan.
            account_id: 18 characters; None if the record has no account.
            account: its name.
        """
        if self.shadow:
            await keep_plan(changes, account_id or "", account)

    async def open(
        self,
        title: str = "",
        *,
        account_id: str | None = None,
        account: str = "",
        about: About | None = None,
        settles: bool = True,
    ) -> None:
        """Name the run, and end it here if another run acts for its record or a person cancelled it.

        Args:
            title: the run's name in the dashboard; "" stands for the procedure's own name of it.
            account_id: whose page takes the run's effects, 18 characters.
            account: the name of that account; "" when unknown.
            about: the subject of the run's questions; without it, the run asks nobody.
            settles: whether the run previews is decided now; otherwise the procedure calls `settle` before it writes.

        Raises:
            RunEnded: the run has nothing to do.
        """
        self.effects.account_id, self.effects.account_name = account_id, account
        if settles and not self._is_settled:
            await self.settle(*([account_id] if account_id else []))
        await self.rename(title or self._name)
        if self.claim.other_run:
            raise RunEnded(Completed(name=ALREADY_RUNNING, message=f"Another run is at work: {self.claim.other_run}"))
        if about:
            self.questions, self._asks = Questions(about, self._history), True
            if not self.preview:
                await self.questions.end_if_cancelled()

    async def rename(self, title: str) -> None:
        """Give the run a name by which people know its record; a preview's says so."""
        kind = "Shadow: " if self.shadow else "Preview: " if self.preview else ""
        await name_run(f"{kind}{title}")
        self._is_named = True

    async def keep_name(self) -> None:
        """Give the run the procedure's own name if it ends without one; an earlier try may have named its record."""
        if not self._is_named and present_run().run_count <= 1:
            await self.rename(self._name)

    @staticmethod
    def require(outcome: T | Problems) -> T:
        """Go on with an outcome, `Problems` or a plan, that has no problems.

        Raises:
            HumanInputRequired: people must settle the problems first; they are asked, and the run is suspended.
        """
        problems: Sequence[Problem] = getattr(outcome, "problems", ())
        if problems:
            raise HumanInputRequired(problems)
        return cast("T", outcome)

    async def carry_out(self, body: Awaitable[State[Any]]) -> State[Any]:
        """Run the procedure's body; ask people where it needs them, and close their questions at its end.

        While another system has yet to create something, the run waits without a process.
        """
        try:
            state = await body
        except NotThereYet as missing:
            await self.effects.write()
            await end_process_until_next_look(missing)
        except HumanInputRequired as needs:
            if self._asks:
                await self.questions.ask(needs.problems, preview=self.preview, before_wait=self.effects.write)
            if self.preview:
                message = f"{to_settle(needs.problems)} Nothing was written."
                return self._previewed(Completed(name=PREVIEWED, message=message))
            raise
        if self._asks:
            await self.questions.finish()
        for step in self.skipped:  # whoever reads only how the run ended must know
            state.message = f"{state.message or ''} {step}".strip()
        return self._previewed(state)

    def _previewed(self, state: State[Any]) -> State[Any]:
        """The final state; that of a run in shadow mode says so."""
        if self.shadow and state.is_completed():
            state.name, state.message = PREVIEWED, f"Shadow mode: {state.message or ''}".strip()
        return state


Body = Callable[Concatenate[Run, P], Coroutine[Any, Any, State[Any]]]


def procedure(
    name: str, run_name: str, reach: Reach = Reach.CUSTOMERS
) -> Callable[[Body[P]], Flow[P, Coroutine[Any, Any, State[Any]]]]:
    """Make a flow of a function whose first parameter is its `Run`; the other parameters are the flow's.

    Whatever happens, it ends in a state whose name and message say who must act, on what, and which button then. The
    message of a failure ends with its card in the runbook.

    Args:
        name: the flow's name in the dashboard.
        run_name: the name of its runs that open without a name of their own. `{account_id|contract_id}` stands for the
            first of these parameters that was given.
        reach: what it changes. In shadow mode, only what changes records of customers previews; while everything is
            stopped, only reports to CS Operations go on (ADR-17).
    """

    def decorate(body: Body[P]) -> Flow[P, Coroutine[Any, Any, State[Any]]]:
        signature = inspect.signature(body)
        parameters = [parameter for parameter in signature.parameters.values() if parameter.annotation is not Run]

        @functools.wraps(body)
        async def run_procedure(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
            load_early()
            await forget_failure()
            given = public.bind(*args, **kwargs).arguments
            gate = Gate(bool(given.get("preview")), reach)
            try:
                async with audit_trail() as effects:
                    run = Run(effects, name=own_name(run_name, given), gate=gate)
                    with collecting_skipped(run.skipped), guarding(gate):
                        try:
                            return with_card(await run.carry_out(body(run, *args, **kwargs)))
                        finally:
                            await run.note_shadow()
                            await run.keep_name()
            except RunEnded as ended:
                return with_card(ended.state)
            except Halted as halted:
                return with_card(stopped(str(halted)))
            except RecordMissing as error:
                return await end_of_missing(error) or failed(error)
            except (HumanInputRequired, NobodyAskedError, BadInput, NotAnId, VendorError) as error:
                return failed(error)

        public = signature.replace(parameters=parameters)
        run_procedure.__signature__ = public  # type: ignore[attr-defined]  # Prefect's form shows these parameters
        # With Prefect's own `flow_run_name`, each run would need two more calls before its first step.
        make = flow(
            name=name,
            persist_result=True,
            result_serializer="json",
            result_storage=_result_folder(),
            on_failure=[note_failure],
        )
        return make(run_procedure)

    return decorate


def _result_folder() -> Path | None:
    """The folder of results; None if the settings name a block. Without it, each run would ask Prefect's server."""
    results = get_current_settings().results
    return None if results.default_storage_block else results.local_storage_path


async def _own_history() -> QuestionHistory:
    """What was asked and answered in earlier tries of the present run; the first one has nothing to read."""
    run = present_run()
    if run.run_count <= 1 and not run.empirical_policy.pause_keys:
        return QuestionHistory()
    return await load_history(run.id)
