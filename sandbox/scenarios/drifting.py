"""The clients of the demo world whose systems disagree, each there to show one sentence about drift."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.scenarios.moving_outreach import AUTOMATED, mailbox, record, to
from sandbox.scenarios.team import Csm, Team, person, set_up
from sandbox.state import SandboxState

SOLD: Final = 20
"""Days since the clients were sold."""
_MODULES: Final = ("learning", "learning-custom-courses", "learning-reports")
_USERS, _AMOUNT = 40, 480.0
Values = dict[str, Any]


@dataclass(frozen=True)
class Drifting:
    """A client that was onboarded, and what has changed behind everybody's back.

    Attributes:
        company: the account's name.
        sentence: the one that is not true of it.
        shows: the difference, for people.
    """

    company: str
    sentence: str
    shows: str


DRIFTS: Final = (
    Drifting("Aspen Family Dental", "every_active_account_has_one_lms_company", "the LMS company id was deleted"),
    Drifting("Bayberry Clinic", "recurly_ids_agree", "the Recurly billing URL was deleted"),
    Drifting("Chestnut Care", "no_company_is_active_after_its_last_day", "active 60 days after its contract"),
    Drifting("Dahlia Health", "no_company_is_inactive_before_its_last_day", "inactive, though it was extended"),
    Drifting("Elder Clinic", "modules_equal_the_matrix", "a module was taken away"),
    Drifting("Fir Hospice", "users_equal_the_contracts", "fewer users than contracted"),
    Drifting("Gardenia Rehab", "every_onboarded_account_has_an_active_csm", "its CSM has left"),
    Drifting("Hickory Dental", "csm_and_leader_agree_on_account_and_opportunity", "the sale has another leader"),
    Drifting("UPMC Hawthorne", "no_placeholder_address_is_left", "a user has the placeholder address"),
    Drifting("Iris Labs", "publications_follow_contracts", "a publication is not set up"),
    Drifting("Jacaranda Surgery", "open_outreach_sequences_have_the_current_owner", "another CSM's mailbox sends"),
    Drifting("Kapok Imaging", "every_welcome_was_sent_once", "the welcome e-mail was never sent"),
)


def plant_drifting(sandbox: SandboxState, org: Org, team: Team, today: date) -> None:
    """Set these clients up in every system, and change one value of each."""
    # A CSM who serves no segment: the books that assignments compare stay as they are.
    ines = Csm(person(org, "Ines", "Keller", CS_Role__c="CSM", Title="CSM", ManagerId=team.leads[1]), team.leads[1], ())
    for drifting in DRIFTS:
        client = _Client(sandbox, org, today, drifting, csm=ines, seller=team.sellers[1])
        client.drift(team)
        shows = f"{drifting.shows}: {drifting.sentence} (REC-2)"
        org.endings.append({"account_id": client.account, "name": drifting.company, "shows": shows})


class _Client:
    """A client as a finished onboarding leaves it."""

    def __init__(
        self, sandbox: SandboxState, org: Org, today: date, drifting: Drifting, *, csm: Csm, seller: str
    ) -> None:
        self._sandbox, self._org, self._today, self._csm = sandbox, org, today, csm
        self._is = drifting
        self.account = self._account(csm, seller)
        self._contract = self._plant("Contract", **self._terms())
        self._contact = self._plant(
            "Contact", FirstName="Dana", LastName=drifting.company.split()[-2], Phone="+1 212 555 0142",
            Email=f"dana@{self._domain}", Title="Director of Operations",
        )  # fmt: skip
        self._sale = self._sold(csm, seller)
        self._in_lms()
        self._onboarded()

    def drift(self, team: Team) -> None:
        """Change the one value."""
        match self._is.sentence:
            case "every_active_account_has_one_lms_company":
                self._org.amend("Account", self.account, LMS_Company_Id__c=None)
            case "recurly_ids_agree":
                self._org.amend("Account", self.account, Recurly_Billing_URL__c=None)
            case "every_onboarded_account_has_an_active_csm":
                self._assign(next(csm for csm in team.csms if not csm.active))
            case "csm_and_leader_agree_on_account_and_opportunity":
                self._org.amend("Opportunity", self._sale, Customer_Success_Manager_Leader_NEW__c=team.leads[0])
            case "open_outreach_sequences_have_the_current_owner":
                self._in_outreach(sender="ada.novak@sandbox.example")
            case "publications_follow_contracts":
                self._org.amend("Contract", self._contract, Publications__c="Iris Research Notes")

    def _account(self, csm: Csm, seller: str) -> str:
        return self._org.plant(
            "Account", Name=self._is.company, OwnerId=seller, Type="Customer", CS_Status__c="Active",
            CS_Segmentation__c="SMB", MRR__c=_AMOUNT, Health__c="Healthy", Phone="+1 212 555 0100",
            Website=self._domain, Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead,
            CSM_Assigned_On__c=f"{self._day(-SOLD)}T14:00:00.000+0000",
        )  # fmt: skip

    def _terms(self) -> Values:
        ended = self._is.sentence == "no_company_is_active_after_its_last_day"
        first, last = (-425, -60) if ended else (-SOLD, 365 - SOLD)
        return {
            "Status": "Activated", "StartDate": self._day(first), "EndDate": self._day(last),
            "Billing_Start_Date__c": self._day(first), "User_Count__c": float(_USERS), "Plan_Amount__c": _AMOUNT,
            "Service_Level__c": "standard", "Products__c": "Learning",
        }  # fmt: skip

    def _sold(self, csm: Csm, seller: str) -> str:
        sale = self._plant(
            "Opportunity", Name=f"{self._is.company} sale", ContractId=self._contract, OwnerId=seller,
            StageName="Closed Won", Type="New Business", Amount=_AMOUNT * 12, CloseDate=self._day(-SOLD),
            Services_Included__c="Learning", Service_Level__c="standard", Customer_Success_Manager_NEW__c=csm.id,
            Customer_Onboarding_Manager_NEW__c=csm.id, Customer_Success_Manager_Leader_NEW__c=csm.lead,
        )  # fmt: skip
        self._org.plant(
            "OpportunityContactRole", OpportunityId=sale, ContactId=self._contact, Role="Decision Maker",
            IsPrimary=True,
        )  # fmt: skip
        return sale

    def _in_lms(self) -> None:
        company = {
            "name": self._is.company, "userCount": _USERS, "locationCount": 2,
            "planAmount": f"{_AMOUNT:.2f}", "billingStartDate": self._day(-SOLD), "modules": [*_MODULES],
        }  # fmt: skip
        made = set_up(self._sandbox, self._org, self.account, company | self._lms_drift())
        email = f"{self.account.lower()}@no-welcome.invalid" if self._is_no_welcome else f"dana@{self._domain}"
        name = {"firstName": "Dana", "lastName": self._is.company.split()[-2]}
        user = {"email": email, "kind": "customer", "companyId": made, **name}
        self._sandbox.systems["lms"].seed({"users": [user]})

    def _lms_drift(self) -> Values:
        match self._is.sentence:
            case "no_company_is_inactive_before_its_last_day":
                number = self._org.store.tables["Contract"].rows[self._contract]["ContractNumber"]
                last = self._day(-5)
                return {"deactivateOn": last, "deactivationReason": f"End of contract {number} on {last}"}
            case "modules_equal_the_matrix":
                return {"modules": [*_MODULES[:2]]}
            case "users_equal_the_contracts":
                return {"userCount": 30}
        return {}

    def _onboarded(self) -> None:
        sent = self._is.sentence != "every_welcome_was_sent_once" and not self._is_no_welcome
        self._org.plant(
            "Customer_Onboarding__c", Name=f"{self._is.company} sale", Opportunity__c=self._sale,
            Account__c=self.account, Learning__c=True, Send_Onboarding_Email__c=sent,
            Onboarding_Email_Sent_Date__c=self._day(-SOLD) if sent else None,
        )  # fmt: skip

    def _in_outreach(self, sender: str) -> None:
        """The account and its contact, and a sequence that another CSM's mailbox sends."""
        outreach = self._sandbox.systems["outreach"]
        user = _user(outreach, self._org.store.tables["User"].rows[self._csm.id])
        other = next(one for one in outreach.state()["mailboxes"] if one["attributes"]["email"] == sender)
        sequence = next(one for one in outreach.state()["sequences"] if one["attributes"]["name"] == AUTOMATED)
        owner = to("user", user)
        account = record({"name": self._is.company, "customId": self.account}, owner=owner)
        (number,) = outreach.seed({"accounts": [account]})["accounts"]
        contact = {"firstName": "Dana", "lastName": "Keller", "emails": [f"dana@{self._domain}"]}
        prospects = [record(contact, owner=owner, account=to("account", number))]
        (prospect,) = outreach.seed({"prospects": prospects})["prospects"]
        state = record(
            {"state": "active"}, prospect=to("prospect", prospect), sequence=to("sequence", sequence["id"]),
            mailbox=to("mailbox", other["id"]),
        )  # fmt: skip
        outreach.seed({"sequenceStates": [state]})

    def _assign(self, csm: Csm) -> None:
        self._org.amend(
            "Account", self.account, Customer_Success_Manager__c=csm.id, Customer_Success_Manager_Leader__c=csm.lead
        )
        self._org.amend(
            "Opportunity", self._sale, Customer_Success_Manager_NEW__c=csm.id,
            Customer_Onboarding_Manager_NEW__c=csm.id, Customer_Success_Manager_Leader_NEW__c=csm.lead,
        )  # fmt: skip

    def _plant(self, object_name: str, **values: Any) -> str:
        return self._org.plant(object_name, AccountId=self.account, **values)

    def _day(self, days: int) -> str:
        return (self._today + timedelta(days=days)).isoformat()

    @property
    def _is_no_welcome(self) -> bool:
        return self._is.company.startswith("UPMC")

    @property
    def _domain(self) -> str:
        return self._is.company.split()[-2].lower() + "-drift.example"


def _user(outreach: Any, user: Values) -> int:
    """A user of Outreach with a mailbox; the user's number."""
    names = {"email": user["Email"], "firstName": user["FirstName"], "lastName": user["LastName"]}
    (number,) = outreach.seed({"users": [{"attributes": names}]})["users"]
    outreach.seed({"mailboxes": [mailbox(names, number)]})
    return int(number)
