"""Prospects and accounts: made, changed, and given to another owner."""

from starlette.requests import Request

from sandbox.outreach import documents
from sandbox.outreach.store import Record, Store, pointer, points_to, stamp
from sandbox.state import SandboxState, effect


class People:
    """The calls that write prospects and accounts."""

    def __init__(self, sandbox: SandboxState, store: Store) -> None:
        self._sandbox, self._store = sandbox, store

    async def create_prospect(self, request: Request) -> Record:
        """Make a prospect, whose addresses must be in use nowhere."""
        sent = await documents.read(request, self._store, "prospects")
        self._check_free(sent, None)
        effect(request)
        relations = {name: pointer(target) for name, target in sent.relations.items()}
        return self._store.add("prospects", sent.attributes, relations, self._sandbox.clock.now())

    async def change_prospect(self, request: Request) -> Record:
        """Change a prospect."""
        prospect = self._store.get("prospects", request.path_params["number"])
        sent = await documents.read(request, self._store, "prospects", number=prospect["id"])
        self._check_free(sent, prospect)
        return self._changed(request, prospect, sent)

    async def change_account(self, request: Request) -> Record:
        """Change an account. Its open tasks go to its new owner with it; prospects and closed tasks do not."""
        account = self._store.get("accounts", request.path_params["number"])
        sent = await documents.read(request, self._store, "accounts", number=account["id"])
        changed = self._changed(request, account, sent)
        if sent.relations.get("owner"):
            for task in self._store.records["tasks"]:
                if task["attributes"]["state"] != "complete" and self._is_of(task, account):
                    task["relationships"]["owner"] = dict(account["relationships"]["owner"])
        return changed

    def _changed(self, request: Request, record: Record, sent: documents.Sent) -> Record:
        if sent.change(record):
            record["attributes"]["updatedAt"] = stamp(self._sandbox.clock.now())
            effect(request)
        return record

    def _is_of(self, task: Record, account: Record) -> bool:
        prospect = self._store.related(task, "prospect")
        return points_to(task, "account", account) or bool(prospect and points_to(prospect, "account", account))

    def _check_free(self, sent: documents.Sent, unless: Record | None) -> None:
        wanted = {email.casefold() for email in sent.attributes.get("emails", ())}
        for other in self._store.records["prospects"]:
            held = {email.casefold() for email in other["attributes"]["emails"]}
            if other is not unless and held & wanted:
                raise documents.invalid("Contacts email hash has already been taken.", "/attributes/emails")
