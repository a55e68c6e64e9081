"""Problems that people must settle before a client's publications are changed (PUB-3, PUB-7)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from rules.common.problems import EMPTY, Choice, Problem, Responsible
from rules.common.records import INACTIVE, Company, Publication
from rules.common.text import normalize
from rules.contracts.clients import Client
from rules.publications.listing import ListedPublication, Listing, shown, shown_names
from rules.publications.names import FIELD
from rules.publications.requests import PublicationAction, Requested

ALL_TOPIC = "publications that no contract lists"
PUBLICATION_TOPIC = "publication "
"""The beginning of the topic of the question what became of a publication; its name follows."""
RENAMED_TO = "renamed to "
"""The beginning of the value of a choice; the normalized name follows."""
ENDED = "ended"
MOST_CHOICES = 23
"""New names offered for one publication: with the choice of its end, the limit of a Slack message."""
MOST_ASKED = 20
"""Publications in one question: the limit of a Slack message."""


def company_problems(client: Client, company: Company | None) -> tuple[Problem, ...]:
    """Return the problem that the company id on the account is not the client's (PUB-3)."""
    ask = partial(Problem, Responsible.CS_OPS, "Account", client.id, "LMS Company Id")
    if company is None:
        expected = "Enter the id of the client's company in the LMS."
        return (ask(f"{client.lms_company_id}, which the LMS does not know", expected, "PUB-3"),)
    expected = "Enter the id of this client's company in the LMS."
    if client.lms_company_id not in (None, company.id):
        return (ask(f"{client.lms_company_id}, but this account's company is {company.id}", expected, "PUB-3"),)
    if company.account_id not in (None, client.id):
        return (ask(f"{company.id}, the company of account {company.account_id}", expected, "PUB-3"),)
    return ()


def request_problems(
    request: Requested, client: Client, found: Listing, there: Mapping[str, Publication]
) -> tuple[Problem, ...]:
    """Return why a request does not fit the contracts (PUB-3).

    Args:
        request: the request.
        client: with its contracts.
        found: the publications of the contracts.
        there: the publications in the LMS, by normalized name.
    """
    ask = partial(Problem, Responsible.SALES, *_asked_record(client, found), FIELD)
    or_cancel = f"or cancel the request to {request}."
    if request.action is PublicationAction.RENAME:
        return tuple(_rename_problems(request, found, there, or_cancel, ask))
    name = shown(request.publication)
    if request.action is PublicationAction.DEACTIVATE:
        if not found.lists(request.publication):
            return ()
        return (ask(found.shown, f"Take {name} out if it was agreed to end, {or_cancel}", "PUB-3"),)
    if normalize(request.publication) in found.names:
        return ()
    return (ask(found.shown, f"Have a signed contract that is in force list {name}, {or_cancel}", "PUB-3"),)


def rename_problems(
    gone: Sequence[Publication], missing: Mapping[str, ListedPublication], found: Listing
) -> tuple[Problem, ...]:
    """Return a question for each publication that no contract lists, while others are missing (PUB-7)."""
    choices = tuple(Choice(f"{RENAMED_TO}{key}", f"Renamed to {one.name}") for key, one in missing.items())
    names = shown_names([one.name for one in missing.values()])
    return tuple(
        Problem(
            *(Responsible.SALES, "Contract", found.present[0].id, FIELD),
            f"{found.shown}, but the LMS has {shown(one.name)}",
            f"Say whether {shown(one.name)} has a new name ({names}) or has ended, or have the contract list it.",
            "PUB-7",
            topic=publication_topic(one),
            choices=(*choices[:MOST_CHOICES], Choice(ENDED, f"{shown(one.name)} has ended")),
        )
        for one in gone[:MOST_ASKED]
    )


def nothing_listed(gone: Sequence[Publication], found: Listing) -> Problem:
    """Return the question whether all publications ended, when the contracts list none (PUB-7)."""
    return Problem(
        *(Responsible.SALES, "Contract", found.present[0].id, FIELD),
        f"{EMPTY}, but the LMS has {shown_names([one.name for one in gone])}",
        "List the client's publications, one a line; or choose that they have ended.",
        "PUB-7",
        topic=ALL_TOPIC,
        choices=(Choice(ENDED, "They have ended"),),
    )


def publication_topic(publication: Publication) -> str:
    """Return the topic of the question what became of a publication; it never changes."""
    return f"{PUBLICATION_TOPIC}{normalize(publication.name)}"


def name_taken(client_id: str, contract_id: str, name: str, organization: str) -> Problem:
    """Return the problem that the LMS refused a name because another company's publication has it (PUB-7)."""
    record = ("Contract", contract_id) if contract_id else ("Account", client_id)
    return Problem(
        *(Responsible.SALES, *record, FIELD),
        f"{shown(name)}, which another company's publication of the organization {shown(organization)} is called",
        "Agree on another name with the client and enter it, or have CS Operations rename the other one in the LMS.",
        "PUB-7",
        topic=f"name {normalize(name)}",
    )


def missing_names(found: Listing, there: Collection[str]) -> dict[str, ListedPublication]:
    """Return the listed publications that the LMS lacks, by normalized name."""
    return {key: one for key, one in found.names.items() if key not in there}


def is_active(publication: Publication) -> bool:
    """Whether a publication is in service, also when its end is planned."""
    return publication.status != INACTIVE


def _rename_problems(
    request: Requested, found: Listing, there: Mapping[str, Publication], or_cancel: str, ask: "partial[Problem]"
) -> Iterator[Problem]:
    name, new_name = shown(request.publication), shown(request.new_name)
    old, new = there.get(normalize(request.publication)), there.get(normalize(request.new_name))
    if normalize(request.new_name) not in found.names or found.lists(request.publication):
        yield ask(found.shown, f"Have the contract list {new_name} instead of {name}, {or_cancel}", "PUB-3")
    elif old and new and is_active(old):
        in_lms = f"{found.shown}, and the LMS has both {name} and {new_name}"
        yield ask(in_lms, f"Ask for the end of {name} if it is over, {or_cancel}", "PUB-3")
    elif old is None and new is None:
        names = shown_names([one.name for one in there.values()])
        in_lms = f"{found.shown}, and the LMS has no {name} but {names}"
        yield ask(in_lms, f"Ask again with the name that the LMS has, {or_cancel}", "PUB-3")


def _asked_record(client: Client, found: Listing) -> tuple[str, str]:
    """Return the record of a question: the deciding contract, else the latest signed one, else the account."""
    latest = found.present[:1] or client.signed[-1:]
    return ("Contract", latest[0].id) if latest else ("Account", client.id)
