"""The bare script a flow is measured against: the same calls through the same clients, in the same order.

It knows no retries, no kept results, no audit: what it lacks is what Prefect and the house add.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from simple_salesforce.format import format_soql

from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace
from rules.assignment.plan import Assignment, plan_assignment
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.records import Change, Sale
from rules.common.text import strip
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.entitlements import entitlement
from rules.onboarding.plan import Plan, plan
from rules.onboarding.welcome import welcome
from rules.onboarding.write_back import account_changes, billing_url
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.onboarding.permission_matrix import read_matrix
from tasks.salesforce.assignment import SOON, standing_statements
from tasks.salesforce.clients import agreements_statement
from tasks.salesforce.records import sale_from
from tasks.salesforce.sales import sale_query
from tasks.salesforce.snapshot import onboardings_from, onboardings_statement, standing_from
from tasks.salesforce.writes import patches


@dataclass(frozen=True)
class Script:
    """The connections and settings, read beforehand."""

    org: SalesforceOrg
    lms: Lms
    site: RecurlySite
    slack: SlackWorkspace
    policy: Policy
    rules: PolicySnapshot
    matrix: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    async def ready(cls) -> "Script":
        """Read everything that is not a vendor's call."""
        return cls(
            org=await connection(SalesforceOrg),
            lms=await connection(Lms),
            site=await connection(RecurlySite),
            slack=await connection(SlackWorkspace),
            policy=await connection(Policy),
            rules=await load_policy(),
            matrix=(await read_matrix.fn()).matrix,
        )

    async def onboard(self, opportunity_id: str) -> None:
        """Query and report at once; the username; the chain of the set-up beside the announcement; CSM and welcome."""
        soql = sale_query(self.policy.field_map, opportunity_id)
        records, _ = await asyncio.gather(
            asyncio.to_thread(lambda: self.org.client().query(soql)),
            asyncio.to_thread(lambda: self.org.client().report_lists(self.org.onboarding_report_id, opportunity_id)),
        )
        sale = sale_from(records[0], self.policy.field_map)
        assert sale.account is not None
        contracts = agreements_statement(self.policy.field_map, [sale.account.id])
        await asyncio.to_thread(lambda: self.org.client().query(contracts))
        email = strip(sale.primary_contacts[0].email)
        await self.lms.client().user_by_email(email)
        text, key = f"Closed Won: {sale.opportunity.name}", f"onboarding:{opportunity_id}"
        _, codes = await asyncio.gather(
            asyncio.to_thread(lambda: self.slack.client().post(self.policy.sales_channel, text, key=key)),
            self._set_up(sale, self._plan(sale, email)),
        )
        standing, csm = await self._assign(sale, codes)
        text, key = f"{csm} looks after it", f"csm-assignment:{opportunity_id}"
        await asyncio.gather(
            asyncio.to_thread(lambda: self.slack.client().post(self.policy.csm_channel, text, key=key)),
            self._welcome(standing),
        )
        await self._read_back(standing, codes[0].after)

    def _plan(self, sale: Sale, email: str) -> Plan:
        return plan(
            sale, email=email, rename=None, company=None, chosen={}, table=self.rules.location_table,
            entitled=entitlement(terms((), self.rules.today, {}, sold_agreement(sale, ())), self.matrix),
            users_per_location=self.rules.users_per_location, today=self.rules.today,
        )  # fmt: skip

    async def _set_up(self, sale: Sale, todo: Plan) -> tuple[Change, ...]:
        assert todo.form is not None
        assert sale.account is not None
        account = sale.account
        signed = await self.lms.client().pre_sign(todo.form.fields(), idempotency_key=sale.opportunity.id)
        await self.lms.client().set_modules(signed.company_id, list(todo.modules))
        billed = await asyncio.to_thread(lambda: self.site.client().account_by_code(account.id))
        assert billed is not None
        url = billing_url(self.site.billing_url_template, self.site.subdomain, account.id)
        return account_changes(account, signed.company_id, str(billed["id"]), url)

    async def _assign(self, sale: Sale, codes: tuple[Change, ...]) -> tuple[AssignmentSnapshot, str]:
        assert sale.account is not None
        fields, rules = self.policy.field_map, self.rules
        statements = standing_statements(fields, rules, sale.account.id, sale.opportunity.id)
        rows = await asyncio.to_thread(lambda: self.org.client().queries(statements))
        standing = standing_from(rows, datetime.now(UTC), fields, zone=rules.time_zone, terms=rules.terms)
        todo = plan_assignment(
            standing, segments=rules.segments, weight_of_mrr=rules.weight_of_mrr, hand_over=rules.hand_over
        )
        assert isinstance(todo, Assignment)
        requests = patches(fields, (*codes, *todo.changes))
        await asyncio.to_thread(lambda: self.org.client().composite(requests))
        return standing, todo.csm.name

    async def _read_back(self, standing: AssignmentSnapshot, company_id: str) -> None:
        statements = [
            format_soql("SELECT Id, LastModifiedDate FROM Account WHERE Id = {}", standing.account.id),
            onboardings_statement(self.policy.field_map, standing.account.id),
        ]
        await asyncio.gather(
            asyncio.to_thread(lambda: self.org.client().queries(statements)), self.lms.client().company(company_id)
        )

    async def _welcome(self, standing: AssignmentSnapshot) -> None:
        assert standing.opportunity is not None
        statement = onboardings_statement(self.policy.field_map, standing.account.id)
        await asyncio.sleep(SOON)
        found = await asyncio.to_thread(lambda: self.org.client().query(statement))
        entry = welcome(standing.opportunity, onboardings_from(found, self.policy.field_map), self.rules.today)
        requests = patches(self.policy.field_map, entry.changes)
        await asyncio.to_thread(lambda: self.org.client().composite(requests))
