"""The calls we make to Outreach (JSON:API).

Outreach cannot tell a repeated request from a second one: look for a record before making it, and again when the
outcome is unknown. Changes are safe to repeat.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import httpx

from blocks.common.errors import VendorRefused
from blocks.outreach.responses import (
    OPEN,
    SYSTEM,
    Account,
    Mailbox,
    OutreachSequence,
    OutreachTask,
    Prospect,
    SequenceState,
    Template,
    User,
)
from blocks.outreach.transport import Login, OutreachCalls, joined

_SYNTAX = re.compile(r",|\.\.")
"""Characters with a meaning of their own in a filter, unless the filter is in the new syntax."""


class OutreachClient:
    """Speaks to Outreach from one event loop. Raises only the classes of `blocks.common.errors`.

    Args:
        http: with the base URL; it may be shared.
        login: gives the access token.
    """

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self._api = OutreachCalls(http, login)

    async def user_by_email(self, email: str) -> User | None:
        """The user with this address, in upper or lower case, or None."""
        users = await self._api.list_all(User, "users", {"filter[email]": _spellings(email)})
        return next((user for user in users if user.email.casefold() == email.casefold()), None)

    async def users(self, numbers: Collection[int]) -> list[User]:
        """The users with these ids."""
        return await self._api.by_ids(User, "users", "filter[id]", numbers)

    async def mailboxes(self, numbers: Collection[int]) -> list[Mailbox]:
        """The mailboxes with these ids."""
        return await self._api.by_ids(Mailbox, "mailboxes", "filter[id]", numbers)

    async def accounts(self, numbers: Collection[int]) -> list[Account]:
        """The accounts with these ids."""
        return await self._api.by_ids(Account, "accounts", "filter[id]", numbers)

    async def prospects(self, numbers: Collection[int]) -> list[Prospect]:
        """The prospects with these ids."""
        return await self._api.by_ids(Prospect, "prospects", "filter[id]", numbers)

    async def mailbox_of(self, user: User) -> Mailbox | None:
        """The mailbox a user sends from: one that can send before one that cannot, the own address before others."""
        mailboxes = await self._api.list_all(Mailbox, "mailboxes", {"filter[userId]": str(user.id)})
        own = user.email.casefold()
        return min(mailboxes, key=lambda box: (not box.can_send, box.email.casefold() != own, box.id), default=None)

    async def account_by_custom_id(self, custom_id: str) -> Account | None:
        """The account whose custom id is this Salesforce account id, or None.

        Raises:
            VendorRefused: there are several.
        """
        return (await self.accounts_by_custom_id([custom_id])).get(custom_id)

    async def accounts_by_custom_id(self, custom_ids: Collection[str]) -> dict[str, Account]:
        """The accounts with these custom ids, by custom id; one that Outreach does not know is missing.

        Raises:
            VendorRefused: several accounts have the same one.
        """
        accounts: dict[str, Account] = {}
        for account in await self._api.by_ids(Account, "accounts", "filter[customId]", custom_ids):
            if other := accounts.get(account.custom_id):
                message = f"the accounts {other.id} and {account.id} both have the custom id {account.custom_id}"
                raise VendorRefused(SYSTEM, f"{message}. Merge them in Outreach, then press Retry")
            accounts[account.custom_id] = account
        return {custom_id: accounts[custom_id] for custom_id in custom_ids if custom_id in accounts}

    async def move_account(self, account_id: int, user_id: int) -> Account:
        """Give an account, with its open tasks, to another owner; its prospects keep their owners."""
        data = {"type": "account", "id": account_id, "relationships": _relationships(owner=("user", user_id))}
        return await self._api.send(Account, "account", "PATCH", f"accounts/{account_id}", data)

    async def prospects_of_account(self, *account_ids: int) -> list[Prospect]:
        """The prospects of one or more accounts."""
        return await self._api.by_ids(Prospect, "prospects", "filter[account][id]", account_ids)

    async def prospect(self, prospect_id: int) -> Prospect:
        """A prospect that must exist.

        Raises:
            VendorRefused: with code `resourceNotFound`.
        """
        return await self._api.get(Prospect, "prospect", f"prospects/{prospect_id}")

    async def prospect_by_email(self, email: str) -> Prospect | None:
        """The prospect with this address, in upper or lower case, or None."""
        prospects = await self._api.list_all(Prospect, "prospects", {"filter[emails]": _spellings(email)})
        own = email.casefold()
        return next((prospect for prospect in prospects if own in map(str.casefold, prospect.emails)), None)

    async def create_prospect(
        self, *, first_name: str, last_name: str, email: str, title: str, account_id: int, owner_id: int
    ) -> Prospect:
        """Make a prospect; look with `prospect_by_email` first.

        Raises:
            VendorRefused: a prospect has this address already.
            VendorUnavailable: when `outcome_unknown`, look before making it again.
        """
        attributes = {"firstName": first_name, "lastName": last_name, "title": title, "emails": [email]}
        relationships = _relationships(account=("account", account_id), owner=("user", owner_id))
        data = {"type": "prospect", "attributes": attributes, "relationships": relationships}
        return await self._api.send(Prospect, "new prospect", "POST", "prospects", data)

    async def move_prospect(self, prospect_id: int, user_id: int) -> Prospect:
        """Give a prospect to another owner."""
        data = {"type": "prospect", "id": prospect_id, "relationships": _relationships(owner=("user", user_id))}
        return await self._api.send(Prospect, "prospect", "PATCH", f"prospects/{prospect_id}", data)

    async def sequence_by_name(self, name: str) -> OutreachSequence | None:
        """The sequence of exactly this name, an enabled one before others, or None."""
        sequences = await self._api.list_all(OutreachSequence, "sequences", _exactly("name", name))
        named = [sequence for sequence in sequences if sequence.name == name]
        return min(named, key=lambda sequence: (not sequence.enabled, sequence.id), default=None)

    async def template_by_name(self, name: str) -> Template | None:
        """The template of exactly this name that is not archived, or None."""
        templates = await self._api.list_all(Template, "templates", _exactly("name", name))
        return next((template for template in templates if template.name == name and not template.archived), None)

    async def sequence_states(
        self, prospect_ids: Collection[int], sequence_ids: Collection[int]
    ) -> list[SequenceState]:
        """The states of these prospects in these sequences, the oldest first."""
        if not sequence_ids:
            return []
        also = {"filter[sequence][id]": joined(sequence_ids)}
        states = await self._api.by_ids(SequenceState, "sequenceStates", "filter[prospect][id]", prospect_ids, **also)
        return sorted(states, key=lambda state: state.id)

    async def open_states(self, sequence_id: int) -> list[SequenceState]:
        """The states of all prospects whom a sequence may still send mails."""
        params = {"filter[sequence][id]": str(sequence_id), "filter[state]": joined(OPEN)}
        return await self._api.list_all(SequenceState, "sequenceStates", params)

    async def add_to_sequence(self, prospect_id: int, sequence_id: int, mailbox_id: int) -> SequenceState:
        """Add a prospect to a sequence, whose first step starts at once; look with `sequence_states` first.

        Raises:
            VendorRefused: the prospect opted out, the sequence is not enabled, or the mailbox cannot send.
            VendorUnavailable: when `outcome_unknown`, look before adding it again.
        """
        relationships = _relationships(
            prospect=("prospect", prospect_id), sequence=("sequence", sequence_id), mailbox=("mailbox", mailbox_id)
        )
        data = {"type": "sequenceState", "relationships": relationships}
        return await self._api.send(SequenceState, "new sequence state", "POST", "sequenceStates", data)

    async def finish(self, state_id: int) -> None:
        """End a prospect's way through a sequence.

        Raises:
            VendorRefused: it has ended already.
        """
        await self._api.call("end of a sequence", "POST", f"sequenceStates/{state_id}/actions/finish")

    async def tasks_of(self, *prospect_ids: int, state: str = "") -> list[OutreachTask]:
        """The tasks about these prospects, of one state or of all."""
        return await self._tasks("filter[prospect][id]", prospect_ids, state)

    async def tasks_of_account(self, *account_ids: int, state: str = "") -> list[OutreachTask]:
        """The tasks about these accounts themselves, of one state or of all."""
        return await self._tasks("filter[account][id]", account_ids, state)

    async def _tasks(self, filter_name: str, ids: Collection[int], state: str) -> list[OutreachTask]:
        also = {"filter[state]": state} if state else {}
        return await self._api.by_ids(OutreachTask, "tasks", filter_name, ids, **also)

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
            owner_id: the user who is to do it.
            prospect_id: the prospect it is about.
            template_id: of the text to start from; where Outreach accepts none, the task is made without it.
            due: an aware instant.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look before making it again.
        """
        attributes = {"action": action, "note": note, **({"dueAt": due.isoformat()} if due else {})}
        relationships = _relationships(owner=("user", owner_id), subject=("prospect", prospect_id))
        template = _relationships(template=("template", template_id)) if template_id else {}
        data = {"type": "task", "attributes": attributes, "relationships": relationships | template}
        try:
            return await self._api.send(OutreachTask, "new task", "POST", "tasks", data)
        except VendorRefused as error:
            # Outreach's own schema calls a task's template read-only: the note names it as well.
            if not template or not any("template" in words for words in (str(error), *error.fields)):
                raise
        return await self._api.send(OutreachTask, "new task", "POST", "tasks", data | {"relationships": relationships})

    async def complete_task(self, task_id: int, note: str) -> None:
        """Complete an open task.

        Args:
            task_id: of the task.
            note: the reason, added to the task's own note.

        Raises:
            VendorRefused: it is complete already.
        """
        path = f"tasks/{task_id}/actions/markComplete"
        await self._api.call("end of a task", "POST", path, params={"actionParams[completionNote]": note})


def _relationships(**targets: tuple[str, int]) -> dict[str, Any]:
    return {name: {"data": {"type": kind, "id": number}} for name, (kind, number) in targets.items()}


def _spellings(email: str) -> str:
    """An address as it is typed and in lower case: a filter may tell them apart."""
    return joined(dict.fromkeys((email, email.lower())))


def _exactly(name: str, text: str) -> dict[str, str]:
    """The filter for one text, whatever characters it has."""
    if _SYNTAX.search(text):
        return {f"filter[{name}][]": text, "newFilterSyntax": "true"}
    return {f"filter[{name}]": text}
