"""The bare script that a workbook's moves are measured against: the same calls by the same clients, in their order.

It knows no approval, retries, kept results, audit or turns: what it lacks is what Prefect and the house add.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address

from pydantic import SecretStr

from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp, OutreachClient
from blocks.outreach.records import Account, Prospect
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Person
from rules.transition.account_facts import AccountFacts
from rules.transition.approved_move import ApprovedMove
from rules.transition.checklist import checklist
from rules.transition.invitation import NEW, Guest, Invitation
from rules.transition.reassignments import Handover, changes, ownership_fields
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.mail.invitation_message import mail
from tasks.outreach.records import account_of, known, mailbox_of, sequence_named, template_named, user_of
from tasks.outreach.sequences import Start, only_state
from tasks.salesforce.account_facts import Reading, salesforce_facts
from tasks.salesforce.transition import read_users
from tasks.salesforce.writes import records_of
from tasks.transition.account_facts import billed_of, usage_of
from tasks.transition.checklist import in_base64, published
from tasks.transition.checklist_workbook import Filled, filled
from tasks.transition.introductions import tasks_for
from tasks.transition.policy import sequences_of, terms_of


@dataclass(frozen=True)
class MoveScript:
    """The connections and settings, read beforehand."""

    org: SalesforceOrg
    lms: Lms
    site: RecurlySite
    app: OutreachApp
    server: MailServer
    policy: Policy
    rules: PolicySnapshot

    @classmethod
    async def ready(cls) -> "MoveScript":
        """Read everything that is not a vendor's call; Outreach's login of before is still in force."""
        return cls(
            org=await connection(SalesforceOrg),
            lms=await connection(Lms),
            site=await connection(RecurlySite),
            app=await connection(OutreachApp),
            server=await connection(MailServer),
            policy=await connection(Policy),
            rules=await load_policy(),
        )

    async def move_all(self, orders: Iterable[ApprovedMove], at_once: int) -> None:
        """Move the accounts, so many at the same time."""
        gate = asyncio.Semaphore(at_once)

        async def one(order: ApprovedMove) -> None:
            async with gate:
                await self.move(order)

        await asyncio.gather(*map(one, orders))

    async def move(self, order: ApprovedMove) -> None:
        """Read; checklist, Salesforce, Outreach, invitation; read again."""
        facts, handover = await asyncio.gather(self._facts(order), self._hands(order))
        content = await self._checklist(order, facts)
        found = ownership_fields(facts, handover, self.rules.today, terms_of(self.policy).credit)
        records = records_of(self.policy.field_map, changes(found, facts, datetime.now(UTC)))
        await asyncio.to_thread(lambda: self.org.client().change(records))
        await self._introduce(self.app.client(self._token), order, facts, handover)
        await self._invite(order, handover, content)
        await self._look(order)

    async def _token(self, refused: SecretStr | None = None) -> SecretStr:
        token = self.app.token(refused)
        assert token is not None
        return token

    async def _facts(self, order: ApprovedMove) -> AccountFacts:
        facts = await self._in_salesforce(order)
        zone, account = self.rules.time_zone, facts.recurly_account_id or f"code-{facts.id}"
        usage, billed = await asyncio.gather(
            usage_of(self.lms.client(), facts.lms_company_id or ""),
            asyncio.to_thread(lambda: billed_of(self.site.client(), account, zone)),
        )
        return replace(facts, usage=usage, billed=billed)

    async def _in_salesforce(self, order: ApprovedMove) -> AccountFacts:
        since = self.rules.today - timedelta(days=self.policy.transition_look_back_days)
        how = Reading(self.policy.field_map, since, self.rules.time_zone)
        (facts,) = await asyncio.to_thread(lambda: salesforce_facts(self.org.client(), how, [order.account_id]))
        return facts

    async def _hands(self, order: ApprovedMove) -> Handover:
        ids, fields = [order.former_csm_id, order.new_csm_id], self.policy.field_map
        users = await asyncio.to_thread(lambda: read_users(self.org.client(), fields, ids))
        found = {one.person.id: one for one in users}
        to = found[order.new_csm_id]
        assert to.lead is not None
        return Handover(found[order.former_csm_id].person, to.person, to.lead)

    async def _checklist(self, order: ApprovedMove, facts: AccountFacts) -> bytes:
        today, thresholds = self.rules.today, terms_of(self.policy).thresholds
        lines = checklist(facts, today, thresholds)
        content = await asyncio.to_thread(filled, Filled(facts, lines, today, facts.users_paid_for(today)))
        body = {
            "Title": f"Account Analysis Checklist ({order.key})",
            "PathOnClient": "Account Analysis Checklist.xlsx",
            "VersionData": in_base64(content),
            "FirstPublishLocationId": facts.id,
        }

        def upload() -> None:
            client = self.org.client()
            published(client, facts.id, order.key)
            client.get("ContentVersion", client.create("ContentVersion", body), ["ContentDocumentId"])

        await asyncio.to_thread(upload)
        return content

    async def _introduce(
        self, client: OutreachClient, order: ApprovedMove, facts: AccountFacts, handover: Handover
    ) -> None:
        email, contact = handover.to_csm.email or "", facts.main_contact
        await _hand_over(client, facts.id, email)
        if contact is None or not contact.email:
            return
        await account_of(client, facts.id), await user_of(client, email)
        prospect = await client.prospect_by_email(contact.email)
        assert prospect is not None
        if name := sequences_of(self.policy).of(order.route):
            row = await sequence_named(client, name)
            before = await client.sequence_states([prospect.id], [row.id])
            row, mailbox = await sequence_named(client, name), await mailbox_of(client, await user_of(client, email))
            start = Start(row, mailbox, "", frozenset(one.id for one in before))
            await only_state(client, prospect.id, start, [])
        for task in tasks_for(order, facts, handover, contact):
            user = await user_of(client, email)
            await client.tasks_of(prospect.id)
            template_id = await template_named(client, task.template) if task.template else None
            note = f"{task.title}\n\n{task.text}"
            await client.create_task(
                action="email", note=note, owner_id=user.id, prospect_id=prospect.id, template_id=template_id, due=None
            )

    async def _invite(self, order: ApprovedMove, handover: Handover, content: bytes) -> None:
        now = datetime.now(UTC)
        people: Sequence[Person] = (handover.from_csm or handover.team_lead, handover.to_csm)
        guests = tuple(Guest(one.name, one.email or "", NEW) for one in people)
        invitation = Invitation(order.key, 0, order.account_name, now + timedelta(days=2), guests, now)
        sender = Address(self.server.sender_name, addr_spec=self.server.sender_address)
        message = mail(invitation, sender, "A call about the account.", checklist=content)
        await asyncio.to_thread(lambda: self.server.client().send(message))

    async def _look(self, order: ApprovedMove) -> None:
        sequence = sequences_of(self.policy).of(order.route)
        await asyncio.gather(
            self._in_salesforce(order),
            asyncio.to_thread(lambda: published(self.org.client(), order.account_id, order.key)),
            known(self.app.client(self._token), [order.account_id], [sequence] if sequence else []),
        )


async def _hand_over(client: OutreachClient, account_id: str, email: str) -> None:
    user, account = await user_of(client, email), await account_of(client, account_id)
    held: list[Account | Prospect] = [account, *await client.prospects_of_account(account.id)]
    await client.users({one.owner for one in held if one.owner})
    for one in held:
        await (client.move_account if isinstance(one, Account) else client.move_prospect)(one.id, user.id)
