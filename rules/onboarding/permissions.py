"""Which modules a company gets: the matrix of products and service levels that CS Ops edit (ONB-13)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.common.scope import CRED_SERV
from rules.common.service_level import LEVELS
from rules.common.text import normalize, strip

Matrix = Mapping[tuple[str, str], tuple[str, ...]]
"""(product as the workbook names it, level) → module ids, sorted."""

PRODUCT = "Product"
COLUMNS = (PRODUCT, *LEVELS)
NO_MODULES = "-"

_SEPARATORS = re.compile(r"[,;\r\n]+")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HEADER_ROW = 1


class UnknownProduct(LookupError):
    """Raised when a product has no cell in the matrix; the review reports it before."""


@dataclass(frozen=True)
class MatrixFault:
    """A fault in one cell of the workbook; `row` counts from 1, the header."""

    row: int
    column: str
    message: str


def parse_matrix(rows: Sequence[Mapping[str, str]]) -> tuple[Matrix, tuple[MatrixFault, ...]]:
    """Parse the workbook; return the matrix and every fault (ONB-13).

    The modules of a cell are separated by commas, semicolons or line breaks; `-` means none. Case and spacing of
    headers and products do not count; other columns and blank rows are ignored. A fault in the headers ends it.
    """
    faults = list(_header_faults(rows))
    if faults:
        return {}, tuple(faults)
    matrix: dict[tuple[str, str], tuple[str, ...]] = {}
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, _HEADER_ROW + 1):
        cells = {normalize(header): strip(cell) for header, cell in row.items()}
        if any(cells.values()):
            faults.extend(_read_row(number, cells, seen, matrix))
    return matrix, tuple(faults)


def products(matrix: Matrix) -> frozenset[str]:
    """Return the products of the matrix, in the spelling of the workbook."""
    return frozenset(product for product, _ in matrix)


def modules_for(contract_products: Iterable[str], level: str, matrix: Matrix) -> tuple[str, ...]:
    """Return the modules of all products, sorted; Credentialing Service has none (ONB-13).

    Raises:
        UnknownProduct: a product is not in the matrix at that level.
    """
    cells = {(normalize(product), known): modules for (product, known), modules in matrix.items()}
    modules: set[str] = set()
    for product in contract_products:
        if not strip(product) or normalize(product) == normalize(CRED_SERV):
            continue
        if (normalize(product), level) not in cells:
            raise UnknownProduct(f"The permission matrix has no modules for {product} at the level {level}.")
        modules.update(cells[normalize(product), level])
    return tuple(sorted(modules))


def with_choices(matrix: Matrix, chosen: Mapping[str, str]) -> Matrix:
    """Return the matrix with the products that CS Operations have decided about.

    Args:
        matrix: from the workbook.
        chosen: normalized name of a product that the matrix lacks → the product whose modules it gets, or `NO_MODULES`.
            A product that is in the matrix by now keeps its modules.
    """
    like = {normalize(name): name for name in products(matrix)}
    whole = dict(matrix)
    for product, known in chosen.items():
        for level in () if product in like else LEVELS:
            if known == NO_MODULES:
                whole[product, level] = ()
            elif (cell := (like.get(normalize(known), normalize(known)), level)) in whole:
                whole[product, level] = whole[cell]
    return whole


def _header_faults(rows: Sequence[Mapping[str, str]]) -> Iterator[MatrixFault]:
    """Yield the columns that are missing or exist twice, or that there are no products."""
    headers = [normalize(header) for header in {header: None for row in rows for header in row}]
    if not any(strip(cell) for row in rows for cell in row.values()):
        yield MatrixFault(_HEADER_ROW, PRODUCT, "the workbook has no products: enter one a row")
        return
    for column in COLUMNS:
        if headers.count(normalize(column)) != 1:
            what = "is missing" if normalize(column) not in headers else "is there more than once"
            yield MatrixFault(_HEADER_ROW, column, f"the column {what}: one column of this name is needed")


def _read_row(
    number: int,
    cells: Mapping[str, str],
    seen: dict[str, int],
    matrix: dict[tuple[str, str], tuple[str, ...]],
) -> Iterator[MatrixFault]:
    """Add the valid cells of a row to the matrix; yield the faults of the others."""
    product = " ".join(cells.get(normalize(PRODUCT), "").split())
    if not product:
        yield MatrixFault(number, PRODUCT, "the product's name is missing")
        return
    first = seen.setdefault(normalize(product), number)
    if first != number:
        yield MatrixFault(number, PRODUCT, f"{product} is in row {first} already: keep one of the two rows")
        return
    for level in LEVELS:
        modules, wrong = _modules(cells.get(level, ""))
        if wrong:
            yield MatrixFault(number, level, wrong)
        else:
            matrix[product, level] = modules


def _modules(cell: str) -> tuple[tuple[str, ...], str]:
    """Return the modules of a cell, sorted, and its fault; "" for none."""
    if cell == NO_MODULES:
        return (), ""
    modules = [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]
    if not modules:
        return (), f"the cell is empty: enter module ids, or {NO_MODULES} for no modules"
    wrong = [module for module in modules if not _MODULE.fullmatch(module)]
    if wrong:
        return (
            (),
            f"{wrong[0]!r} is not a module id: letters, digits, dots, dashes and underscores, no spaces",
        )
    return tuple(sorted(set(modules))), ""
