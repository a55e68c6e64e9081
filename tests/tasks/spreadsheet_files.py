"""Spreadsheets as other programs write them, built part by part."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def text_row(number: int, *cells: str, attributes: str = "") -> str:
    """A row of texts, as XML."""
    inner = "".join(
        f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        for place, cell in enumerate(cells)
    )
    return f'<row r="{number}" {attributes}>{inner}</row>'


HEADER = text_row(1, "Account", "New CSM", "Reason")


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    """A worksheet, as XML."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def relations(related: Mapping[str, tuple[str, str]]) -> str:
    """What a part refers to, as XML: kind and target by id."""
    inner = "".join(
        f'<Relationship Id="{place}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for place, (kind, target) in related.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{inner}</Relationships>'


def xlsx(
    *sheets: str,
    names: Iterable[str] = (),
    parts: Mapping[str, str | bytes] | None = None,
    kind: str = "sheet.main+xml",
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook of these worksheets, with other parts beside or instead of its own."""
    titles = [*names, *(f"Sheet{number}" for number in range(1, len(sheets) + 1))][: len(sheets)]
    listed = "".join(f'<sheet name={quoteattr(title)} sheetId="{n}" r:id="r{n}"/>' for n, title in enumerate(titles, 1))
    related = {f"r{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
    override = f'<Override PartName="/xl/workbook.xml" ContentType="application/{kind}"/>'
    own = {
        "[Content_Types].xml": f"<Types>{override}</Types>",
        "_rels/.rels": relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(related),
        **{f"xl/worksheets/sheet{n}.xml": one for n, one in enumerate(sheets, 1)},
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in own.items():
            archive.writestr(name, content)
    return out.getvalue()
