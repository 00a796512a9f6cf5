"""Rules in memory: made and used by the book's own functions, held up or kept away as a test tells them."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from workflows import grants
from workflows.contracts import Bound, GrantUse, Leeway, Remembrance
from workflows.grants import Book, Claim, GrantQuery, Making
from workflows.ports import GrantPort

ALLOWED = Leeway(days=30, uses=50)
WISH = Remembrance(
    bounds=tuple(Bound(name=name) for name in ("amount", "source", "target")),
    condition="size(args) == 3",
    days=30,
    uses=2,
)


class MemoryGrants(GrantPort):
    """Takes every condition for fulfilled; it is none of the workflow's to read."""

    def __init__(self) -> None:
        self.book = Book()
        self.looks = 0
        self.away = False

    def _answer(self) -> None:
        if self.away:
            raise ApplicationError("Temporal is away.", type="unreachable")

    @activity.defn
    async def use_grant(self, query: GrantQuery) -> GrantUse | None:
        self.looks += 1
        self._answer()
        for grant in self.book.grants:
            if grants.fits(grant, query):
                claim = Claim(grant_id=grant.grant_id, approval_id=query.approval_id, most=50)
                self.book, use = grants.use(self.book, claim, query.now)
                return use
        return None

    @activity.defn
    async def make_grant(self, making: Making) -> str:
        self._answer()
        self.book, refusal = grants.make(self.book, grants.build_grant(making), making.now)
        return refusal or "The rule is made."
