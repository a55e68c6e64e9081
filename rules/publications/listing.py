"""Which publications a client's contracts call for, and with which details (PUB-2, PUB-3)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from rules.common.problems import Problem, Responsible
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
"""What sellers enter where they have no name."""
_MOST_SHOWN = 12


@dataclass(frozen=True)
class ListedPublication:
    """A publication that a contract in force lists.

    Attributes:
        name: as it was first written.
        agreements: the contracts in force that list it, the one that decides first.
        until: the last day of service of those and of the ones that follow on them; None without an end.
        details: what the LMS is to have of it.
    """

    name: str
    agreements: tuple[Agreement, ...]
    until: date | None
    details: Mapping[str, Any]

    @property
    def contracts(self) -> str:
        """The numbers of its contracts, for people."""
        return join_names(sorted(one.number for one in self.agreements))


@dataclass(frozen=True)
class Listing:
    """What a client's contracts list on a day.

    Attributes:
        present: the signed contracts in force, the one that decides first.
        names: what they list, by folded name, in their order.
        kept: the folded names that only contracts list which follow on these without a break.
    """

    present: tuple[Agreement, ...]
    names: Mapping[str, ListedPublication]
    kept: frozenset[str]

    def lists(self, name: str) -> bool:
        """Whether a name, in any spelling, is listed or will be without a break."""
        return normalize(name) in self.names or normalize(name) in self.kept

    @property
    def shown(self) -> str:
        """What is listed, for people; shortened when it is much."""
        return shown_names([one.name for one in self.names.values()])


def listing(client: Client, today: date) -> Listing:
    """What the signed contracts list: those in force, and those that follow on them (PUB-3).

    Args:
        client: with its contracts, in any order.
        today: in the org's time zone.
    """
    signed = sorted(client.signed, key=lambda one: (one.start or date.min, one.number, one.id))
    present = [one for one in signed if one.covers(today)]
    own, later = _by_name(sorted(present, key=_decides)), _by_name(_following(present, signed, today))
    spelled = unique_by_normalized(name for one in present for name in one.publications)
    names = {key: _listed(name, own[key], later.get(key, [])) for key, name in spelled.items()}
    return Listing(tuple(sorted(present, key=_decides)), names, frozenset(later.keys() - names.keys()))


def listing_problems(client: Client, found: Listing) -> tuple[Problem, ...]:
    """What sales must put right before anything is set up or ended (PUB-3)."""
    deciding = {one.agreements[0].id: one.agreements[0] for one in found.names.values()}
    return (
        *(_organization_problems(client) if found.names else ()),
        *(problem for one in found.present for problem in name_problems(one.id, one.publications)),
        *(problem for one in deciding.values() for problem in _detail_problems(one, found)),
    )


def name_problems(contract_id: str, names: Iterable[str]) -> Iterator[Problem]:
    """The lines of a contract that cannot be names of publications (PUB-2)."""
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


def sale_problems(sale: Sale, chosen: Mapping[str, str]) -> tuple[Problem, ...]:
    """What a closed sale's contract lists that cannot be a publication's name: asked before all is set up (PUB-3)."""
    if sale.contract is None or not is_won(sale.opportunity):
        return ()
    contract_id, names = sale.contract.id, sale.contract.publications
    return (*name_problems(contract_id, names), *list_problems(contract_id, names, (), chosen))


def sale_remarks(contract: Contract | None) -> tuple[str, ...]:
    """What a sale means for the client's publications, before the client is set up (PUB-1)."""
    names = unique_by_normalized(contract.publications) if contract else {}
    told = f"The contract lists publications: {shown_names([*names.values()])}. They follow once the client is set up."
    return (f"{told} (PUB-1)",) if names else ()


def shown(text: str) -> str:
    """A text for people, shortened when it is long."""
    plain = strip(text)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}… ({len(plain)} characters)"


def shown_names(names: Sequence[str]) -> str:
    """Names for people: "nothing", or a list that is shortened when it is long."""
    if not names:
        return "nothing"
    first, more = [shown(name) for name in names[:_MOST_SHOWN]], len(names) - _MOST_SHOWN
    return join_names([*first, f"{more} more"]) if more > 0 else join_names(first)


def details_text(details: Mapping[str, Any]) -> str:
    """Details on one line, the same text for the same details; "" without any."""
    return json.dumps(details, sort_keys=True, ensure_ascii=False, default=str) if details else ""


def _following(present: Iterable[Agreement], signed: Iterable[Agreement], today: date) -> list[Agreement]:
    """The contracts that begin before, or on the day after, one in force or one that follows on it ends."""
    ends = {one.end or date.max for one in present}
    chain = []
    for one in signed:
        if one.start and one.start > today and any(one.start - DAY <= end for end in ends):
            chain.append(one)
            ends.add(one.end or date.max)
    return chain


def _by_name(agreements: Iterable[Agreement]) -> dict[str, list[Agreement]]:
    """The contracts that list a name, by the folded name, in their order."""
    found: defaultdict[str, list[Agreement]] = defaultdict(list)
    for agreement in agreements:
        for key in unique_by_normalized(agreement.publications):
            found[key].append(agreement)
    return dict(found)


def _listed(name: str, present: Sequence[Agreement], following: Sequence[Agreement]) -> ListedPublication:
    until = max(one.end or date.max for one in (*present, *following))
    return ListedPublication(name, tuple(present), None if until == date.max else until, _details(present))


def _details(agreements: Sequence[Agreement]) -> dict[str, Any]:
    """What the contracts say: all their products; level and users of the one that ends last."""
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
    """Sorts the contract that ends last to the front; of several, the one that began last."""
    end, start = agreement.end or date.max, agreement.start or date.min
    return (-end.toordinal(), -start.toordinal(), agreement.number, agreement.id)


def _organization_problems(client: Client) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Account", client.id, "Account Name")
    if not strip(client.name):
        yield ask("nothing", "Enter the company's name: it is the organization of its publications.", "PUB-2")
    elif len(client.name) > LONGEST_NAME:
        yield ask(shown(client.name), f"Shorten it to {LONGEST_NAME} characters.", "PUB-2")


def _detail_problems(agreement: Agreement, found: Listing) -> Iterator[Problem]:
    """What the deciding contract does not say of its publications."""
    ask = partial(Problem, Responsible.SALES, "Contract", agreement.id)
    if known_level(agreement.service_level) is None:
        expected = f"Choose the level that was agreed: {join_names(LEVELS, 'or')}."
        yield ask("Service Level", shown(agreement.service_level or "") or "nothing", expected, "PUB-2")
    users = agreement.users
    if users is None or not users.is_finite() or not 1 <= users <= MOST_USERS or users != users.to_integral_value():
        expected = f"Enter the number of users: a whole number from 1 to {MOST_USERS:,}."
        yield ask("User Count", "nothing" if users is None else f"{users.normalize():f}", expected, "PUB-2")
    listed = [one for one in found.names.values() if one.agreements[0].id == agreement.id]
    if any(not one.details["products"] for one in listed):
        yield ask("Products", "nothing", "Choose what was sold.", "PUB-2")
