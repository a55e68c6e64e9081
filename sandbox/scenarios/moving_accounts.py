"""The book of a CSM who goes on leave: accounts of every category, each there to show one thing (TRN-3 to TRN-7)."""

from dataclasses import dataclass, replace
from typing import Final, Literal

Category = Literal["healthy", "open business", "at risk", "escalated"]
LEARNING, COMPLIANCE, SOFTWARE = "Learning", "Compliance", "Credentialing Software"
ALL: Final = (LEARNING, COMPLIANCE, SOFTWARE)


@dataclass(frozen=True)
class Ticket:
    """A case. `opened` and `closed` are days before today; it is open while `closed` is None."""

    type: str
    subject: str
    about: str
    opened: int
    closed: int | None = None


@dataclass(frozen=True)
class Offer:
    """A further opportunity: its stage, its type, and the days from today to its close date."""

    what: str
    type: str
    stage: str
    close: int
    amount: float = 4_800.0


@dataclass(frozen=True)
class Moving:
    """An account of the book, and what is particular about it.

    Attributes:
        company: its name.
        category: how it stands by the policy's defaults.
        shows: what it is there to show.
        users: active, inactive and terminated in the LMS.
        paid: users that are contracted.
        seats: as many that Recurly bills; 1 where a plan has one price.
        use: of a hundred active users, those who use each module in a month.
        providers: active in the LMS, and contracted.
        ends: days from today to the contract's last day.
        replied: days since the main contact's last e-mail or call; None when there was none.
        others: further contacts.
        in_lms: whether the LMS has the company that the account names.
    """

    company: str
    category: Category = "healthy"
    shows: str = "all in order"
    health: str | None = "Healthy"
    mention: str | None = None
    users: tuple[int, int, int] = (36, 4, 3)
    paid: int = 40
    seats: int = 1
    products: tuple[str, ...] = (LEARNING,)
    use: int = 70
    providers: tuple[int, int] = (0, 0)
    ends: int = 240
    replied: int | None = 6
    others: int = 1
    cases: tuple[Ticket, ...] = ()
    todo: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    in_lms: bool = True


_BOTH: Final = (LEARNING, COMPLIANCE)
_PAST_SSO: Final = Ticket("Integration", "SSO with Okta", "The certificate had expired.", 190, 183)
_PAST_REPORT: Final = Ticket("Support", "Report shows no data", "A filter was left on.", 140, 139)
_PAST_ANGER: Final = Ticket("Escalation", "Invoices sent twice", "Billed twice in a month; credited.", 220, 201)

HEALTHY: Final = (
    Moving("Amberley Family Health"),
    Moving("Beaumont Pediatrics", shows="every product", products=ALL, providers=(18, 18), users=(72, 5, 9), paid=77),
    Moving("Briarwood Dental Group", shows="past tickets, none open", cases=(_PAST_SSO, _PAST_REPORT)),
    Moving("Calloway Eye Associates", shows="a past escalation", cases=(_PAST_ANGER,)),
    Moving("Clearwater Hospice", shows="fewer users than are paid for", users=(25, 3, 12)),
    Moving("Coral Bay Dermatology", shows="more users than are paid for", users=(47, 6, 1)),
    Moving("Crestline Orthopedics", shows="billed by the seat", seats=64, paid=64, users=(51, 8, 2)),
    Moving("Dunmore Senior Care", shows="providers short of the contract", products=(SOFTWARE,), providers=(9, 15)),
    Moving("Eastgate Urgent Care", shows="several points of contact", others=4),
    Moving("Evergreen Midwifery", shows="modules hardly used", products=_BOTH, use=8),
    Moving("Fairhaven Nursing", shows="a small account", users=(7, 0, 1), paid=8),
    Moving("Foxglove Therapy Partners", shows="the only contact", others=0),
    Moving("Gladstone Imaging", shows="a contract of two years", ends=560, products=_BOTH),
    Moving(
        "Glenmore Cardiology", shows="renewed in time", ends=70, products=_BOTH,
        offers=(Offer("renewal", "Renewal", "Closed Won", -95, 9_600.0),),
    ),
)  # fmt: skip
OPEN_BUSINESS: Final = (
    Moving("Granite Peak Rehab", "open business", "an open expansion",
           offers=(Offer("Compliance for all sites", "Expansion", "Proposal/Price Quote", 21),)),
    Moving("Greystone Labs", "open business", "an open renewal, long before the end", ends=130,
           offers=(Offer("renewal", "Renewal", "Qualification", 110, 7_200.0),)),
    Moving("Hawthorne Women's Health", "open business", "a sale closed lately and another open",
           offers=(Offer("20 further users", "Expansion", "Closed Won", -40, 2_400.0),
                   Offer("Credentialing Software", "Expansion", "Needs Analysis", 45, 9_000.0))),
    Moving("Highland Surgery Center", "open business", "a pending task", todo=("Send the training plan",)),
    Moving("Holloway Home Care", "open business", "several pending tasks, a sale closed lately",
           todo=("Quote for 12 seats", "Invite the new administrator", "Check the invoice of last month"),
           offers=(Offer("12 further users", "Expansion", "Closed Won", -25, 1_440.0),)),
    Moving("Inverness Oncology", "open business", "an open question",
           cases=(Ticket("Question", "How are inactive users billed?", "Asked by the billing office.", 3),)),
    Moving("Kingsley Sleep Medicine", "open business", "a support ticket like two before it",
           cases=(Ticket("Support", "Reminders are not sent", "Since the last release, for two sites.", 9),
                  _PAST_REPORT, Ticket("Support", "Reminders are not sent", "A queue was stuck.", 75, 74))),
    Moving("Lakemont ENT", "open business", "an integration under way",
           cases=(Ticket("Integration", "Payroll import", "Waits for the payroll vendor's keys.", 34), _PAST_SSO)),
    Moving("Lindenwood Wellness", "open business", "a customization and a course case", products=_BOTH,
           cases=(Ticket("Customization", "Logo on certificates", "Artwork has come.", 12),
                  Ticket("Course", "HIPAA course in Spanish", "The video has no subtitles.", 16))),
    Moving("Magnolia Kidney Care", "open business", "a company that the LMS does not know", in_lms=False,
           cases=(Ticket("Request", "A copy of last year's certificates", "For an audit in spring.", 5),)),
)  # fmt: skip
AT_RISK: Final = (
    Moving("Marlowe Behavioral Health", "at risk", "a contract that ends, nothing renewed", ends=45,
           offers=(Offer("renewal", "Renewal", "Negotiation/Review", 40, 5_760.0),)),
    Moving("Meadowbrook Allergy", "at risk", "a contract that ends, no renewal begun", ends=33),
    Moving("Montclair Spine", "at risk", "the main contact is silent", replied=140, others=2),
    Moving("Newbury Physicians", "at risk", "the main contact has never replied", replied=None),
    Moving("Oakhurst Community Clinic", "at risk", "hardly used", users=(11, 30, 6), paid=60, use=20, products=_BOTH),
    Moving("Palmetto Gastro", "at risk", "Health is At Risk", health="At Risk", cases=(_PAST_ANGER,),
           mention="New owner since spring. Compares vendors."),
    Moving("Pembroke Pain Center", "at risk", "Health is Watch", health="Watch", todo=("Call the administrator",)),
)  # fmt: skip
ESCALATED: Final = (
    Moving("Redwood Fertility", "escalated", "an open escalation",
           cases=(Ticket("Escalation", "Completions were lost", "32 completions are missing since the import.", 8),)),
    Moving("Saltmarsh Podiatry", "escalated", "Health is Escalated", health="Escalated"),
    Moving("Silverton Vascular", "escalated", "an escalation, a ticket behind it, and an end", "At Risk", ends=52,
           cases=(Ticket("Escalation", "No answer to our ticket", "The administrator wrote to the VP.", 4),
                  Ticket("Support", "Exports time out", "For more than 500 users.", 29))),
    Moving("Thornbury Health Network", "escalated", "two escalations", products=ALL, providers=(40, 55),
           users=(180, 22, 31), paid=230, replied=95,
           cases=(Ticket("Escalation", "Wrong expiry dates", "License dates came wrong from the import.", 15),
                  Ticket("Escalation", "Late invoices", "Three months in one invoice.", 6), _PAST_ANGER)),
    Moving("Wexford Medical Group", "escalated", "escalated with business open", health="Escalated",
           mention="Speak to the medical director, not to the office.", todo=("Plan for the medical director",),
           offers=(Offer("3 further sites", "Expansion", "Value Proposition", 60, 12_000.0),)),
)  # fmt: skip
BOOK: Final = (*HEALTHY, *OPEN_BUSINESS, *AT_RISK, *ESCALATED)


def book_of(accounts: int) -> list[Moving]:
    """A book of so many accounts: those above, and then more that stand like them, `Amberley-2 Family Health`."""
    return [_another(BOOK[number % len(BOOK)], number // len(BOOK)) for number in range(accounts)]


def _another(one: Moving, copy: int) -> Moving:
    first, _, rest = one.company.partition(" ")
    return replace(one, company=f"{first}-{copy + 1} {rest}") if copy else one
