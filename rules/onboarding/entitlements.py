"""What a client is entitled to, and what its company in the LMS is to have of it (ONB-6, ONB-8, ONB-13, ADR-4).

Users and amount are the sums over the contracts in force, the modules their union. What the company has beyond that is
taken away only where a contract that ended, or was replaced, gave it, or where a person says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules.common.problems import Choice, Problem, Responsible
from rules.common.records import Change, Company
from rules.common.service_level import known_level
from rules.common.text import join_names
from rules.contracts.clients import Agreement
from rules.contracts.terms import ADDS, ContractTerms, is_expansion, is_plain, topic_of
from rules.onboarding.permissions import Matrix, UnknownProduct, modules_for
from rules.onboarding.signup import money_text
from rules.onboarding.write_back import LOCATION_COUNT, MODULES, PLAN_AMOUNT, USER_COUNT

KEEP, AS_AGREED = "keep", "as agreed"


@dataclass(frozen=True)
class Entitlement:
    """What a client is entitled to.

    Attributes:
        contracts: the numbers of the contracts that give it.
        ids: their ids.
        users: together.
        plan_amount: together, per month.
        modules: of all together, sorted.
        had_users: how many the contracts gave before; up to so many may be taken away.
        had_amount: what they cost before.
        had_modules: what they gave before.
    """

    contracts: tuple[str, ...]
    users: int
    plan_amount: Decimal
    modules: tuple[str, ...]
    had_users: int = 0
    had_amount: Decimal = Decimal(0)
    had_modules: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def counts(self, contract_id: str) -> bool:
        """Whether this contract is one of those that give it."""
        return contract_id in self.ids


@dataclass(frozen=True)
class Target:
    """What a company is to have.

    Attributes:
        users: how many.
        locations: how many (ONB-8).
        plan_amount: per month.
        modules: the whole set, sorted.
        problems: figures that are larger than the contracts give: people say whether they stay.
        remarks: what stays though no contract gives it, a sentence each.
    """

    users: int
    locations: int
    plan_amount: Decimal
    modules: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()


def entitlement(found: ContractTerms, matrix: Matrix) -> Entitlement:
    """What the contracts give together.

    Raises:
        UnknownProduct: they were not reviewed.
    """
    return Entitlement(
        contracts=tuple(one.number or one.id for one in found.counted),
        users=int(_total(found.counted, _users, found.chosen)),
        plan_amount=_total(found.counted, _amount, found.chosen),
        modules=_union(found.counted, matrix),
        had_users=int(_total(found.before, _users, found.chosen)),
        had_amount=_total(found.before, _amount, found.chosen),
        had_modules=_union_of_known(found.before, matrix),
        ids=tuple(one.id for one in found.counted),
    )


def target(
    company: Company | None, entitled: Entitlement, chosen: Mapping[str, str], locations: Callable[[int], int]
) -> Target:
    """What a company is to have: never less than it has, unless a contract that is over or a person says so.

    Args:
        company: as it is; None before the sign-up.
        entitled: what the contracts give.
        chosen: what people decided, by topic.
        locations: the number of locations by that of users (ONB-8).
    """
    users, amount = entitled.users, entitled.plan_amount
    if company is None:
        return Target(users, locations(users), amount, entitled.modules)
    figures = (
        _Figure(USER_COUNT, Decimal(company.user_count), Decimal(users), Decimal(entitled.had_users)),
        _Figure(PLAN_AMOUNT, company.plan_amount, amount, entitled.had_amount),
    )
    wanted = [one.wanted(company, chosen) for one in figures]
    problems = tuple(one.problem(company, entitled) for one in figures if one.is_open(company, chosen))
    users = int(wanted[0])
    least = company.location_count if users >= company.user_count else 1
    beyond = set(company.modules) - {*entitled.modules, *entitled.had_modules}
    kept = [one for one in figures if chosen.get(one.topic(company)) == KEEP and one.is_beyond]
    remarks = (*_module_remarks(company, beyond), *(one.remark(company) for one in kept))
    modules = tuple(sorted({*entitled.modules, *beyond}))
    return Target(users, max(least, locations(users)), wanted[1], modules, problems, remarks)


def company_changes(company: Company, wanted: Target) -> tuple[Change, ...]:
    """What brings a company to what it is to have, field by field; its modules come last."""
    record, modules = f"Company {company.id}", tuple(sorted(set(company.modules)))
    fields = (
        (USER_COUNT, str(company.user_count), str(wanted.users), "ONB-6"),
        (LOCATION_COUNT, str(company.location_count), str(wanted.locations), "ONB-8"),
        (PLAN_AMOUNT, money_text(company.plan_amount), money_text(wanted.plan_amount), "ONB-6"),
        (MODULES, ", ".join(modules), ", ".join(wanted.modules), "ONB-13"),
    )
    return tuple(
        Change("LMS", record, field, before, after, rule) for field, before, after, rule in fields if before != after
    )


@dataclass(frozen=True)
class _Figure:
    """A figure of a company: what it is, what the contracts give now, and what they gave before."""

    label: str
    present: Decimal
    agreed: Decimal
    before: Decimal

    @property
    def is_beyond(self) -> bool:
        """Whether it is larger than any contract explains: somebody raised it by hand."""
        return self.present > max(self.agreed, self.before)

    def topic(self, company: Company) -> str:
        return f"{self.label} of company {company.id}"

    def is_open(self, company: Company, chosen: Mapping[str, str]) -> bool:
        return self.is_beyond and chosen.get(self.topic(company)) not in (KEEP, AS_AGREED)

    def wanted(self, company: Company, chosen: Mapping[str, str]) -> Decimal:
        stays = self.is_beyond and chosen.get(self.topic(company)) != AS_AGREED
        return self.present if stays else self.agreed

    def shown(self, value: Decimal) -> str:
        return f"{value:f}" if self.label == USER_COUNT else money_text(value)

    def problem(self, company: Company, entitled: Entitlement) -> Problem:
        present, agreed = self.shown(self.present), self.shown(self.agreed)
        by = f"contract {entitled.contracts[0]} gives"
        if len(entitled.contracts) > 1:
            by = f"contracts {join_names(entitled.contracts)} together give"
        return Problem(
            *(Responsible.SALES, "LMS company", company.id, self.label),
            f"{present}, but {by} {agreed}",
            f"Choose whether it stays at {present} or becomes {agreed}. Or correct the contracts, and check again.",
            "ONB-6",
            topic=self.topic(company),
            choices=(Choice(KEEP, f"It stays at {present}"), Choice(AS_AGREED, f"It becomes {agreed}")),
        )

    def remark(self, company: Company) -> str:
        return f"The {self.label} of company {company.id} stays at {self.shown(self.present)}, as decided. (ONB-6)"


def _module_remarks(company: Company, beyond: set[str]) -> Iterator[str]:
    if beyond:
        yield f"Company {company.id} keeps {join_names(sorted(beyond))}, though no contract in force gives it. (ONB-13)"


def _users(agreement: Agreement) -> Decimal:
    return agreement.users or Decimal(0)


def _amount(agreement: Agreement) -> Decimal:
    return agreement.plan_amount or Decimal(0)


def _total(
    agreements: Sequence[Agreement], figure: Callable[[Agreement], Decimal], chosen: Mapping[str, str]
) -> Decimal:
    """What is added, and the largest of those that follow on one another."""
    added = [one for one in agreements if is_expansion(one) or (is_plain(one) and chosen.get(topic_of(one)) == ADDS)]
    base = max((figure(one) for one in agreements if one not in added), default=Decimal(0))
    return base + sum((figure(one) for one in added), Decimal(0))


def _union(agreements: Sequence[Agreement], matrix: Matrix) -> tuple[str, ...]:
    found = {module for one in agreements for module in _modules(one, matrix)}
    return tuple(sorted(found))


def _union_of_known(agreements: Sequence[Agreement], matrix: Matrix) -> tuple[str, ...]:
    found: set[str] = set()
    for one in agreements:
        try:
            found |= {*_modules(one, matrix)}
        except UnknownProduct:
            continue
    return tuple(sorted(found))


def _modules(agreement: Agreement, matrix: Matrix) -> tuple[str, ...]:
    return modules_for(agreement.products, known_level(agreement.service_level) or "", matrix)
