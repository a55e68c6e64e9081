"""The demo world: a team and its books, sales for every branch of the onboarding, clients that end, and that move."""

from datetime import date, timedelta
from typing import Any

from sandbox.salesforce.org import Org
from sandbox.scenarios.drifting import plant_drifting
from sandbox.scenarios.ending import plant_endings
from sandbox.scenarios.hints import HINTS
from sandbox.scenarios.moving import plant_moving
from sandbox.scenarios.sales import LEARNING, SALES, Sale
from sandbox.scenarios.team import Team, demo_books, demo_team, sold_earlier
from sandbox.state import SandboxState

_YEAR = timedelta(days=365)


def build_demo(sandbox: SandboxState, org: Org, moving: int) -> None:
    """Fill an empty sandbox; the state of Salesforce lists what each opportunity shows.

    Args:
        sandbox: its state.
        org: its Salesforce.
        moving: accounts of the CSM who goes on leave.
    """
    today = sandbox.clock.today()
    team = demo_team(org, today)
    for number, sale in enumerate(SALES):
        _Stage(sandbox, org, team, today).set(sale, seller=team.sellers[number % len(team.sellers)])
    demo_books(sandbox, org, team, today)
    plant_endings(sandbox, org, team.sellers[0], team.csms[2], today)
    plant_moving(sandbox, org, team, today, moving)
    plant_drifting(sandbox, org, team, today)
    sold_earlier(org, today)


class _Stage:
    """Sets one sale up in all systems it touches."""

    def __init__(self, sandbox: SandboxState, org: Org, team: Team, today: date) -> None:
        self._sandbox, self._org, self._team, self._today = sandbox, org, team, today

    def set(self, sale: Sale, seller: str) -> None:
        org, domain = self._org, _domain(sale)
        account = org.plant(
            "Account", Name=sale.company, OwnerId=seller, Type="Prospect", Phone="+1 212 555 0100", Website=domain
        )
        contract = self._contract(sale, account) if sale.contract else None
        seller = self._team.former_seller if sale.owner_left else seller
        opportunity = self._opportunity(sale, account, contract, seller)
        for number, primary in enumerate(sale.roles):
            self._contact(sale, account, opportunity, number, primary=primary)
        self._surroundings(sale, account, opportunity)
        if sale.settled:
            self._settle(sale, account, opportunity)
        if sale.beside:
            self._serve(sale, account)
        hint = HINTS[sale.shows]
        org.shows.append(
            {
                "opportunity_id": opportunity, "name": _name(sale), "shows": f"{sale.shows} ({sale.rule})",
                "company": sale.company, "outcome": hint.outcome, "hint": hint.text,
            }
        )  # fmt: skip

    def _contract(self, sale: Sale, account: str) -> str:
        return self._org.plant(
            "Contract", AccountId=account, Status="Activated", ContractTerm=12,
            StartDate=self._today.isoformat(), EndDate=(self._today + _YEAR).isoformat(),
            Billing_Start_Date__c=self._day(sale.billing), User_Count__c=float(sale.users),
            Plan_Amount__c=sale.plan_amount, Service_Level__c=sale.level,
            Products__c=";".join(sale.services if sale.products is None else sale.products),
        )  # fmt: skip

    def _opportunity(self, sale: Sale, account: str, contract: str | None, seller: str) -> str:
        return self._org.plant(
            "Opportunity", Name=_name(sale), AccountId=account, ContractId=contract, OwnerId=seller,
            StageName="Negotiation/Review", Type=sale.beside or "New Business", Amount=sale.plan_amount * 12,
            CloseDate=self._today.isoformat(), Services_Included__c=";".join(sale.services),
            Service_Level__c=sale.sold_level or sale.level, Future_Billing_Date__c=self._day(sale.future_billing),
        )  # fmt: skip

    def _contact(self, sale: Sale, account: str, opportunity: str, number: int, *, primary: bool) -> None:
        first = ("Dana", "Noor")[number]
        last = sale.company.split()[0]
        email = sale.email or f"{first.lower()}@{_domain(sale)}"
        employer = self._org.plant("Account", Name=f"{first} Consulting") if sale.foreign_contact else account
        contact = self._org.plant(
            "Contact", AccountId=employer, FirstName=first, LastName=last, Email=email, Phone=sale.phone,
            Title="Director of Operations",
        )  # fmt: skip
        self._org.plant(
            "OpportunityContactRole", OpportunityId=opportunity, ContactId=contact, Role="Decision Maker",
            IsPrimary=primary,
        )  # fmt: skip

    def _surroundings(self, sale: Sale, account: str, opportunity: str) -> None:
        """What stands in other systems before the sale is closed."""
        if not sale.in_report:
            self._sandbox.behaviour.report_omits.append(opportunity)
        if sale.recurly:
            self._sandbox.recurly_scenarios[account] = sale.recurly
        if sale.billing_closed:
            closed = {"code": account, "company": sale.company, "state": "inactive"}
            self._sandbox.systems["recurly"].seed({"accounts": [closed]})
        held = [f"dana@{_domain(sale)}"] if sale.holder else []
        if sale.plus_taken:
            held.append(f"dana+1@{_domain(sale)}")
        users = [{"email": email, "kind": sale.holder, "status": "active"} for email in held]
        self._lms(users=[user | {"firstName": "Dana", "lastName": "Earlier"} for user in users])

    def _settle(self, sale: Sale, account: str, opportunity: str) -> None:
        """The customer as a finished onboarding leaves it."""
        company = self._lms(
            companies=[
                {
                    "accountId": account, "name": sale.company, "userCount": sale.users, "locationCount": 2,
                    "planAmount": f"{sale.plan_amount:.2f}", "billingStartDate": self._day((sale.billing or 0) + 15),
                    "modules": ["learning", "learning-custom-courses", "learning-reports"],
                }
            ]
        )["companies"][0]  # fmt: skip
        user = {"email": f"dana@{_domain(sale)}", "firstName": "Dana", "lastName": "Jasmine", "kind": "customer"}
        self._lms(users=[user | {"status": "active", "companyId": company}])
        accounts = [{"code": account, "company": sale.company, "email": user["email"]}]
        billed = self._sandbox.systems["recurly"].seed({"accounts": accounts})["accounts"][0]
        self._org.amend(
            "Account", account, LMS_Company_Id__c=company, Recurly_Account_Id__c=billed,
            Recurly_Billing_URL__c=f"https://sandbox.recurly.com/accounts/{account}",
        )  # fmt: skip
        self._assign(sale, account, opportunity)

    def _serve(self, sale: Sale, account: str) -> None:
        """A customer in service under an earlier contract, of 40 users, 500.00 a month, Learning."""
        self._org.plant(
            "Contract", AccountId=account, Status="Activated", ContractTerm=12, StartDate=self._day(-90),
            EndDate=self._day(275), Billing_Start_Date__c=self._day(-90), User_Count__c=40.0, Plan_Amount__c=500.0,
            Service_Level__c="standard", Products__c=LEARNING,
        )  # fmt: skip
        modules = ["learning", "learning-custom-courses", "learning-reports"]
        company = {
            "accountId": account, "name": sale.company, "userCount": 40, "locationCount": 2, "planAmount": "500.00",
            "billingStartDate": self._day(-75), "modules": modules,
        }  # fmt: skip
        (made,) = self._lms(companies=[company])["companies"]
        self._sandbox.systems["recurly"].seed({"accounts": [{"code": account, "company": sale.company}]})
        csm = self._team.csms[0]
        self._org.amend(
            "Account", account, LMS_Company_Id__c=made, CS_Status__c="Active", CS_Segmentation__c=csm.segments[0],
            Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
        )  # fmt: skip

    def _assign(self, sale: Sale, account: str, opportunity: str) -> None:
        """The CSM, and the onboarding record whose welcome e-mail went out."""
        csm = self._team.csms[0]
        self._org.amend(
            "Account", account, Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
            CS_Segmentation__c=csm.segments[0], CSM_Assigned_On__c=f"{self._day(-7)}T14:00:00.000+0000",
        )  # fmt: skip
        self._org.amend(
            "Opportunity", opportunity, Customer_Success_Manager_NEW__c=csm.id,
            Customer_Onboarding_Manager_NEW__c=csm.id, Customer_Success_Manager_Leader_NEW__c=csm.lead,
        )  # fmt: skip
        self._org.plant(
            "Customer_Onboarding__c", Name=_name(sale), Opportunity__c=opportunity, Account__c=account,
            Learning__c=True, Onboarding_Email_Sent_Date__c=self._day(-7), Send_Onboarding_Email__c=True,
        )  # fmt: skip

    def _lms(self, **records: Any) -> dict[str, Any]:
        return self._sandbox.systems["lms"].seed(records)

    def _day(self, days: int | None) -> str | None:
        return None if days is None else (self._today + timedelta(days=days)).isoformat()


def _name(sale: Sale) -> str:
    return f"{sale.company} \N{EN DASH} {sale.shows}"


def _domain(sale: Sale) -> str:
    return sale.company.split()[0].lower() + ".example"
