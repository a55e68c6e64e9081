"""The demo world's account transition: a CSM who goes on leave, and her book in all systems (TRN-1 to TRN-7)."""

from collections.abc import Iterable
from datetime import date, timedelta

from sandbox.salesforce.org import Org
from sandbox.scenarios.moving_accounts import COMPLIANCE, LEARNING, SOFTWARE, Moving, Offer, Ticket, book_of
from sandbox.scenarios.moving_outreach import Customer, plant_outreach
from sandbox.scenarios.team import Csm, Team, away, person
from sandbox.state import SandboxState

LEAVES_IN, LEAVE_DAYS = 10, 90
_YEAR = 365
_MODULES = {
    LEARNING: ("learning", "learning-custom-courses", "learning-reports"),
    COMPLIANCE: ("compliance", "compliance-incidents", "compliance-documents"),
    SOFTWARE: ("credentialing", "credentialing-primary-source"),
}
_PEOPLE = (
    ("Dana", "Administrator"), ("Noor", "Education Coordinator"), ("Priya", "Compliance Officer"),
    ("Luis", "Billing Office"), ("Mei", "Medical Director"),
)  # fmt: skip


def plant_moving(sandbox: SandboxState, org: Org, team: Team, today: date, accounts: int) -> None:
    """Set up Hana Berg, her leave and her book of so many accounts.

    She serves no segment, so that the assignments give her nothing while she goes.
    """
    lead = team.leads[0]
    hana = Csm(person(org, "Hana", "Berg", CS_Role__c="CSM", Title="CSM", ManagerId=lead), lead, ())
    away(org, hana.id, today + timedelta(days=LEAVES_IN), LEAVE_DAYS)
    customers = [
        _Plant(sandbox, org, hana, today).set(number, one, team.sellers[number % len(team.sellers)])
        for number, one in enumerate(book_of(accounts))
    ]
    users = [*team.leads, *(csm.id for csm in team.csms if csm.active), hana.id]
    plant_outreach(sandbox, org, users, hana.id, customers)


class _Plant:
    """Sets one account up in all systems but Outreach."""

    def __init__(self, sandbox: SandboxState, org: Org, csm: Csm, today: date) -> None:
        self._sandbox, self._org, self._csm, self._today = sandbox, org, csm, today

    def set(self, number: int, one: Moving, seller: str) -> Customer:
        account = self._account(number, one, seller)
        contacts = [self._contact(account, one, place) for place in range(one.others + 1)]
        self._contract(account, one)
        self._first_sale(account, one, seller, contacts[0])
        for offer in one.offers:
            self._offer(account, one, offer, seller, contacts[0])
        for place, ticket in enumerate(one.cases):
            self._case(account, ticket, contacts[place % len(contacts)])
        for place, subject in enumerate(one.todo):
            self._org.plant("Task", Subject=subject, WhatId=account, WhoId=contacts[0], OwnerId=self._csm.id,
                            ActivityDate=self._day(4 + place))  # fmt: skip
        self._talks(account, one, contacts)
        self._in_lms(account, one)
        self._in_recurly(account, one)
        return Customer(account, one.company, tuple(contacts))

    def _account(self, number: int, one: Moving, seller: str) -> str:
        return self._org.plant(
            "Account", Name=one.company, OwnerId=seller, Type="Customer", CS_Status__c="Active",
            CS_Segmentation__c="SMB" if one.paid < 150 else "Mid-Market",  # noqa: PLR2004 - the first table's
            MRR__c=float(12 * one.paid), Health__c=one.health, Special_Mentions__c=one.mention,
            Customer_Success_Manager__c=self._csm.id, Customer_Success_Manager_Leader__c=self._csm.lead,
            CSM_Assigned_On__c=f"{self._day(-130 - 9 * number)}T14:00:00.000+0000", Phone="+1 212 555 0166",
            Website=_domain(one),
        )  # fmt: skip

    def _contact(self, account: str, one: Moving, place: int) -> str:
        first, title = _PEOPLE[place]
        made = self._org.plant(
            "Contact", AccountId=account, FirstName=first, LastName=one.company.split()[0], Title=title,
            Email=f"{first.lower()}@{_domain(one)}", Phone="+1 212 555 0142",
        )  # fmt: skip
        return self._born("Contact", made, 400 - place)

    def _contract(self, account: str, one: Moving) -> None:
        """It is of a year, or of two; when a renewal is won, another one follows."""
        years = 1 + one.ends // _YEAR
        terms = {
            "AccountId": account, "Status": "Activated", "User_Count__c": float(one.paid),
            "Provider_Count__c": float(one.providers[1]) or None, "Plan_Amount__c": float(12 * one.paid),
            "Service_Level__c": "standard", "Products__c": ";".join(one.products),
        }  # fmt: skip
        self._org.plant("Contract", StartDate=self._day(one.ends - years * _YEAR), EndDate=self._day(one.ends), **terms)
        if any((offer.type, offer.stage) == ("Renewal", "Closed Won") for offer in one.offers):
            follows = {"StartDate": self._day(one.ends + 1), "EndDate": self._day(one.ends + _YEAR)}
            self._org.plant("Contract", **follows, **terms)

    def _first_sale(self, account: str, one: Moving, seller: str, main: str) -> None:
        """Closed before the Onboarding Report of these days begins."""
        closed = min(one.ends - _YEAR - 12, -100)
        offer = Offer(f"{self._today.year - 1}", "New Business", "Closed Won", closed, 144.0 * one.paid)
        self._offer(account, one, offer, seller, main)

    def _offer(self, account: str, one: Moving, offer: Offer, seller: str, main: str) -> None:
        team = {
            "Customer_Success_Manager_NEW__c": self._csm.id, "Customer_Onboarding_Manager_NEW__c": self._csm.id,
            "Customer_Success_Manager_Leader_NEW__c": self._csm.lead,
        }  # fmt: skip
        sale = self._org.plant(
            "Opportunity", Name=f"{one.company} {offer.what}", AccountId=account, OwnerId=seller,
            StageName=offer.stage, Type=offer.type, Amount=offer.amount, CloseDate=self._day(offer.close),
            Services_Included__c=one.products[0], Service_Level__c="standard", **team,
        )  # fmt: skip
        self._org.plant("OpportunityContactRole", OpportunityId=sale, ContactId=main, Role="Decision Maker",
                        IsPrimary=True)  # fmt: skip
        if offer.stage == "Closed Won":
            is_first = offer.type == "New Business"
            self._org.plant(
                "Customer_Onboarding__c", Name=f"{one.company} {offer.what}", Opportunity__c=sale, Account__c=account,
                Learning__c=LEARNING in one.products, Compliance__c=COMPLIANCE in one.products,
                Credentialing_Software__c=SOFTWARE in one.products, Send_Onboarding_Email__c=is_first,
                Onboarding_Email_Sent_Date__c=self._day(offer.close + 1) if is_first else None,
            )  # fmt: skip

    def _case(self, account: str, ticket: Ticket, contact: str) -> None:
        closed = None if ticket.closed is None else f"{self._day(-ticket.closed)}T16:00:00.000+0000"
        made = self._org.plant(
            "Case", AccountId=account, ContactId=contact, OwnerId=self._csm.id, Type=ticket.type,
            Subject=ticket.subject, Description=ticket.about, Origin="Email", Status="Closed" if closed else "Working",
            Priority="High" if ticket.type == "Escalation" else "Medium", ClosedDate=closed,
        )  # fmt: skip
        self._born("Case", made, ticket.opened)

    def _talks(self, account: str, one: Moving, contacts: Iterable[str]) -> None:
        """E-mails and calls with the main contact, and one long ago with each of the others."""
        main, *others = contacts
        done = {"WhatId": account, "OwnerId": self._csm.id, "Status": "Completed"}
        for number, after in enumerate((0, 31, 64) if one.replied is not None else ()):
            subtype, subject = ("Call", "Monthly call") if number % 2 else ("Email", "Re: How is it going?")
            at = self._day(-(one.replied or 0) - after)
            self._org.plant("Task", Subject=subject, TaskSubtype=subtype, WhoId=main, ActivityDate=at, **done)
        for other in others:
            self._org.plant("Task", Subject="Introduction", TaskSubtype="Email", WhoId=other,
                            ActivityDate=self._day(-170), **done)  # fmt: skip

    def _in_lms(self, account: str, one: Moving) -> None:
        modules = [module for product in one.products for module in _MODULES[product]]
        active, inactive, terminated = one.users
        used = {module: one.use * active // (100 * (1 + place)) for place, module in enumerate(modules)}
        company = {
            "accountId": account, "name": one.company, "userCount": one.paid, "locationCount": 1 + one.paid // 25,
            "planAmount": f"{12 * one.paid}.00", "modules": modules,
            "usage": {
                "users": {"active": active, "inactive": inactive, "terminated": terminated},
                "providers": {"active": one.providers[0]},
                "modules": {module: {"monthlyActiveUsers": users} for module, users in used.items()},
            },
        }  # fmt: skip
        # What the LMS does not know was deleted there by hand.
        company_id = f"gone-{account}"
        if one.in_lms:
            company_id = self._sandbox.systems["lms"].seed({"companies": [company]})["companies"][0]
        self._org.amend("Account", account, LMS_Company_Id__c=company_id)

    def _in_recurly(self, account: str, one: Moving) -> None:
        recurly = self._sandbox.systems["recurly"]
        (billed,) = recurly.seed({"accounts": [{"code": account, "company": one.company}]})["accounts"]
        plan = (
            {"plan_code": "seats", "plan_name": "Seats, monthly"}
            if one.seats > 1
            else {"plan_name": "Standard, yearly"}
        )
        period = {"quantity": one.seats, "current_period_ends_at": f"{self._day(one.ends)}T12:00:00Z"}
        recurly.seed({"subscriptions": [{"account_code": account, "auto_renew": False, **plan, **period}]})
        self._org.amend(
            "Account", account, Recurly_Account_Id__c=billed,
            Recurly_Billing_URL__c=f"https://sandbox.recurly.com/accounts/{account}",
        )  # fmt: skip

    def _born(self, kind: str, record_id: str, days: int) -> str:
        return self._org.amend(kind, record_id, CreatedDate=f"{self._day(-days)}T15:00:00.000+0000")

    def _day(self, days: int) -> str:
        return (self._today + timedelta(days=days)).isoformat()


def _domain(one: Moving) -> str:
    return one.company.split()[0].lower() + ".example"
