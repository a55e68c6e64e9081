"""Every account of Recurly in little memory: about 100 bytes for each."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from zlib import crc32

from blocks.recurly.responses import Account
from rules.common.records import RecurlyAccount
from tasks.recurly.accounts import CLOSED

_OPEN, _CLOSED = "o", "c"


class RecurlyIndex:
    """Finds accounts by their id and by their code.

    Args:
        accounts: as the client lists them.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._rows = sorted(map(_row, accounts))
        """`code NUL id NUL state NUL company`, in the order of the codes: neither code nor id has a NUL."""
        self._ids = array("Q", sorted(_entry(row, place) for place, row in enumerate(self._rows)))
        """The checksum of an account's id in the upper 32 bits, the place of its row in the lower ones."""

    def __len__(self) -> int:
        return len(self._rows)

    def of_client(self, account_id: str, recurly_id: str | None) -> tuple[RecurlyAccount, ...]:
        """The account whose code is the client's Salesforce id, and the one with the id on the Salesforce account."""
        found = [*self._by_code(account_id), *(self._by_id(recurly_id) if recurly_id else ())]
        return tuple(dict.fromkeys(found))

    def _by_code(self, code: str) -> Iterator[RecurlyAccount]:
        start = f"{code}\0".encode()
        place = bisect_left(self._rows, start)
        if place < len(self._rows) and self._rows[place].startswith(start):
            yield _account(self._rows[place])

    def _by_id(self, recurly_id: str) -> Iterator[RecurlyAccount]:
        checksum = crc32(recurly_id.encode())
        place = bisect_left(self._ids, checksum << 32)
        while place < len(self._ids) and self._ids[place] >> 32 == checksum:
            account = _account(self._rows[self._ids[place] & 0xFFFF_FFFF])
            if account.id == recurly_id:
                yield account
            place += 1


def _row(account: Account) -> bytes:
    state = _CLOSED if account["state"] == CLOSED else _OPEN
    return "\0".join((account["code"] or "", account["id"] or "", state, account["company"] or "")).encode()


def _entry(row: bytes, place: int) -> int:
    return crc32(row.split(b"\0", 2)[1]) << 32 | place


def _account(row: bytes) -> RecurlyAccount:
    code, number, state, company = row.decode().split("\0", 3)
    return RecurlyAccount(id=number, code=code, company=company or None, is_open=state == _OPEN)
