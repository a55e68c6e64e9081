"""The publications in a client's contracts, and their details (PUB-2, PUB-3)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from rules.common.problems import EMPTY, Problem, Responsible
from rules.common.records import Contract, Sale
from rules.common.service_level import LEVELS, known_level
from rules.common.text import join_names, normalize, strip, unique_by_normalized
from rules.contracts.clients import Agreement, Client
from rules.contracts.service_term import DAY
from rules.onboarding.review import MOST_USERS, is_won
from rules.publications.names import FIELD, list_problems
from rules.publications.requests import LONGEST_NAME

_SHOWN = 40
_NO_NAMES = frozenset({"none", "no", "n/a", "na", "nil", "tbd", "tba"})
"""Placeholders that sellers enter instead of a name."""
_MOST_SHOWN = 12


@dataclass(frozen=True)
class ListedPublication:
    """A publication that a contract in force lists.

    Attributes:
        name: in its first spelling.
        agreements: the contracts in force that list it, the deciding one first.
        until: the last day of service, with the contracts that follow; None without an end.
        details: for the LMS.
    """

    name: str
    agreements: tuple[Agreement, ...]
    until: date | None
    details: Mapping[str, Any]

    @property
    def contracts(self) -> str:
        """The numbers of its contracts for people."""
        return join_names(sorted(one.number for one in self.agreements))


@dataclass(frozen=True)
class Listing:
    """The publications of a client on a day.

    Attributes:
        present: the signed contracts in force, the deciding one first.
        names: their publications by normalized name.
        kept: normalized names that only contracts list which follow without a gap.
    """

    present: tuple[Agreement, ...]
    names: Mapping[str, ListedPublication]
    kept: frozenset[str]

    def lists(self, name: str) -> bool:
        """Whether a name, in any spelling, is listed now or by a contract that follows without a gap."""
        return normalize(name) in self.names or normalize(name) in self.kept

    @property
    def shown(self) -> str:
        """The listed names for people, shortened when there are many."""
        return shown_names([one.name for one in self.names.values()])


def listing(client: Client, today: date) -> Listing:
    """Collect the publications of the signed contracts in force and of those that follow (PUB-3).

    Args:
        client: with its contracts in any order.
        today: in the org's time zone.
    """
    signed = sorted(client.signed, key=lambda one: (one.start or date.min, one.number, one.id))
    present = [one for one in signed if one.covers(today)]
    own, later = _by_name(sorted(present, key=_decides)), _by_name(_following(present, signed, today))
    spelled = unique_by_normalized(name for one in present for name in one.publications)
    names = {key: _listed(name, own[key], later.get(key, [])) for key, name in spelled.items()}
    return Listing(tuple(sorted(present, key=_decides)), names, frozenset(later.keys() - names.keys()))


def listing_problems(client: Client, found: Listing) -> tuple[Problem, ...]:
    """Return what sales must correct before anything is set up or ended (PUB-3)."""
    deciding = {one.agreements[0].id: one.agreements[0] for one in found.names.values()}
    return (
        *(_organization_problems(client) if found.names else ()),
        *(problem for one in found.present for problem in name_problems(one.id, one.publications)),
        *(problem for one in deciding.values() for problem in _detail_problems(one, found)),
    )


def name_problems(contract_id: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each line of a contract that cannot be a publication's name (PUB-2)."""
    ask = partial(Problem, Responsible.SALES, "Contract", contract_id, FIELD)
    for name in names:
        if strip(name).endswith(":"):
            yield ask(shown(name), "Delete the heading: enter only the names of publications.", "PUB-7")
        elif not strip(name):
            yield ask("a blank line", "Delete the line, or enter the name of a publication.", "PUB-2")
        elif normalize(name) in _NO_NAMES:
            yield ask(shown(name), "Leave the field empty, or enter the name of a publication.", "PUB-7")
        elif len(strip(name)) > LONGEST_NAME:
            yield ask(shown(name), f"Shorten the name to {LONGEST_NAME} characters.", "PUB-2")


def publication_problems(sale: Sale, chosen: Mapping[str, str]) -> tuple[Problem, ...]:
    """What a closed sale's contract lists that cannot be a publication's name: asked before all is set up (PUB-3)."""
    if sale.contract is None or not is_won(sale.opportunity):
        return ()
    contract_id, names = sale.contract.id, sale.contract.publications
    return (*name_problems(contract_id, names), *list_problems(contract_id, names, (), chosen))


def sale_remarks(contract: Contract | None) -> tuple[str, ...]:
    """Return a remark about the publications of a sale, before the client is set up (PUB-1)."""
    names = unique_by_normalized(contract.publications) if contract else {}
    listed = f"The contract lists publications: {shown_names([*names.values()])}"
    return (f"{listed}. They follow once the client is set up. (PUB-1)",) if names else ()


def shown(text: str) -> str:
    """Return a text for people, shortened when it is long."""
    plain = strip(text)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}… ({len(plain)} characters)"


def shown_names(names: Sequence[str]) -> str:
    """Return names for people: "empty", or a list that is shortened when it is long."""
    if not names:
        return EMPTY
    first, more = [shown(name) for name in names[:_MOST_SHOWN]], len(names) - _MOST_SHOWN
    return join_names([*first, f"{more} more"]) if more > 0 else join_names(first)


def details_text(details: Mapping[str, Any]) -> str:
    """Return details on one line; equal details give equal texts; "" without any."""
    return json.dumps(details, sort_keys=True, ensure_ascii=False, default=str) if details else ""


def _following(present: Iterable[Agreement], signed: Iterable[Agreement], today: date) -> list[Agreement]:
    """Return the later contracts that begin, at the latest, on the day after a present or following one ends."""
    ends = {one.end or date.max for one in present}
    chain = []
    for one in signed:
        if one.start and one.start > today and any(one.start - DAY <= end for end in ends):
            chain.append(one)
            ends.add(one.end or date.max)
    return chain


def _by_name(agreements: Iterable[Agreement]) -> dict[str, list[Agreement]]:
    """Group contracts by the normalized names that they list."""
    found: defaultdict[str, list[Agreement]] = defaultdict(list)
    for agreement in agreements:
        for key in unique_by_normalized(agreement.publications):
            found[key].append(agreement)
    return dict(found)


def _listed(name: str, present: Sequence[Agreement], following: Sequence[Agreement]) -> ListedPublication:
    until = max(one.end or date.max for one in (*present, *following))
    return ListedPublication(name, tuple(present), None if until == date.max else until, _details(present))


def _details(agreements: Sequence[Agreement]) -> dict[str, Any]:
    """Return the details: all products, and level and users of the deciding contract."""
    decides = agreements[0]
    products = unique_by_normalized(product for one in agreements for product in one.products)
    users = decides.users
    return {
        "contracts": sorted(one.number for one in agreements),
        "products": [products[key] for key in sorted(products)],
        "serviceLevel": known_level(decides.service_level),
        "userCount": int(users) if users is not None and users.is_finite() else None,
    }


def _decides(agreement: Agreement) -> tuple[int, int, str, str]:
    """Sort key for the deciding contract first: it ends last, and of several it began last."""
    end, start = agreement.end or date.max, agreement.start or date.min
    return (-end.toordinal(), -start.toordinal(), agreement.number, agreement.id)


def _organization_problems(client: Client) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Account", client.id, "Account Name")
    if not strip(client.name):
        yield ask(EMPTY, "Enter the company's name: it is the organization of its publications.", "PUB-2")
    elif len(client.name) > LONGEST_NAME:
        yield ask(shown(client.name), f"Shorten it to {LONGEST_NAME} characters.", "PUB-2")


def _detail_problems(agreement: Agreement, found: Listing) -> Iterator[Problem]:
    """Yield the details that the deciding contract lacks."""
    ask = partial(Problem, Responsible.SALES, "Contract", agreement.id)
    if known_level(agreement.service_level) is None:
        expected = f"Choose the level that was agreed: {join_names(LEVELS, 'or')}."
        yield ask("Service Level", shown(agreement.service_level or "") or EMPTY, expected, "PUB-2")
    users = agreement.users
    if users is None or not users.is_finite() or not 1 <= users <= MOST_USERS or users != users.to_integral_value():
        expected = f"Enter the number of users: a whole number from 1 to {MOST_USERS:,}."
        yield ask("User Count", EMPTY if users is None else f"{users.normalize():f}", expected, "PUB-2")
    listed = [one for one in found.names.values() if one.agreements[0].id == agreement.id]
    if any(not one.details["products"] for one in listed):
        yield ask("Products", EMPTY, "Choose what was sold.", "PUB-2")
