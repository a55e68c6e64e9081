"""The report of shadow mode compares every plan with what people did since (ADR-17)."""

import csv
import io

import pytest

from flows.shadow_report import shadow_report
from tests.support.asking import Worker, state_of
from tests.support.calendar import org_today
from tests.support.drifted import make_drifted
from tests.support.every_procedure import flow_of
from tests.support.going_live import POLICY, written
from tests.support.publications import make_client
from tests.support.runs import latest_artifact

pytestmark = pytest.mark.flows


def sign_up_by_hand(sandbox, sale, users):
    """What a person would enter."""
    company = {"accountId": sale.account, "name": sale.company, "userCount": users, "locationCount": 2}
    (number,) = sandbox.seed(lms={"companies": [company | {"planAmount": "480.50"}]})["lms"]["companies"]
    return number


@pytest.mark.usefixtures("every_link_leads")
async def test_a_week_shows_what_people_did_the_same_otherwise_and_not_yet(override, people, sandbox):
    done, untouched = people.make_sale(), people.make_sale()
    drifted = make_drifted(people, userCount=30)
    await override(POLICY, mode="shadow")
    for sale in (done, untouched):
        assert state_of(await Worker().start(opportunity_id=sale.opportunity)) == "Previewed"
    entitlement = Worker(flow_of("flows.entitlement.update_entitlement"), "entitlement")
    await entitlement.start(account_id=drifted.account)
    company = sign_up_by_hand(sandbox, done, users=41)
    (ben,) = people.query("SELECT Id FROM User WHERE Name = 'Ben Carter'")
    people.edit("Account", done.account, LMS_Company_Id__c=company, Customer_Success_Manager__c=ben["Id"])
    since = sandbox.last()
    run = await Worker(shadow_report, "shadow-report").start(week=org_today().isoformat())
    assert state_of(run) == "Completed", run.state
    assert written(sandbox, since) == []
    page, file = await latest_artifact("shadow-report"), await latest_artifact("shadow-report-csv")

    def verdicts(account):
        rows = csv.DictReader(io.StringIO(file.strip("`\n")))
        return {row["Field"]: row["Verdict"] for row in rows if row["Account id"] == account}

    by_hand = verdicts(done.account)
    assert by_hand["User Count"] == "different"
    assert by_hand["Location Count"] == by_hand["Company Name"] == by_hand["LMS Company Id"] == "same"
    assert by_hand["Phone Number"] == "not compared"
    assert set(verdicts(untouched.account).values()) == {"nobody did it yet", "not compared"}
    assert verdicts(drifted.account)["User Count"] == "nobody did it yet"
    different = page.partition("## Different")[2].partition("## Nobody")[0]
    assert f"| {done.company} | Company (new) | User Count | 40 | 41 |" in different
    assert "Ben Carter" in different or "Ben Carter" in file
    assert "data:image/png;base64," in page


async def test_a_run_that_was_carried_out_since_is_not_in_the_report(override, people):
    client = make_client(people)
    people.edit("Contract", client.contract, Plan_Amount__c=480.5)
    sale, worker = people.make_sale(), Worker()
    await override(POLICY, mode="shadow")
    run = await worker.start(opportunity_id=sale.opportunity)
    await override(POLICY, mode="live")
    assert state_of(await worker.retry(run.id)) == "Completed"
    await shadow_report(week=org_today().isoformat(), return_state=True)
    assert sale.account not in await latest_artifact("shadow-report-csv")
