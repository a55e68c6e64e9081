"""What a check of the contract works with: records of its own, with names that nobody else has."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from string import ascii_lowercase
from typing import Any

from deployments.contract.server import Mismatch, Reply, Server
from rules.common.ids import to18

ACCOUNTS = "001zz"
"""The beginning of the account ids of these checks. They come after those of Salesforce."""
NAME = "Contract test"
"""The beginning of the names of companies and publications."""


class Blocked(Exception):
    """Raised when another call than the one that is checked does not work."""


@dataclass
class Trial:
    """The records of one check.

    Attributes:
        server: the server under test.
        operation: the operationId that is checked.
        name: a text of 8 letters and digits, unlike that of every other check and of every other run.
        companies: the ids of the companies that the check created.
        publications: the same of publications.
    """

    server: Server
    operation: str
    name: str
    companies: set[str] = field(default_factory=set)
    publications: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def call(self, *values: str, **request: Any) -> Reply:
        """Make the call that is checked; the arguments as in `Server.call`, without the operation."""
        return self._noted(await self.server.call(self.operation, *values, **request))

    async def given(self, operation: str, *values: str, **request: Any) -> Any:
        """The body of another call, which must succeed.

        Raises:
            Blocked: it does not.
        """
        try:
            return self._noted(await self.server.call(operation, *values, **request)).expect(200, 201)
        except Mismatch as mismatch:
            raise Blocked(str(mismatch)) from None

    async def given_company(self, **changes: str) -> Mapping[str, str]:
        """Sign up a company: `companyId` and `userId`.

        Raises:
            Blocked: the sign-up does not work.
        """
        signed: Mapping[str, str] = await self.given("signUp", data=self.form(**changes), idempotency_key=self.key())
        return signed

    async def given_publication(self, company_id: str, **changes: Any) -> Mapping[str, Any]:
        """Create a publication of a company.

        Raises:
            Blocked: that does not work.
        """
        body = self.publication(company_id, **changes)
        created: Mapping[str, Any] = await self.given("createPublication", json=body, idempotency_key=self.key())
        return created

    def form(self, **changes: str) -> dict[str, str]:
        """A sign-up of a new account with a new address."""
        usual = {
            "accountId": self.account(),
            "companyName": f"{NAME} {self.name} A&B = 100 % Söhne",
            "firstName": "Jane",
            "lastName": "O'Neill",
            "phone": "+1 212 555 0100",
            "email": self.email(),
            "password": f"Not-A-Password-{self.name}",
            "userCount": "26",
            "locationCount": "2",
            "planAmount": "1250.10",
            "billingStartDate": "2026-01-16",
        }
        return usual | changes

    def publication(self, company_id: str, **changes: Any) -> dict[str, Any]:
        """A publication with a new name."""
        usual = {
            "organizationName": f"{NAME} {self.name}",
            "publicationName": f"North {next(self._numbers)}",
            "companyId": company_id,
            "details": {"products": ["Learning"], "userCount": 40},
        }
        return usual | changes

    def key(self) -> str:
        """A new idempotency key."""
        return f"contract-test:{self.name}:{next(self._numbers)}"

    def email(self) -> str:
        """A new address, to which no mail is sent."""
        return f"contract-test-{self.name}-{next(self._numbers)}@no-welcome.invalid"

    def account(self, end: str = "") -> str:
        """The id of an account.

        Args:
            end: its last two characters before the checksum; without them it is a new one.
        """
        return to18(f"{ACCOUNTS}{self.name}{end or self._two_letters()}", "001")

    @property
    def active(self) -> int:
        """The number of records whose service has not been ended by `clean_up`."""
        return len(self.companies) + len(self.publications)

    async def clean_up(self) -> None:
        """End the service of everything that was created."""
        for operation, ids in (("updatePublication", self.publications), ("updateCompany", self.companies)):
            for record_id in sorted(ids):
                with suppress(Mismatch):
                    (await self.server.call(operation, record_id, json={"status": "inactive"})).expect(200)
                    ids.discard(record_id)

    def _two_letters(self) -> str:
        """The next of 676."""
        tens, ones = divmod(next(self._numbers), len(ascii_lowercase))
        return ascii_lowercase[tens] + ascii_lowercase[ones]

    def _noted(self, reply: Reply) -> Reply:
        kinds = {"signUp": ("companyId", self.companies), "createPublication": ("id", self.publications)}
        if reply.operation.id in kinds and reply.status in (200, 201) and isinstance(reply.body, dict):
            name, ids = kinds[reply.operation.id]
            if record_id := reply.body.get(name):
                ids.add(str(record_id))
        return reply


@dataclass(frozen=True)
class Check:
    """One promise of the contract.

    Attributes:
        operation: an operationId.
        name: of the function that checks it.
        expects: the promise.
        advice: what to change if it is not kept.
        run: checks it.
    """

    operation: str
    name: str
    expects: str
    advice: str
    run: Callable[[Trial], Awaitable[None]]


def check(operation: str, expects: str, *, advice: str) -> Callable[[Callable[[Trial], Awaitable[None]]], Check]:
    """Make a check of a function."""
    return lambda run: Check(operation, run.__name__, expects, advice, run)
