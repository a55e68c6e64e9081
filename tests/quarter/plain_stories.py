"""Stories in which nothing is in doubt: contracts end, are renewed in every way, and their ends move."""

from tests.quarter.telling import BEFORE, YEAR, Teller, kind


@kind
def the_contract_ends(t: Teller) -> None:
    t.serve()


@kind
def it_ended_before_the_first_night(t: Teller) -> None:
    t.end = -t.rng.randint(1, 6)
    t.serve()


@kind
def renewed_before_anything_was_set(t: Teller) -> None:
    t.end = t.rng.randint(32, t.days + 20)
    t.serve()
    t.renewed(t.between(0, t.end - 31), t.end + 1 - t.rng.choice((0, 0, 5, 40)))


@kind
def renewed_when_the_last_day_was_set(t: Teller) -> None:
    t.end = t.rng.randint(15, t.days + 12)
    t.serve()
    t.renewed(t.between(t.end - 30, t.end - 15), t.end + 1 - t.rng.choice((0, 0, 5, 40)))


@kind
def renewed_in_the_last_days(t: Teller) -> None:
    t.serve()
    t.renewed(t.between(t.end - 14, t.end - 1), t.end + 1)


@kind
def renewed_on_the_last_day(t: Teller) -> None:
    t.serve()
    t.renewed(t.end, t.end + 1)


@kind
def renewed_late_without_a_break(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 10))
    t.serve()
    t.renewed(t.end + t.rng.randint(1, 25), t.end + 1)


@kind
def renewed_late_from_that_day_on(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 10))
    t.serve()
    day = t.end + t.rng.randint(2, 25)
    t.renewed(day, day)


@kind
def renewed_late_for_a_later_day(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 15))
    t.serve()
    day = t.end + t.rng.randint(1, 10)
    t.renewed(day, day + t.rng.randint(2, 10))


@kind
def renewed_weeks_after_the_window(t: Teller) -> None:
    t.end = t.rng.randint(-5, 10)
    t.serve()
    day = t.end + t.rng.randint(33, 50)
    t.renewed(day, day + t.rng.choice((-10, 0, 5)))


@kind
def renewed_after_a_short_break(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 15))
    t.serve()
    t.renewed(t.between(t.end - 40, t.end), t.end + t.rng.randint(2, 31))


@kind
def renewed_after_a_long_break(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 35))
    t.serve()
    t.renewed(t.between(t.end - 40, t.end), t.end + t.rng.randint(32, 45))


@kind
def renewed_for_a_few_weeks(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 20))
    t.serve()
    t.renewed(t.between(t.end - 25, t.end), t.end + 1, t.rng.randint(8, 40))


@kind
def renewed_twice_long_ago(t: Teller) -> None:
    t.serve()
    t.contract(BEFORE, "B", t.end + 1, t.end + YEAR)
    t.contract(BEFORE, "C", t.end + YEAR + 1, t.end + 2 * YEAR)


@kind
def the_end_moves_out_of_the_window(t: Teller) -> None:
    t.serve()
    t.does(t.between(t.end - 30, t.end), "contract", "A", end=t.day(t.end + t.rng.randint(60, 400)))


@kind
def the_end_moves_a_little_later(t: Teller) -> None:
    t.serve()
    t.does(t.between(t.end - 30, t.end), "contract", "A", end=t.day(t.end + t.rng.randint(1, 20)))


@kind
def the_end_moves_later_when_it_is_over(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 20))
    t.serve()
    day = t.end + t.rng.randint(1, 10)
    t.does(day, "contract", "A", end=t.day(day + t.rng.randint(3, 60)))


@kind
def the_end_moves_earlier(t: Teller) -> None:
    t.end = t.rng.randint(25, t.days + 30)
    t.serve()
    t.does(t.between(0, t.end - 20), "contract", "A", end=t.day(t.end - t.rng.randint(1, 18)))


@kind
def the_end_moves_to_a_past_day(t: Teller) -> None:
    t.end = t.rng.randint(20, t.days + 30)
    t.serve()
    day = t.between(8, min(t.end - 1, t.days - 2))
    t.does(day, "contract", "A", end=t.day(day - t.rng.randint(1, 7)))


@kind
def the_end_moves_to_and_fro(t: Teller) -> None:
    t.end = t.rng.randint(20, t.days)
    t.serve()
    t.does(t.between(t.end - 28, t.end - 15), "contract", "A", end=t.day(t.end + 90))
    t.does(t.between(t.end - 14, t.end - 1), "contract", "A", end=t.day(t.end))
