"""The bare script a flow is measured against: the same calls through the same clients, in the same order.

It knows no retries, no kept results, no audit: what it lacks is what Prefect and the house add.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from blocks.lms import Lms
from blocks.policy import Policy
from blocks.recurly import RecurlySite
from blocks.salesforce import SalesforceOrg
from blocks.slack import SlackWorkspace
from rules.onboarding_plan import Plan, plan
from rules.records import Sale
from rules.text import given
from rules.write_back import account_changes, billing_url
from tasks.connections import connection
from tasks.policy import HouseRules, house_rules
from tasks.salesforce import sale_query, write_back_requests
from tasks.salesforce_records import sale_from
from tasks.workbooks import read_matrix


@dataclass(frozen=True)
class Script:
    """The connections and settings, read beforehand."""

    org: SalesforceOrg
    lms: Lms
    site: RecurlySite
    slack: SlackWorkspace
    policy: Policy
    rules: HouseRules
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
            rules=await house_rules(),
            matrix=await read_matrix.fn(),
        )

    async def onboard(self, opportunity_id: str) -> None:
        """Query and report at once; the username; then the chain of the set-up beside the announcement."""
        soql = sale_query(self.policy.field_map, opportunity_id)
        records, _ = await asyncio.gather(
            asyncio.to_thread(lambda: self.org.client().query(soql)),
            asyncio.to_thread(lambda: self.org.client().report_lists(self.org.onboarding_report_id, opportunity_id)),
        )
        sale = sale_from(records[0], self.policy.field_map)
        email = given(sale.primary_contacts[0].email)
        await self.lms.client().user_by_email(email)
        text, key = f"Closed Won: {sale.opportunity.name}", f"onboarding:{opportunity_id}"
        await asyncio.gather(
            asyncio.to_thread(lambda: self.slack.client().post(self.policy.sales_channel, text, key=key)),
            self._set_up(sale, self._plan(sale, email)),
        )

    def _plan(self, sale: Sale, email: str) -> Plan:
        return plan(
            sale, email=email, rename=None, company=None, matrix=self.matrix, table=self.rules.location_table,
            users_per_location=self.rules.users_per_location, today=self.rules.today,
        )  # fmt: skip

    async def _set_up(self, sale: Sale, todo: Plan) -> None:
        assert todo.form is not None
        assert sale.account is not None
        account = sale.account
        signed = await self.lms.client().pre_sign(todo.form.fields(), idempotency_key=sale.opportunity.id)
        await self.lms.client().set_modules(signed.company_id, list(todo.modules))
        billed = await asyncio.to_thread(lambda: self.site.client().account_by_code(account.id))
        assert billed is not None
        url = billing_url(self.site.billing_url_template, self.site.subdomain, account.id)
        codes = account_changes(account, signed.company_id, str(billed["id"]), url)
        requests = write_back_requests(self.policy.field_map, account.id, sale.opportunity.id, codes)
        await asyncio.to_thread(lambda: self.org.client().composite(requests))
