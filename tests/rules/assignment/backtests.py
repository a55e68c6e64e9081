"""Replays of a period by hand: a team of two, and their sales."""

from datetime import date, timedelta
from decimal import Decimal

from rules.assignment.backtest import ClosedSale, replay
from tests.rules.builders.csms import HALF, HAND_OVER, SMB, TABLE, csm, user_id

START = date(2026, 6, 1)
ANA, BO = user_id(1), user_id(2)


def run(team, sales, segments=TABLE, weight=HALF):
    return replay(team, sales, start=START, segments=segments, weight_of_mrr=weight, hand_over=HAND_OVER)


def sale(day, mrr, csm_id, segment=SMB, account="001A"):
    return ClosedSale(START + timedelta(day), account, "Harbor Clinic", Decimal(mrr), segment, csm_id)


def two(**fields_of_bo):
    return [
        csm("Ana Diaz", 1, segments=("SMB",)),
        csm("Bo Li", 2, **{"segments": ("SMB",), "accounts": 1, "mrr": Decimal(3_000), "of": SMB} | fields_of_bo),
    ]
