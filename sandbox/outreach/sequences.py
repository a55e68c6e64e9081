"""Sequences at work: who is in one, what a step does, and the tasks for people."""

from typing import Final

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.outreach import documents
from sandbox.outreach.store import Record, Store, pointer, points_to, stamp
from sandbox.state import SandboxState, effect

_BY_STEP: Final = {
    "manual_email": ("sequence_step_email", "email"),
    "call": ("sequence_step_call", "call"),
    "task": ("sequence_step_task", "action_item"),
}
"""For each type of step that waits for a person: the task's type and action."""
_MOVES: Final = {
    "finish": (("active", "pending", "paused", "failed"), "finished"),
    "pause": (("active", "pending"), "paused"),
    "resume": (("paused",), "active"),
}


class Sequences:
    """The calls that write sequence states and tasks. Nothing is de-duplicated: two POSTs make two of them."""

    def __init__(self, sandbox: SandboxState, store: Store) -> None:
        self._sandbox, self._store = sandbox, store

    async def add(self, request: Request) -> Record:
        """Put a prospect into a sequence, whose first step acts at once."""
        needed = ("prospect", "sequence", "mailbox")
        sent = await documents.read(request, self._store, "sequenceStates", required=needed)
        prospect, sequence, mailbox = (sent.relations[name] for name in needed)
        assert prospect and sequence and mailbox  # noqa: PT018 - all are required
        for wrong, name, detail in (
            (prospect["attributes"]["optedOut"], "prospect", "Prospect has opted out."),
            (not sequence["attributes"]["enabled"], "sequence", "Sequence is not enabled."),
            (mailbox["attributes"]["sendDisabled"], "mailbox", "Mailbox is not able to send."),
        ):
            if wrong:
                raise documents.invalid(detail, f"/relationships/{name}")
        effect(request)
        relations = {name: pointer(target) for name, target in sent.relations.items()}
        account = prospect["relationships"]["account"]["data"]
        now = self._sandbox.clock.now()
        state = self._store.add("sequenceStates", {}, {**relations, "account": account}, now)
        self._next_step(state)
        return state

    async def act(self, request: Request) -> Record:
        """Finish, pause or resume a state; the tasks of a finished one are open no longer."""
        state = self._store.get("sequenceStates", request.path_params["number"])
        if request.path_params["action"] not in _MOVES:
            raise Refused(404, "resourceNotFound", "There is no such action.")
        allowed, after = _MOVES[request.path_params["action"]]
        if state["attributes"]["state"] not in allowed:
            raise documents.invalid(f"Sequence state is {state['attributes']['state']}.")
        effect(request)
        self._set(state, after)
        if after == "finished":
            for task in self._store.records["tasks"]:
                if points_to(task, "sequenceState", state):
                    self._set(task, "complete")
        return state

    async def add_task(self, request: Request) -> Record:
        """Make a task of a person's own; always a manual one."""
        sent = await documents.read(request, self._store, "tasks", required=("owner",))
        if "action" not in sent.attributes:
            raise documents.invalid("action can't be blank.", "/attributes/action")
        subject = sent.relations.get("subject") or sent.relations.get("prospect")
        if subject is None:
            raise documents.invalid("subject can't be blank.", "/relationships/subject")
        effect(request)
        relations = {name: pointer(target) for name, target in sent.relations.items()}
        relations |= {"subject": pointer(subject), subject["type"]: pointer(subject)}
        return self._store.add("tasks", sent.attributes, relations, self._sandbox.clock.now())

    async def complete(self, request: Request) -> Record:
        """Mark a task as complete, with a note of why; a sequence goes on when the task was one of its steps."""
        task = self._store.get("tasks", request.path_params["number"])
        if task["attributes"]["state"] == "complete":
            raise documents.invalid("Task is already complete.")
        effect(request)
        self._set(task, "complete")
        if why := request.query_params.get("actionParams[completionNote]"):
            task["attributes"]["note"] = f"{task['attributes']['note'] or ''}\n\n{why}".strip()
        state = self._store.related(task, "sequenceState")
        if state and state["attributes"]["state"] == "active":
            self._next_step(state)
        return task

    def _next_step(self, state: Record) -> None:
        """Let the step after the present one act; mails go out one after the other until a person must do something."""
        sequence, present = self._store.related(state, "sequence"), self._store.related(state, "sequenceStep")
        assert sequence is not None
        steps = [step for step in self._store.records["sequenceSteps"] if points_to(step, "sequence", sequence)]
        steps.sort(key=lambda step: int(step["attributes"]["order"]))
        left = steps[steps.index(present) + 1 :] if present else steps
        if not left:
            if present:
                self._set(state, "finished")
            return
        state["relationships"]["sequenceStep"] = {"data": pointer(left[0])}
        self._take(state, left[0], sequence)

    def _take(self, state: Record, step: Record, sequence: Record) -> None:
        prospect, mailbox = self._store.related(state, "prospect"), self._store.related(state, "mailbox")
        assert prospect is not None
        assert mailbox is not None
        if step["attributes"]["stepType"] == "auto_email":
            self._send(state, step, sequence, prospect, mailbox)
            return
        task_type, action = _BY_STEP[step["attributes"]["stepType"]]
        user = mailbox["attributes"]["userId"]
        self._store.add(
            "tasks",
            {"action": action, "taskType": task_type, "note": step["attributes"]["taskNote"]},
            {
                "owner": {"type": "user", "id": user} if user else mailbox["relationships"]["user"]["data"],
                "subject": pointer(prospect),
                "prospect": pointer(prospect),
                "sequence": pointer(sequence),
                "sequenceStep": pointer(step),
                "sequenceState": pointer(state),
                "template": step["relationships"]["template"]["data"],
            },
            self._sandbox.clock.now(),
        )

    def _send(self, state: Record, step: Record, sequence: Record, prospect: Record, mailbox: Record) -> None:
        """Send the step's mail at once; the sequence then waits for its next day."""
        emails = prospect["attributes"]["emails"]
        if not emails:
            self._set(state, "failed")
            state["attributes"]["errorReason"] = "Prospect has no email address."
            return
        template = self._store.related(step, "template")
        written = template["attributes"] if template else {}
        self._sandbox.mail(
            to=emails[0],
            sender=mailbox["attributes"]["email"] or "",
            subject=written.get("subject") or sequence["attributes"]["name"] or "",
            kind="outreach sequence",
            body=written.get("bodyText") or f"A mail of the sequence {sequence['attributes']['name']}.",
        )

    def _set(self, record: Record, state: str) -> None:
        record["attributes"] |= {"state": state, "updatedAt": stamp(self._sandbox.clock.now())}
