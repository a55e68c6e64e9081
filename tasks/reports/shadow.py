"""The report of shadow mode: what people did meanwhile, the picture, the page, and the page with the CSV."""

import base64
from collections.abc import Sequence

from blocks.lms.block import Lms
from rules.reports.shadow import (
    IN_LMS,
    IN_SALESFORCE,
    Place,
    PlannedValue,
    Present,
    ShadowWeek,
    Verdict,
    company_values,
    shadow_csv,
)
from tasks.core.artifacts import artifact_page, show_page
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.lms.records import company_of_account, publications_of
from tasks.reports.shadow_picture import draw
from tasks.salesforce.reassignments import read_people
from tasks.salesforce.writes import present_values
from tasks.templates import png, render

KEY, CSV_KEY = "shadow-report", "shadow-report-csv"
LISTED = 200
"""Lines that a list shows; the CSV has all."""
USER = "005"
"""How the id of a user begins."""


@read_task("Read the present values in Salesforce of {label}")
async def read_in_salesforce(values: Sequence[PlannedValue]) -> dict[Place, Present]:
    """What the planned fields have now; a user's id is shown as the name."""
    places = {one.place: one for one in values if one.place and one.system == "Salesforce"}
    found = await present_values({(record, field) for _, record, field in places})
    ids = sorted({value for value in found.values() if isinstance(value, str) and value.startswith(USER)})
    names = {user.person.id: user.person.name for user in await read_people.fn(ids)} if ids else {}
    present: dict[Place, Present] = {}
    for place in places:
        stored = str(found.get(place[1:]) or "")
        present[place] = Present(names.get(stored, stored), stored)
    return present


@read_task("Read the present values in the LMS of {label}")
async def read_in_lms(account_ids: Sequence[str]) -> dict[Place, Present]:
    """What companies and publications of these accounts have now."""
    lms = (await connection(Lms)).client()
    present: dict[Place, Present] = {}
    for account_id in account_ids:
        company = await company_of_account(lms, account_id)
        present |= company_values(account_id, company, await publications_of(lms, company.id) if company else ())
    return present


@read_task("Draw the picture of the week")
async def draw_shadow(report: ShadowWeek) -> str:
    """The picture as PNG, in base64."""
    return base64.b64encode(draw(report)).decode()


@read_task("Show the report of shadow mode")
async def show_shadow(report: ShadowWeek, drawn: str) -> None:
    """Show the page, and the page with the CSV. `drawn` is the picture in base64."""
    about = f"Week from {report.week.monday} to {report.week.sunday}"
    # Between fences, only a backtick is markup.
    file = shadow_csv(report).replace("`", "'")
    await show_page(f"```\n{file}```\n", key=CSV_KEY, description=f"{about}, as CSV")
    text = render(
        "shadow_report.md",
        report=report,
        picture=png(drawn),
        verdicts=Verdict,
        different=report.having(Verdict.DIFFERENT),
        open=report.having(Verdict.NOT_YET),
        listed=LISTED,
        csv=await artifact_page(CSV_KEY),
        in_salesforce=IN_SALESFORCE,
        in_lms=IN_LMS,
    )
    await show_page(text, key=KEY, description=about)
