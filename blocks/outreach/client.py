"""The calls we make to Outreach (JSON:API).

Outreach does not know a repeat from a second request: whoever makes something looks for it first, and again after an
outcome_unknown outcome. What is changed is safe to change again.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import httpx

from blocks.common.errors import VendorRefused
from blocks.outreach import responses as answers
from blocks.outreach.records import (
    Account,
    Mailbox,
    OutreachSequence,
    OutreachTask,
    Prospect,
    SequenceState,
    Template,
    User,
)
from blocks.outreach.responses import SYSTEM
from blocks.outreach.transport import Login, OutreachCalls, joined

_SYNTAX = re.compile(r",|\.\.")
"""What a filter takes for more than a text, unless it is told not to."""


class OutreachClient:
    """Speaks to Outreach from one event loop. Raises only the classes of `blocks.common.errors`.

    Args:
        http: with the base URL; it may be shared.
        login: where the access token comes from.
    """

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self._api = OutreachCalls(http, login)

    async def user_by_email(self, email: str) -> User | None:
        """The user with this address, upper and lower case alike, or None."""
        found = await self._api.list_all("users", {"filter[email]": _spellings(email)}, answers.user)
        return next((user for user in found if user.email.casefold() == email.casefold()), None)

    async def users(self, numbers: Collection[int]) -> list[User]:
        """The users with these ids."""
        return await self._api.by_ids("users", "filter[id]", numbers, answers.user)

    async def mailbox_of(self, user: User) -> Mailbox | None:
        """The mailbox a user sends from: one that can send before one that cannot, the own address before others."""
        found = await self._api.list_all("mailboxes", {"filter[userId]": str(user.id)}, answers.mailbox)
        own = user.email.casefold()
        found.sort(key=lambda one: (not one.can_send, one.email.casefold() != own, one.id))
        return found[0] if found else None

    async def account_by_custom_id(self, custom_id: str) -> Account | None:
        """The account that carries a Salesforce account id as its custom id, or None.

        Raises:
            VendorRefused: there are several.
        """
        return (await self.accounts_by_custom_id([custom_id])).get(custom_id)

    async def accounts_by_custom_id(self, custom_ids: Collection[str]) -> dict[str, Account]:
        """The accounts that carry these custom ids, by them; what Outreach does not know is missing.

        Raises:
            VendorRefused: several accounts carry the same one.
        """
        accounts: dict[str, Account] = {}
        for account in await self._api.by_ids("accounts", "filter[customId]", custom_ids, answers.account):
            if other := accounts.get(account.custom_id):
                told = f"the accounts {other.id} and {account.id} both have the custom id {account.custom_id}"
                raise VendorRefused(SYSTEM, f"{told}. Merge them in Outreach, then press Retry")
            accounts[account.custom_id] = account
        return {one: accounts[one] for one in custom_ids if one in accounts}

    async def move_account(self, account_id: int, user_id: int) -> Account:
        """Give an account, with its open tasks, to another owner; its prospects stay with theirs."""
        data = {"type": "account", "id": account_id, "relationships": _relations(owner=("user", user_id))}
        return answers.account("account", await self._api.send("account", "PATCH", f"accounts/{account_id}", data))

    async def prospects_of_account(self, *account_ids: int) -> list[Prospect]:
        """The prospects of one or more accounts."""
        return await self._api.by_ids("prospects", "filter[account][id]", account_ids, answers.prospect)

    async def prospect(self, prospect_id: int) -> Prospect:
        """A prospect that must exist.

        Raises:
            VendorRefused: with code `resourceNotFound`.
        """
        body = await self._api.call("prospect", "GET", f"prospects/{prospect_id}")
        return answers.prospect("prospect", answers.row(body))

    async def prospect_by_email(self, email: str) -> Prospect | None:
        """The prospect with this address, upper and lower case alike, or None."""
        found = await self._api.list_all("prospects", {"filter[emails]": _spellings(email)}, answers.prospect)
        return next((one for one in found if email.casefold() in map(str.casefold, one.emails)), None)

    async def create_prospect(
        self, *, first_name: str, last_name: str, email: str, title: str, account_id: int, owner_id: int
    ) -> Prospect:
        """Make a prospect; look with `prospect_by_email` first.

        Raises:
            VendorRefused: a prospect has this address already.
            VendorUnavailable: when `outcome_unknown`, look before making it again.
        """
        attributes = {"firstName": first_name, "lastName": last_name, "title": title, "emails": [email]}
        relations = _relations(account=("account", account_id), owner=("user", owner_id))
        data = {"type": "prospect", "attributes": attributes, "relationships": relations}
        return answers.prospect("new prospect", await self._api.send("new prospect", "POST", "prospects", data))

    async def move_prospect(self, prospect_id: int, user_id: int) -> Prospect:
        """Give a prospect to another owner."""
        data = {"type": "prospect", "id": prospect_id, "relationships": _relations(owner=("user", user_id))}
        return answers.prospect("prospect", await self._api.send("prospect", "PATCH", f"prospects/{prospect_id}", data))

    async def sequence_by_name(self, name: str) -> OutreachSequence | None:
        """The sequence of exactly this name, an enabled one before others, or None."""
        found = await self._api.list_all("sequences", _exactly("name", name), answers.sequence)
        named = [one for one in found if one.name == name]
        return min(named, key=lambda one: (not one.enabled, one.id), default=None)

    async def template_by_name(self, name: str) -> Template | None:
        """The template of exactly this name that is not archived, or None."""
        found = await self._api.list_all("templates", _exactly("name", name), answers.template)
        return next((one for one in found if one.name == name and not one.archived), None)

    async def sequence_states(
        self, prospect_ids: Collection[int], sequence_ids: Collection[int]
    ) -> list[SequenceState]:
        """Where these prospects stand in these sequences, the oldest first."""
        if not sequence_ids:
            return []
        wanted = {"filter[sequence][id]": joined(sequence_ids)}
        found = await self._api.by_ids(
            "sequenceStates", "filter[prospect][id]", prospect_ids, answers.sequence_state, wanted
        )
        return sorted(found, key=lambda one: one.id)

    async def add_to_sequence(self, prospect_id: int, sequence_id: int, mailbox_id: int) -> SequenceState:
        """Put a prospect into a sequence, whose first step acts at once; look with `sequence_states` first.

        Raises:
            VendorRefused: opted out, a sequence that is not enabled, or a mailbox that cannot send.
            VendorUnavailable: when `outcome_unknown`, look before adding it again.
        """
        relations = _relations(
            prospect=("prospect", prospect_id), sequence=("sequence", sequence_id), mailbox=("mailbox", mailbox_id)
        )
        data = {"type": "sequenceState", "relationships": relations}
        what = "new sequence state"
        return answers.sequence_state(what, await self._api.send(what, "POST", "sequenceStates", data))

    async def finish(self, state_id: int) -> None:
        """End a prospect's way through a sequence.

        Raises:
            VendorRefused: it has ended already.
        """
        await self._api.call("end of a sequence", "POST", f"sequenceStates/{state_id}/actions/finish")

    async def tasks_of(self, *prospect_ids: int, state: str = "") -> list[OutreachTask]:
        """The tasks about these prospects, of one state or of all."""
        wanted = {"filter[state]": state} if state else {}
        return await self._api.by_ids("tasks", "filter[prospect][id]", prospect_ids, answers.task, wanted)

    async def tasks_of_account(self, *account_ids: int, state: str = "") -> list[OutreachTask]:
        """The tasks about these accounts themselves, of one state or of all."""
        wanted = {"filter[state]": state} if state else {}
        return await self._api.by_ids("tasks", "filter[account][id]", account_ids, answers.task, wanted)

    async def create_task(
        self,
        *,
        action: str,
        note: str,
        owner_id: int,
        prospect_id: int,
        template_id: int | None = None,
        due: datetime | None = None,
    ) -> OutreachTask:
        """Make a task; look with `tasks_of` first.

        Args:
            action: `action_item`, `call`, `email` or `in_person`.
            note: what to do, at most 65,535 characters.
            owner_id: of the user who is to do it.
            prospect_id: whom it is about.
            template_id: of the text to begin with; where Outreach takes none, the task is made without.
            due: an aware instant.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look before making it again.
        """
        attributes = {"action": action, "note": note, **({"dueAt": due.isoformat()} if due else {})}
        relations = _relations(owner=("user", owner_id), subject=("prospect", prospect_id))
        text = _relations(template=("template", template_id)) if template_id else {}
        data = {"type": "task", "attributes": attributes, "relationships": relations | text}
        try:
            made = await self._api.send("new task", "POST", "tasks", data)
        except VendorRefused as error:
            # Outreach's own schema calls a task's template read-only: the note names it as well.
            if not text or not any("template" in told for told in (str(error), *error.fields)):
                raise
            made = await self._api.send("new task", "POST", "tasks", data | {"relationships": relations})
        return answers.task("new task", made)

    async def complete_task(self, task_id: int, note: str) -> None:
        """End a task that is still to be done.

        Args:
            task_id: of the task.
            note: why, added to the task's own.

        Raises:
            VendorRefused: it is complete already.
        """
        path = f"tasks/{task_id}/actions/markComplete"
        await self._api.call("end of a task", "POST", path, params={"actionParams[completionNote]": note})


def _relations(**targets: tuple[str, int]) -> dict[str, Any]:
    return {name: {"data": {"type": kind, "id": number}} for name, (kind, number) in targets.items()}


def _spellings(email: str) -> str:
    """An address as it is typed and in lower case: a filter does not say that it knows them for the same."""
    return joined(dict.fromkeys((email, email.lower())))


def _exactly(name: str, text: str) -> dict[str, str]:
    """The filter for one text, whatever stands in it."""
    if _SYNTAX.search(text):
        return {f"filter[{name}][]": text, "newFilterSyntax": "true"}
    return {f"filter[{name}]": text}
