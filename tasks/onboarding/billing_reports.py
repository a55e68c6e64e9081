"""Report on a customer's Recurly account to CS Operations (ONB-12)."""

from rules.onboarding.reviewed_sale import ReviewedSale
from tasks.recurly.accounts import BilledCustomer
from tasks.runs.claims import created, page, present_run
from tasks.slack.notices import notify_cs_ops
from tasks.templates import render


async def report_closed_billing(sale: ReviewedSale, recurly: BilledCustomer) -> None:
    """Notify CS Operations that a customer's Recurly account is closed."""
    name = sale.customer
    urls = {"url": recurly["billing_url"], "run_url": page(present_run().id)}
    text = render("closed_billing.slack", name=name, trouble=recurly["trouble"], **urls)
    key, news = f"closed-billing:{sale.opportunity.id}:{recurly['id']}", f"the Recurly account of {name} is closed"
    await notify_cs_ops(key, news=news, text=text, rule="ONB-12", since=created())
