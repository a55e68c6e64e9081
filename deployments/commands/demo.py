"""The demonstration: a sale is closed in the sandbox's Salesforce, and its onboarding is followed to the end."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from rich.console import Console
from simple_salesforce.format import format_soql

from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.composite import Subrequest
from blocks.slack.block import SlackWorkspace
from deployments.stack.stack import Stack
from tasks.assignment.reports import ranking_key
from tasks.core.artifacts import artifact_page
from tasks.core.connections import connection
from tasks.home.start_page import start_page
from tasks.onboarding.reports import onboarding_key
from tasks.runs.account_page import account_page_key
from tasks.runs.claims import page

LONGEST = 180.0
"""Seconds that the onboarding may take."""
out = Console(highlight=False, soft_wrap=True)


@dataclass
class Findings:
    """What the demonstration finds in each system; `short` lists what is missing."""

    short: list[str]

    def expect(self, what: str, *, ok: bool) -> None:
        """Print one finding, and keep it if it is wrong."""
        out.print(f"   {'[green]✓[/]' if ok else '[red]✗[/]'} {what}")
        if not ok:
            self.short.append(what)


async def show_onboarding(stack: Stack) -> int:
    """Close the demo's first sale, follow its run, check every system; returns 1 if anything is missing."""
    sale = (await _control(stack, "state?system=salesforce"))["demo"][0]
    opportunity_id = sale["opportunity_id"]
    out.print(f"\n[bold]Closing “{sale['name']}” in the sandbox's Salesforce[/] ({opportunity_id})")
    org, before = await connection(SalesforceOrg), (await _control(stack, "journal"))["last"]
    closing = Subrequest("PATCH", f"sobjects/Opportunity/{opportunity_id}", "won", {"StageName": "Closed Won"})
    await asyncio.to_thread(lambda: org.client().composite([closing]))
    closed = (await _control(stack, "journal"))["last"]
    async with get_client() as client:
        run = await _follow(client, opportunity_id)
    if run is None:
        out.print(
            f"[red]No onboarding ended within {LONGEST:.0f} s.[/] See the logs in {stack.settings.folder / 'logs'}"
        )
        return 1
    findings = Findings([])
    out.print(f"\n[bold]{run.name}: {run.state_name}[/]. {run.state.message if run.state else ''}")
    findings.expect("the run is completed", ok=bool(run.state and run.state.is_completed()))
    await _check_systems(opportunity_id, org, findings)
    await _check_csm(stack, opportunity_id, org, findings)
    _once((await _control(stack, f"journal?since={closed}"))["entries"], findings)
    _duration(sale["name"], (await _control(stack, f"journal?since={before}"))["entries"])
    account = await asyncio.to_thread(_account, org, opportunity_id)
    await _links(stack, run, opportunity_id, account["Id"], org.record_url(opportunity_id))
    out.print("[red]Something is missing.[/]" if findings.short else "[green]Every step was done exactly once.[/]")
    return 1 if findings.short else 0


async def _control(stack: Stack, path: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=f"{stack.settings.sandbox_url}/_control/", trust_env=False) as sandbox:
        answer: dict[str, Any] = (await sandbox.get(path)).json()
        return answer


async def _follow(client: PrefectClient, opportunity_id: str) -> FlowRun | None:
    """Print each step when it ends; returns the run when it ends, or None if it does not end in time."""
    tag = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"opportunity:{opportunity_id}"]))
    end, printed = time.monotonic() + LONGEST, set[UUID]()
    while time.monotonic() < end:
        runs = await client.read_flow_runs(flow_run_filter=tag)
        if runs:
            await _print_steps(client, runs[0].id, printed)
            if runs[0].state and runs[0].state.is_final():
                return runs[0]
        await asyncio.sleep(0.3)
    return None


async def _print_steps(client: PrefectClient, run_id: UUID, printed: set[UUID]) -> None:
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
    steps = await client.read_task_runs(flow_run_filter=of_run)
    for step in sorted(steps, key=lambda step: str(step.end_time)):
        if step.state and step.state.is_final() and step.id not in printed:
            printed.add(step.id)
            out.print(f"   {step.state_name:<10} {step.name}")


async def _check_systems(opportunity_id: str, org: SalesforceOrg, findings: Findings) -> None:
    """Read each system with its vendor's client."""
    account = await asyncio.to_thread(_account, org, opportunity_id)
    out.print("\n[bold]LMS[/]")
    company = await (await connection(Lms)).client().company_of_account(account["Id"])
    modules = ", ".join(company["modules"]) if company else ""
    findings.expect(f"company {company['id']} “{company['name']}”" if company else "no company", ok=bool(company))
    findings.expect(f"modules: {modules}", ok=bool(modules))
    out.print("[bold]Recurly[/]")
    site = await connection(RecurlySite)
    billed = await asyncio.to_thread(lambda: site.client().account_by_code(account["Id"]))
    findings.expect(f"account {billed['id']}, code {billed['code']}" if billed else "no account", ok=bool(billed))
    out.print("[bold]Salesforce[/]")
    _codes(account, company, billed, findings)
    out.print("[bold]Slack[/]")
    slack = await connection(SlackWorkspace)
    notice = await asyncio.to_thread(lambda: slack.client().find("#sales", f"onboarding:{opportunity_id}", oldest=0))
    findings.expect("announced in #sales", ok=notice is not None)


async def _check_csm(stack: Stack, opportunity_id: str, org: SalesforceOrg, findings: Findings) -> None:
    """The CSM is on account and sale, the onboarding record is filled in, and one welcome e-mail was sent."""
    sale = await asyncio.to_thread(_sale, org, opportunity_id)
    account, (record,) = sale["Account"], sale["Customer_Onboardings__r"] or [None]
    csm, lead = account["Customer_Success_Manager__r"], account["Customer_Success_Manager_Leader__r"]
    out.print("[bold]CSM[/]")
    names = f"{csm['Name']}, team lead {lead['Name']}, {account['CS_Segmentation__c']}" if csm and lead else "nobody"
    findings.expect(f"account: {names}", ok=bool(csm and lead and account["CS_Segmentation__c"]))
    on_sale = {sale["Customer_Success_Manager_NEW__c"], sale["Customer_Onboarding_Manager_NEW__c"]}
    findings.expect("the same on the opportunity", ok=bool(csm) and on_sale == {csm["Id"]})
    findings.expect(
        f"Customer Onboarding “{record['Name']}”, e-mail of {record['Onboarding_Email_Sent_Date__c']}"
        if record
        else "none",
        ok=bool(record and record["Name"] == sale["Name"][:80] and record["Send_Onboarding_Email__c"]),
    )
    mails = (await _control(stack, "state?system=mail"))["mails"]
    to = (sale["OpportunityContactRoles"] or [{"Contact": {"Email": ""}}])[0]["Contact"]["Email"]
    sent = [mail for mail in mails if mail["to"] == to and mail["from"].startswith("customer-success@")]
    findings.expect(f"{len(sent)} welcome e-mail to {to}: “{sent[0]['subject'] if sent else ''}”", ok=len(sent) == 1)


def _sale(org: SalesforceOrg, opportunity_id: str) -> dict[str, Any]:
    soql = format_soql(
        "SELECT Name, Customer_Success_Manager_NEW__c, Customer_Onboarding_Manager_NEW__c,"
        " Account.CS_Segmentation__c, Account.Customer_Success_Manager__r.Id, Account.Customer_Success_Manager__r.Name,"
        " Account.Customer_Success_Manager_Leader__r.Name,"
        " (SELECT Contact.Email FROM OpportunityContactRoles WHERE IsPrimary = true),"
        " (SELECT Name, Onboarding_Email_Sent_Date__c, Send_Onboarding_Email__c FROM Customer_Onboardings__r)"
        " FROM Opportunity WHERE Id = {}",
        opportunity_id,
    )
    return org.client().query(soql)[0]


def _account(org: SalesforceOrg, opportunity_id: str) -> dict[str, Any]:
    soql = format_soql(
        "SELECT Account.Id, Account.LMS_Company_Id__c, Account.Recurly_Account_Id__c, Account.Recurly_Billing_URL__c"
        " FROM Opportunity WHERE Id = {}",
        opportunity_id,
    )
    account: dict[str, Any] = org.client().query(soql)[0]["Account"]
    return account


def _codes(
    account: dict[str, Any], company: dict[str, Any] | None, billed: dict[str, Any] | None, findings: Findings
) -> None:
    """The codes on the account are those of the other systems (ONB-11)."""
    pairs = (
        ("LMS Company Id", account["LMS_Company_Id__c"], company["id"] if company else None),
        ("Recurly Account Id", account["Recurly_Account_Id__c"], billed["id"] if billed else None),
    )
    for label, code, expected in pairs:
        findings.expect(f"{label}: {code}", ok=code is not None and code == expected)
    url = account["Recurly_Billing_URL__c"]
    findings.expect(f"Recurly Billing URL: {url}", ok=bool(url))


def _once(entries: list[dict[str, Any]], findings: Findings) -> None:
    """Every effect of the onboarding is in the journal exactly once."""
    effects = [_what(entry) for entry in entries if entry["effect"]]
    out.print("[bold]Effects in the sandbox's journal[/]")
    for effect in effects:
        findings.expect(effect, ok=effects.count(effect) == 1)


def _duration(name: str, entries: Sequence[Mapping[str, Any]]) -> None:
    seconds = seconds_to_welcome(entries)
    if seconds is not None:
        out.print(f"\n[bold]{name}: from Closed Won to the welcome e-mail in {seconds:.1f} s.[/]")


def seconds_to_welcome(entries: Sequence[Mapping[str, Any]]) -> float | None:
    """From the request that closed the sale to the one whose tick sends the welcome e-mail; None if one is missing."""
    signs = ('"StageName": "Closed Won"', '"Send_Onboarding_Email__c": true')
    closed, welcomed = (_time_of(sign, entries) for sign in signs)
    return (welcomed - closed).total_seconds() if closed and welcomed else None


def _time_of(sign: str, entries: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The time of the first request whose body has the text."""
    return next((datetime.fromisoformat(entry["at"]) for entry in entries if sign in json.dumps(entry["body"])), None)


def _what(entry: dict[str, Any]) -> str:
    """A request in words, with the records of a composite call or the kind of a message."""
    request, body = f"{entry['system']}: {entry['method']} {entry['path'].partition('?')[0]}", entry["body"]
    if isinstance(body, dict) and "compositeRequest" in body:
        written = [call["url"].split("/")[-2] for call in body["compositeRequest"] if call["method"] != "GET"]
        return f"{request} ({', '.join(written)})"
    if isinstance(body, dict) and "metadata" in body:
        return f"{request} ({body['metadata']['event_payload']['key'].partition(':')[0]})"
    return request


async def _links(stack: Stack, run: FlowRun, opportunity_id: str, account_id: str, opportunity: str) -> None:
    out.print("\n[bold]Links[/] (while a stack is up: `make up`)")
    out.print(f"   start page   {await start_page()}")
    out.print(f"   run          {page(run.id)}")
    out.print(f"   report       {await artifact_page(onboarding_key(opportunity_id))}")
    out.print(f"   ranking      {await artifact_page(ranking_key(account_id))}")
    out.print(f"   account      {await artifact_page(account_page_key(account_id))}")
    out.print(f"   opportunity  {opportunity}")
    out.print(f"   sandbox      {stack.settings.sandbox_url}/\n")
