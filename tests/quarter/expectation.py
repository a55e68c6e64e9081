"""What the rules ask for, day by day: a plain model of one client, written from the procedures and ADR-9.

It knows nothing of the product. Where the decision is silent, the reading that is taken here says so.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tests.quarter.life import Fields, Life

DAY = timedelta(days=1)
LOOK_AHEAD, NOTICE, SLIP, CATCH_UP = 30, 14, 31, 31
UNSIGNED, OVER = ("Draft", "In Approval Process"), ("Terminated", "Expired")
CLOSED = ("Closed Won", "Closed Lost")
OURS = "End of contract"
RUNS, ENDS, SOON, LAST, ENDED = "runs", "ends", "ends soon", "last day", "ended"
ASKING, TOLD = (SOON, LAST, ENDED), (SOON, LAST, ENDED)
MARKED = "deactivated"
STAYS = "stays"
"""The news of *runs*, where something was changed, and of *ends*, where somebody who had ended is served again."""
SALES, CS_OPS = "sales", "CS Operations"

News = tuple[str, date, str]
"""Contract, last day, phase: what is told once to sales and once to the CSM."""


@dataclass(frozen=True)
class Standing:
    """Where the service stands by what Salesforce says: what the sweep compares from night to night."""

    contract: str
    last_day: date | None
    phase: str
    is_doubted: bool
    is_ill: bool


@dataclass
class Expected:
    """One client: the records as people and rules have left them, and what was told and asked.

    Attributes:
        told: every piece of news, in order.
        possible: news that would be right on some night, whether or not anything was to be changed by it.
        due: news of phases in which a night passed undisturbed: they are told whatever went wrong on the others. That
            the client stays is among them where there was an end to withdraw.
        asked: who is asked; somebody while a run waits.
        otherwise: how else it may have come, where on the only night of an end something failed before the status was
            written, and the next one found the client renewed: then it never was deactivated.
    """

    contracts: dict[str, Fields] = field(default_factory=dict)
    opportunities: dict[str, Fields] = field(default_factory=dict)
    subscriptions: dict[str, Fields] = field(default_factory=dict)
    publications: dict[str, Life] = field(default_factory=dict)
    company: Life = field(default_factory=Life)
    account: Fields = field(default_factory=lambda: {"cs_status": "Active", "company_known": True})
    told: list[News] = field(default_factory=list)
    possible: set[News] = field(default_factory=set)
    due: set[News] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    noted: Standing | None = None
    otherwise: list["Expected"] = field(default_factory=list)
    _owed: set[News] = field(default_factory=set)

    def edit(self, kind: str, key: str, fields: Fields, today: date) -> None:
        """What people did to a record."""
        for other in self.otherwise:
            other.edit(kind, key, fields, today)
        if kind == "company":
            self.company.patch(today, fields)
        elif kind == "publication":
            self.publications.setdefault(key, Life()).patch(today, fields)
        elif kind == "account":
            self.account |= fields
        else:
            records = {"contract": self.contracts, "opportunity": self.opportunities}
            of_kind = records.get(kind, self.subscriptions)
            of_kind[key] = of_kind.get(key, {}) | fields
            if of_kind[key].get("deleted"):
                del of_kind[key]

    def night(self, today: date, *, swept: bool) -> None:
        """What a night does: first the LMS, then the sweep, if there is one."""
        self.settle(today)
        if swept:
            self.sweep(today)

    def settle(self, today: date) -> None:
        """What the LMS does by itself."""
        for other in self.otherwise:
            other.settle(today)
        for life in self._lives():
            life.settle(today)

    def sweep(self, today: date, *, disturbed: bool = False, alike: bool = True) -> None:
        """What the sweep does.

        Args:
            today: the day that begins.
            disturbed: something may fail this night.
            alike: the LMS has what is expected, so that what is changed here is changed there, now or later.
        """
        before = replace(deepcopy(self), otherwise=[]) if disturbed else None
        for other in self.otherwise:
            other.sweep(today, disturbed=disturbed, alike=alike)
        self._sweep(today, disturbed=disturbed, alike=alike)
        if before and before.account != self.account:
            self.otherwise.append(before)
        self.otherwise = [one for one in self.otherwise if (one.account, one._lives()) != (self.account, self._lives())]

    def _sweep(self, today: date, *, disturbed: bool, alike: bool) -> None:
        standing, known = self.standing(today), len(self.told)
        if standing is None:
            self.asked, self.noted = set(), None
            return
        self._look(standing, today)
        if alike:
            self._owed |= {news for news in self.told[known:] if news[2] == STAYS}
        if not disturbed and not self._is_held(standing):
            kept = {(standing.contract, standing.last_day, phase) for phase in (standing.phase, STAYS)}
            self.due |= {news for news in kept if news in self._owed or (news in self.told and news[2] in TOLD)}

    # What counts -----------------------------------------------------------------------------------------------

    def begun(self, today: date) -> date | None:
        """The first day of the present contract."""
        row = self._row(today)
        start: date | None = self.contracts[row[0]]["start"] if row else None
        return start

    def standing(self, today: date) -> Standing | None:
        """Where the service stands; None while there is no contract that counts and has begun."""
        row = self._row(today)
        counting = [self.contracts[key] for key in self._signed() if self.contracts[key]["status"] not in OVER]
        ahead = any(_is_ill(one) for one in counting if not _has_begun(one, today))
        if not row:
            return Standing("", None, RUNS, is_doubted=False, is_ill=True) if ahead else None
        present, deciding = self.contracts[row[0]], self.contracts[row[-1]]
        is_ill = _is_ill(present) or _is_ill(deciding) or ahead
        last_day = deciding["end"]
        phase = _phase(last_day, today) if last_day else RUNS
        doubts = [] if is_ill or phase == RUNS else [*self._doubts_of_salesforce(row[-1], today)]
        return Standing(row[-1], last_day, phase, bool(doubts), is_ill)

    def _row(self, today: date) -> list[str]:
        counting = self._counting(today)
        begun = [key for key in counting if _has_begun(self.contracts[key], today)]
        others = [key for key in begun if not self._is_added(key)]
        # An expansion says nothing about the end of another contract that is in force.
        if any(_last(self.contracts[key]) >= today for key in others):
            begun = others
        if not begun:
            return []
        row = [min(begun, key=lambda key: (-_first(self.contracts[key]).toordinal(), _last(self.contracts[key])))]
        while following := [key for key in counting if _follows(self.contracts[key], self.contracts[row[-1]])]:
            row.append(max(following, key=lambda key: _last(self.contracts[key])))
        return row

    def _counting(self, today: date) -> list[str]:
        signed = self._signed()
        alive = [key for key in signed if self.contracts[key]["status"] not in OVER]
        if any(_has_begun(self.contracts[key], today) for key in alive):
            return alive
        return signed

    def _is_added(self, key: str) -> bool:
        won = [
            one for one in self.opportunities.values() if one["stage"] == "Closed Won" and one.get("contract") == key
        ]
        return any(one["type"] == "Expansion" for one in won) and self.contracts[key]["status"] not in OVER

    def _signed(self) -> list[str]:
        return [key for key in self.contracts if self._is_signed(key)]

    def _is_signed(self, key: str) -> bool:
        won = any(one["stage"] == "Closed Won" and one.get("contract") == key for one in self.opportunities.values())
        return won or self.contracts[key]["status"] not in UNSIGNED

    # What is in doubt ------------------------------------------------------------------------------------------

    def _doubts_of_salesforce(self, deciding: str, today: date) -> Iterator[str]:
        terms, counting = self.contracts[deciding], self._counting(today)
        for key, one in self.opportunities.items():
            if one["type"] == "Renewal" and one["stage"] not in CLOSED:
                yield f"open renewal {key}"
        for key, other in self.contracts.items():
            if key == deciding:
                continue
            later = other["start"] is None or other["start"] > _first(terms)
            longer = _last(other) > terms["end"]
            if not self._is_signed(key) and later and longer:
                yield f"unsigned {key}"
            if key in counting and longer and _first(other) <= _first(terms):
                yield f"beside it {key}"
            if key in counting and not _has_begun(other, today) and 2 <= (other["start"] - terms["end"]).days <= SLIP:
                yield f"gap before {key}"

    def _doubts_elsewhere(self, last_day: date) -> Iterator[str]:
        set_day = self.company.last_day
        ahead = self.company.status == "scheduled" and set_day != last_day
        if ahead and not self._is_contracts(self.company):
            yield f"the LMS has {set_day}"
        for one in self.subscriptions.values():
            live = one["state"] in ("active", "canceled", "future")
            renews = one["state"] == "active" and one["renews"]
            if live and (renews or one["state"] == "future" or one["until"] > last_day + DAY):
                yield "Recurly"

    def _is_contracts(self, life: Life) -> bool:
        """Whose end it is."""
        if life.reason:
            return life.reason.startswith(OURS)
        return life.last_day in [one["end"] for one in self.contracts.values() if one["end"]]

    def _comes_back(self, life: Life, today: date) -> bool:
        """Only a renewal, or a contract that began or was extended after the end, brings somebody back (PUB-5)."""
        if life.status != "inactive":
            return False
        if life.reason:
            return life.reason.startswith(OURS)
        begun = self.begun(today)
        after = life.last_day is not None and begun is not None and begun > life.last_day
        if life is self.company:
            return after
        with_company = self.company.status == "inactive" and self.company.last_day == life.last_day
        return after and (with_company or self._is_contracts(life))

    def _is_off(self, today: date) -> bool:
        """Whether people ended the service: then its publications do not come back without it."""
        return self.company.status == "inactive" and not self._comes_back(self.company, today)

    def _is_deactivated(self, standing: Standing, today: date) -> bool:
        """Whether sales are asked about somebody whom people deactivated (PUB-5)."""
        if standing.is_ill or standing.phase == ENDED or standing.last_day is None:
            return False
        marked = self.account["cs_status"] == "Deactivated"
        if self.company.status != "inactive":
            return marked
        begun, last_day = self.begun(today), self.company.last_day
        signed_since = last_day is not None and begun is not None and begun > last_day and standing.phase == RUNS
        return self._is_off(today) and (marked or signed_since)

    # What is done ----------------------------------------------------------------------------------------------

    def _look(self, standing: Standing, today: date) -> None:
        if not self.asked and (self._seen(standing) == self.noted or not self._is_looked_at(standing, today)):
            return
        self.asked = set()
        if not self._is_held(standing) and self._is_deactivated(standing, today):
            self.asked.add(SALES)
        elif not self._is_held(standing):
            self._do(standing, today)
        elif self.account["company_known"]:
            self._hold(standing, today)
        else:
            self.asked.add(CS_OPS)
        self.noted = self._seen(standing)

    def _seen(self, standing: Standing) -> Standing:
        """What the sweep compares: who is marked as deactivated is asked about once for each contract and last day."""
        marked = self.account["cs_status"] == "Deactivated" and standing.phase != ENDED and not standing.is_ill
        return replace(standing, phase=MARKED, is_doubted=False) if marked else standing

    def _is_held(self, standing: Standing) -> bool:
        return not self.account["company_known"] or standing.is_ill or self._is_open(standing)

    def _is_open(self, standing: Standing) -> bool:
        """Whether a doubt stands: about an end that is near, and that has not happened already.

        The decision says "unless the service has ended already" of what is withdrawn; it is read of the asking too.
        """
        if standing.phase == RUNS or standing.last_day is None:
            return False
        gone = self.company.status == "inactive" and self._is_contracts(self.company)
        if standing.phase == ENDED and (gone or self.account["cs_status"] == "Deactivated"):
            return False
        return standing.is_doubted or any(self._doubts_elsewhere(standing.last_day))

    def _is_looked_at(self, standing: Standing, today: date) -> bool:
        ends = [one["end"] for one in self.contracts.values()]
        near = any(end is None or -CATCH_UP <= (end - today).days <= LOOK_AHEAD for end in ends)
        is_set = self.noted is not None and self.noted.phase != RUNS
        back = self.account["cs_status"] == "Deactivated" and standing.phase != ENDED
        return near or is_set or back or standing.is_ill

    def _hold(self, standing: Standing, today: date) -> None:
        for life in self._lives():
            if life.status == "scheduled" and self._is_contracts(life):
                life.patch(today, {"status": "active"})
        if standing.is_ill or standing.phase in ASKING:
            self.asked.add(SALES)

    def _do(self, standing: Standing, today: date) -> None:
        assert standing.last_day is not None
        news = (standing.contract, standing.last_day, standing.phase if standing.phase in TOLD else STAYS)
        was_on = self.company.status != "inactive"
        off = self._is_off(today) and standing.phase != ENDED
        if standing.phase == RUNS:
            changed = self._stay(today)
        else:
            ended_before = self.company.status == "inactive" and self.company.last_day != standing.last_day
            known = self.account["cs_status"] == "Deactivated" and all(
                one.status == "inactive" for one in self._lives()
            )
            back = self._end(standing.last_day, standing.phase, today)
            changed = back or standing.phase in TOLD
            # What is off already is not announced to end, and what everybody knows is not told again.
            if off or (standing.phase == ENDED and (known or (ended_before and not was_on))):
                return
        if changed or standing.phase == RUNS:
            self.possible.add(news)
        if changed and news not in self.told:
            self.told.append(news)

    def _stay(self, today: date) -> bool:
        off = self._is_off(today)
        back_again = [life for life in self._lives() if self._comes_back(life, today) and not off]
        planned = [life for life in self._lives() if life.status == "scheduled" and self._is_contracts(life)]
        ending = [*planned, *back_again]
        back = self._serve()
        for life in ending:
            life.patch(today, {"status": "active"})
        return bool(ending) or back

    def _serve(self) -> bool:
        """The decision speaks of CS Status in *runs* alone; PUB-5 asks for it whenever service goes on again."""
        back = bool(self.account["cs_status"] == "Deactivated")
        if back:
            self.account["cs_status"] = "Active"
        return back

    def _end(self, last_day: date, phase: str, today: date) -> bool:
        """Whether somebody is served again who had ended."""
        off = self._is_off(today)
        for life in [one for one in self._lives() if self._would_live_longer(one, last_day, phase, today, off=off)]:
            status = "inactive" if phase == ENDED else "active"
            life.patch(today, {"status": status, "last_day": last_day, "reason": OURS})
        if phase == ENDED:
            self.account["cs_status"] = "Deactivated"
            return False
        return self._serve()

    def _would_live_longer(self, life: Life, last_day: date, phase: str, today: date, *, off: bool) -> bool:
        """What a contract ended or set to end follows the contract; what anybody else did only where it is later."""
        if phase == ENDED:
            return life.status != "inactive"
        if life.status == "inactive":
            return self._comes_back(life, today) and not off
        if life.status == "active" or self._is_contracts(life):
            return True
        return life.status == "scheduled" and life.last_day is not None and life.last_day > last_day

    def _lives(self) -> list[Life]:
        return [self.company, *self.publications.values()]


def _phase(last_day: date, today: date) -> str:
    left = (last_day - today).days
    if left > LOOK_AHEAD:
        return RUNS
    if left > NOTICE:
        return ENDS
    return SOON if left > 0 else LAST if left == 0 else ENDED


def _first(terms: Fields) -> date:
    return terms["start"] or date.min


def _last(terms: Fields) -> date:
    return terms["end"] or date.max


def _has_begun(terms: Fields, today: date) -> bool:
    return _first(terms) <= today


def _is_ill(terms: Fields) -> bool:
    return terms["end"] is None or terms["end"] < _first(terms)


def _follows(later: Fields, earlier: Fields) -> bool:
    if earlier["end"] is None or later["start"] is None:
        return False
    no_day_between = later["start"] <= earlier["end"] + DAY
    return bool(later["start"] > _first(earlier) and _last(later) > earlier["end"] and no_day_between)
