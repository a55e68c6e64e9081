"""The team lead's workbook from a shell, empty and filled in, before anything moves (TRN-2)."""

from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console

from deployments.commands.transition import copy_for_worker, plan_transition, write_template
from deployments.commands.transition_view import checked_copy, show_moves, states
from rules.transition.match import match
from rules.transition.rows import COLUMNS, RowFault
from tests.rules.builders.matching import ACME, KIM, PAT, row


def filled_in(folder, *rows):
    target = folder / "accounts.xlsx"
    assert write_template(target) == 0
    book = load_workbook(target)
    for number, cells in enumerate(rows, 2):
        for place, cell in enumerate(cells, 1):
            book.worksheets[0].cell(number, place, cell)
    book.save(target)
    return target


def test_trn_2_the_template_is_written_once_and_overwrites_nothing(tmp_path, capsys):
    target = tmp_path / "accounts.xlsx"
    assert write_template(target) == 0
    assert [cell.value for cell in load_workbook(target).worksheets[0][1]] == list(COLUMNS)
    before = target.read_bytes()
    assert write_template(target) == 1
    assert target.read_bytes() == before
    assert "exists already" in capsys.readouterr().out


def test_trn_2_a_place_that_is_not_there_is_told(tmp_path, capsys):
    assert write_template(tmp_path / "nowhere" / "accounts.xlsx") == 1
    assert "cannot be written: No such file" in capsys.readouterr().out


def test_trn_2_moves_and_faults_are_shown_with_their_rows():
    moves, faults = match([row(), row("Zzz", number=3)], [ACME], [PAT, KIM])
    text = StringIO()
    show_moves(moves, faults, Console(file=text, width=160))
    lines = [" ".join(line.replace("│", " ").split()) for line in text.getvalue().splitlines()]
    assert "2 Acme Clinics Pat Lee Kim Roe Lena Lead 2026-12-01 Let the system decide" in lines
    assert "Row 3, Account: Salesforce has no account Zzz." in lines
    assert "Rows matched: 1, not ready: 1. Nothing was written to Salesforce." in lines
    assert "1 rows are not checked yet: " in lines[-1]


def test_trn_2_the_worker_finds_a_copy_of_the_workbook_in_its_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LIFECYCLE_WORKBOOKS", str(tmp_path / "workbooks"))
    (tmp_path / "book.csv").write_bytes(b"Account\n")
    copy = copy_for_worker(tmp_path / "book.csv")
    assert copy is not None
    assert (copy.parent, copy.read_bytes()) == (tmp_path / "workbooks", b"Account\n")
    assert copy_for_worker(copy) == copy
    assert copy_for_worker(tmp_path / "nowhere.csv") is None
    assert "No such file" in capsys.readouterr().out


def test_trn_2_every_fault_of_a_row_stands_beside_it():
    faults = [RowFault(4, "Account", "one."), RowFault(4, "", "two.")]
    assert states([], faults) == {4: ("not ready", "Account: one. two.")}


@pytest.mark.flows
async def test_trn_2_a_workbook_is_looked_at_and_nothing_is_written(people, sandbox, tmp_path, capsys):
    lead = people.create("User", FirstName="Tess", LastName="Lead", Email="tess@team.example", Username="tess@team.x")
    csm = {"CS_Role__c": "CSM", "ManagerId": lead, "LastName": "Mover", "FirstName": "Mo"}
    people.create("User", **csm, Email="mo@team.example", Username="mo@team.x")
    people.create("Account", Name="Wandering Clinic", CS_Status__c="Active")
    workbook = filled_in(
        tmp_path, ["Wandering Clinic", "mo@team.example", "Leave"], ["Wandering Clinics", "mo@team.example", "Vacation"]
    )
    since = sandbox.last()
    assert await plan_transition(workbook) == 1
    assert sandbox.effects(since=since) == []
    said = " ".join(capsys.readouterr().out.split())
    assert "Rows matched: 1, not ready: 1." in said
    assert "Row 3, Reason: 'Vacation' is none of" in said
    copy = load_workbook(checked_copy(workbook)).worksheets[0]
    assert copy["H2"].value.startswith("Wandering Clinic goes to Mo Mover. ")
    assert [(line[6].value, line[7].value) for line in copy.iter_rows(min_row=2)] == [
        ("not checked yet", copy["H2"].value),
        ("not ready", copy["H3"].value),
    ]


@pytest.mark.flows
@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK nonsense", "The file is damaged"), (b"a,b\n1,2\n", "Row 1, Account: there is no column"), (None, "No such")],
)
async def test_trn_2_a_file_that_is_no_workbook_is_told_in_words(tmp_path: Path, capsys, content, said):
    workbook = tmp_path / "accounts.csv"
    if content is not None:
        workbook.write_bytes(content)
    assert await plan_transition(workbook) == 1
    assert said in " ".join(capsys.readouterr().out.split())
    assert not checked_copy(workbook).exists()
