"""The texts of an assignment as people read them, of plain values; the steps that show them need a server."""

from decimal import Decimal

from rules.assignment.choice import CsmChoice
from rules.common.records import Sale
from tasks.assignment.reports import _money, _percent, _terms, bars
from tasks.templates import render
from tests.rules.builders.csms import HALF, MID_MARKET, TABLE
from tests.rules.builders.snapshots import standing

LINKS = {"account_url": "https://acme.example/001", "opportunity_url": "https://acme.example/006"}
WHY, RUN = "https://p.example/why", "https://p.example/run"


def ranking(found: CsmChoice, remarks=(), **account) -> str:
    """The artifact that tells why."""
    return render(
        "csm_ranking.md",
        preview=False,
        account=standing(**account).account,
        account_url=LINKS["account_url"],
        mrr=Decimal(1_200),
        segment=MID_MARKET,
        segments=TABLE,
        choice=found,
        eligible=[one for one in found.ranking if not one.passed_over],
        passed_over=[one for one in found.ranking if one.passed_over],
        chart="data:image/svg+xml;base64,eA==",
        weight=HALF,
        remarks=remarks,
        money=_money,
        percent=_percent,
        terms=_terms,
    )


def message(sale: Sale | None, name: str = "Harbor Clinic", **values) -> str:
    """What the CSM and the team lead are told."""
    usual = {
        "account": standing(name=name).account,
        "csm": "Ana Diaz",
        "lead": "Tara Lead",
        "is_new": True,
        "mrr": Decimal("1200.5"),
        "sale": sale,
        "services": ("Learning", "Compliance") if sale else (),
        "level": "standard" if sale else None,
        "company_id": "48213",
        "billing_start": "2026-07-16" if sale else "",
        **LINKS,
        "ranking_url": WHY,
        "run_url": RUN,
    }
    return render("csm_assigned.slack", **usual | values)


def chart(found: CsmChoice) -> str:
    """The books before and after, as SVG."""
    return render("books_chart.svg", bars=bars(found))
