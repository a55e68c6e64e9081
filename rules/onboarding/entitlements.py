"""A client's entitlement, and the target of its company in the LMS (ONB-6, ONB-8, ONB-13, ADR-4).

Users and amount are sums over the contracts in force, modules their union. A larger figure or a further module of the
company is removed only if an ended or replaced contract gave it, or if a person decides so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
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

KEEP, AS_AGREED, REMOVE = "keep", "as agreed", "remove"


@dataclass(frozen=True)
class Entitlement:
    """A client's entitlement.

    Attributes:
        contracts: the numbers of the contracts that count.
        ids: their ids.
        plan_amount: per month.
        modules: sorted.
        had_users: the users of the earlier contracts; the target may fall from this figure.
        had_amount: the amount of the earlier contracts, per month.
        had_modules: the modules of the earlier contracts.
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
        """Whether this contract counts."""
        return contract_id in self.ids


@dataclass(frozen=True)
class Target:
    """The target of a company.

    Attributes:
        plan_amount: per month.
        modules: the whole set, sorted.
        problems: figures above the contracts', and modules beyond them where that is asked: people decide.
        remarks: a sentence for everything that is kept without a contract.
    """

    users: int
    locations: int
    plan_amount: Decimal
    modules: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()


def entitlement(terms: ContractTerms, matrix: Matrix) -> Entitlement:
    """Add up the contracts.

    Raises:
        UnknownProduct: they were not reviewed.
    """
    return Entitlement(
        contracts=tuple(agreement.number or agreement.id for agreement in terms.counted),
        users=int(_total(terms.counted, _users, terms.chosen)),
        plan_amount=_total(terms.counted, _amount, terms.chosen),
        modules=_union(terms.counted, matrix),
        had_users=int(_total(terms.before, _users, terms.chosen)),
        had_amount=_total(terms.before, _amount, terms.chosen),
        had_modules=_union_of_known(terms.before, matrix),
        ids=tuple(agreement.id for agreement in terms.counted),
    )


def target(
    company: Company | None,
    entitled: Entitlement,
    chosen: Mapping[str, str],
    locations: Callable[[int], int],
    *,
    ask_modules: bool = False,
) -> Target:
    """Plan the target of a company; a figure falls only with an ended contract or a decision.

    Args:
        company: None before the sign-up.
        entitled: the client's entitlement.
        chosen: the decisions of people, by topic.
        locations: returns the number of locations for a number of users (ONB-8).
        ask_modules: people decide about modules that no contract gives; otherwise they are kept.
    """
    users, amount = entitled.users, entitled.plan_amount
    if company is None:
        return Target(users, locations(users), amount, entitled.modules)
    figures = (
        _Figure(USER_COUNT, Decimal(company.user_count), Decimal(users), Decimal(entitled.had_users)),
        _Figure(PLAN_AMOUNT, company.plan_amount, amount, entitled.had_amount),
    )
    target_users, amount = (figure.target(company, chosen) for figure in figures)
    users = int(target_users)
    problems = [figure.problem(company, entitled) for figure in figures if figure.is_open(company, chosen)]
    least = company.location_count if users >= company.user_count else 1
    beyond = _ModulesBeyond.of(company, entitled)
    choice = chosen.get(beyond.topic, "") if ask_modules else KEEP
    kept = [figure for figure in figures if figure.is_beyond and chosen.get(figure.topic(company)) == KEEP]
    remarks = (*beyond.remarks(choice), *(figure.remark(company) for figure in kept))
    modules = tuple(sorted({*entitled.modules, *beyond.kept(choice)}))
    problems += beyond.problems(choice)
    return Target(users, max(least, locations(users)), amount, modules, tuple(problems), remarks)


def company_changes(company: Company, target: Target) -> tuple[Change, ...]:
    """Return the changes that bring a company to its target; modules come last."""
    record, modules = f"Company {company.id}", tuple(sorted(set(company.modules)))
    fields = (
        (USER_COUNT, str(company.user_count), str(target.users), "ONB-6"),
        (LOCATION_COUNT, str(company.location_count), str(target.locations), "ONB-8"),
        (PLAN_AMOUNT, money_text(company.plan_amount), money_text(target.plan_amount), "ONB-6"),
        (MODULES, ", ".join(modules), ", ".join(target.modules), "ONB-13"),
    )
    return tuple(
        Change("LMS", record, field, before, after, rule) for field, before, after, rule in fields if before != after
    )


@dataclass(frozen=True)
class _Figure:
    """A figure of a company: its present value, and those of the contracts now and before."""

    label: str
    present: Decimal
    agreed: Decimal
    before: Decimal

    @property
    def is_beyond(self) -> bool:
        """Whether the figure is larger than any contract explains, because somebody raised it."""
        return self.present > max(self.agreed, self.before)

    def topic(self, company: Company) -> str:
        return f"{self.label} of company {company.id}"

    def is_open(self, company: Company, chosen: Mapping[str, str]) -> bool:
        return self.is_beyond and chosen.get(self.topic(company)) not in (KEEP, AS_AGREED)

    def target(self, company: Company, chosen: Mapping[str, str]) -> Decimal:
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
            f"Choose whether it stays at {present} or becomes {agreed}. Or correct the contracts and check again.",
            "ONB-6",
            topic=self.topic(company),
            choices=(Choice(KEEP, f"It stays at {present}"), Choice(AS_AGREED, f"It becomes {agreed}")),
        )

    def remark(self, company: Company) -> str:
        return f"The {self.label} of company {company.id} stays at {self.shown(self.present)}, as decided. (ONB-6)"


@dataclass(frozen=True)
class _ModulesBeyond:
    """The modules of a company that no contract gives, now or before. `choice` is what people decided; "" for nothing.

    Attributes:
        company: the id of the company.
        names: sorted.
    """

    company: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, company: Company, entitled: Entitlement) -> "_ModulesBeyond":
        given = {*entitled.modules, *entitled.had_modules}
        return cls(company.id, tuple(sorted({*company.modules} - given)))

    @property
    def topic(self) -> str:
        """The question names the modules, so that an answer decides about no others."""
        return f"modules {', '.join(self.names)} of company {self.company}"

    def kept(self, choice: str) -> tuple[str, ...]:
        return () if choice == REMOVE else self.names

    def remarks(self, choice: str) -> Iterator[str]:
        if self.names and choice == KEEP:
            names = join_names(self.names)
            yield f"Company {self.company} keeps {names}, though no contract in force gives it. (ONB-13)"

    def problems(self, choice: str) -> Iterator[Problem]:
        if self.names and choice not in (KEEP, REMOVE):
            yield Problem(
                *(Responsible.SALES, "LMS company", self.company, MODULES),
                f"{join_names(self.names)}, which no contract in force gives",
                "Choose whether they stay or are removed. Or correct the contracts and check again.",
                "ONB-13",
                topic=self.topic,
                choices=(Choice(KEEP, "They stay"), Choice(REMOVE, "They are removed")),
            )


def _users(agreement: Agreement) -> Decimal:
    return agreement.users or Decimal(0)


def _amount(agreement: Agreement) -> Decimal:
    return agreement.plan_amount or Decimal(0)


def _total(
    agreements: Sequence[Agreement], figure: Callable[[Agreement], Decimal], chosen: Mapping[str, str]
) -> Decimal:
    """Add the largest figure of the contracts that replace each other, and the figures of those that add."""
    added: list[Agreement] = []
    others: list[Agreement] = []
    for agreement in agreements:
        adds = is_plain(agreement) and chosen.get(topic_of(agreement)) == ADDS
        (added if adds or is_expansion(agreement) else others).append(agreement)
    base = max(map(figure, others), default=Decimal(0))
    return base + sum(map(figure, added), Decimal(0))


def _union(agreements: Sequence[Agreement], matrix: Matrix) -> tuple[str, ...]:
    return tuple(sorted({module for agreement in agreements for module in _modules(agreement, matrix)}))


def _union_of_known(agreements: Sequence[Agreement], matrix: Matrix) -> tuple[str, ...]:
    modules: set[str] = set()
    for agreement in agreements:
        with suppress(UnknownProduct):
            modules.update(_modules(agreement, matrix))
    return tuple(sorted(modules))


def _modules(agreement: Agreement, matrix: Matrix) -> tuple[str, ...]:
    return modules_for(agreement.products, known_level(agreement.service_level) or "", matrix)
