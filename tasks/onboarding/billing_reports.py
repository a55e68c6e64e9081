"""What CS Operations are told of a customer's Recurly account (ONB-12)."""

from rules.common.records import Sale
from tasks.recurly.accounts import BilledCustomer
from tasks.runs.audit import Effect
from tasks.runs.claims import created, page, present_run
from tasks.slack.notices import tell_cs_ops
from tasks.templates import render


async def report_closed_billing(sale: Sale, recurly: BilledCustomer) -> list[Effect]:
    """Tell CS Operations that a customer was given a closed Recurly account; the audit's lines."""
    name = sale.account.name if sale.account and sale.account.name else sale.opportunity.name
    urls = {"url": recurly["billing_url"], "run_url": page(present_run().id)}
    text = render("closed_billing.slack", name=name, trouble=recurly["trouble"], **urls)
    key, news = f"closed-billing:{sale.opportunity.id}:{recurly['id']}", f"the Recurly account of {name} is closed"
    told = await tell_cs_ops(key, news=news, text=text, rule="ONB-12", since=created())
    return told["effects"]
