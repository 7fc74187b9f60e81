"""What the picture of an area is made of: people with a function, posts of the UN side, mechanisms, gaps (§4; K1)."""

from dataclasses import dataclass, field
from datetime import date

from areas.models import Area
from organisations.models import Membership, Organisation

from .models import Assignment, Mechanism


@dataclass(frozen=True)
class Gap:
    """What is missing: a code (no_mechanism, no_representative, or a function), whose community, and the sentence.

    `only_reinforced`: normal implementation does not ask for it (§4, table; annex).
    """

    code: str
    text: str
    community: str = ""
    only_reinforced: bool = False

    def __str__(self):
        return str(self.text)


@dataclass
class Holder:
    """Somebody who has a function in an area, by an assignment, or by a role alone (then `assignment` is None)."""

    function: str
    area: Area
    assignment: Assignment | None
    membership: Membership | None
    since: date
    is_stale: bool = False
    also: list[tuple[str, Area]] = field(default_factory=list)  # other functions and areas of the same person

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody recorded it; else it follows from the role alone."""
        return self.assignment is not None

    @property
    def user_id(self) -> int | None:
        """Whose account it is, if any."""
        return self.membership.user_id if self.membership else None

    @property
    def name(self) -> str:
        """Of the person, or of a centre."""
        return (self.assignment and self.assignment.name) or str(self.membership.user)

    @property
    def email(self) -> str:
        """Where to write: what was recorded for the function, else the person's own."""
        own = self.membership.user.email if self.membership else ""
        return (self.assignment and self.assignment.email) or own

    @property
    def phone(self) -> str:
        """What to call, if it was recorded."""
        return self.assignment.phone if self.assignment else ""

    @property
    def organisation(self) -> str:
        """For whom they work, if they have an account."""
        return self.membership.organisation.name if self.membership else ""

    @property
    def confirmed_on(self) -> date | None:
        """When somebody last said that it is still so."""
        return self.assignment.confirmed_on if self.assignment else None

    @property
    def confirmed_by(self) -> str:
        """Who said so."""
        return str(self.assignment.confirmed_by) if self.assignment else ""

    @property
    def person(self) -> tuple:
        """What two rows about one person have in common; a name without an address is nobody in particular."""
        if self.membership:
            return (self.membership.user_id,)
        return (self.email, self.name.casefold()) if self.email else (self.assignment.ref,)


@dataclass
class Post:
    """One function on the UN side with whoever has it."""

    function: str
    holders: list[Holder]
    gap: Gap | None = None

    @property
    def label(self) -> str:
        """The function in words."""
        return Assignment.Function(self.function).label


@dataclass
class Voice:
    """How a community is organised: a mechanism that was recorded, or a platform that has a representative (then
    `mechanism` is None)."""

    mechanism: Mechanism | None
    name: str
    community: str
    area: Area
    since: date
    organisation: Organisation | None
    representatives: list[Holder]
    is_stale: bool = False

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody recorded it; else it follows from the role of its representatives."""
        return self.mechanism is not None

    @property
    def kind_label(self) -> str:
        """Which of the three it is (§4, table)."""
        return (Mechanism.Kind(self.mechanism.kind) if self.mechanism else Mechanism.Kind.PLATFORM).label

    @property
    def place(self) -> str:
        """Of which place below the area; empty: all of it."""
        return self.mechanism.place if self.mechanism else ""

    @property
    def confirmed_on(self) -> date | None:
        """When somebody last said that it is still so."""
        return self.mechanism.confirmed_on if self.mechanism else None


@dataclass
class Side:
    """One community with its mechanisms."""

    community: str
    voices: list[Voice]
    gaps: list[Gap]

    @property
    def label(self) -> str:
        """The community in words."""
        return Mechanism.Community(self.community).label


@dataclass
class Picture:
    """Who is there in one area on one day."""

    area: Area
    on: date
    posts: list[Post]
    sides: list[Side]

    def gaps_at(self, *, is_reinforced: bool) -> list[Gap]:
        """What is missing at a level of implementation, which the caller knows (§4, table; L7)."""
        found = [gap for side in self.sides for gap in side.gaps] + [post.gap for post in self.posts if post.gap]
        return [gap for gap in found if is_reinforced or not gap.only_reinforced]

    @property
    def gaps(self) -> list[str]:
        """What is missing at any level, as sentences."""
        return [gap.text for gap in self.gaps_at(is_reinforced=False)]

    @property
    def vacancies(self) -> list[str]:
        """The functions of the UN side that nobody has, as far as any level asks for them."""
        return [post.label for post in self.posts if post.gap and not post.gap.only_reinforced]

    def post(self, function: str) -> Post:
        """The post of one function."""
        return next(post for post in self.posts if post.function == function)

    def side(self, community: str) -> Side:
        """One community."""
        return next(side for side in self.sides if side.community == community)

    @property
    def voices(self) -> list[Voice]:
        """The mechanisms of both communities."""
        return [voice for side in self.sides for voice in side.voices]

    @property
    def holders(self) -> list[Holder]:
        """Everybody who is there."""
        of_posts = [row for post in self.posts for row in post.holders]
        return of_posts + [row for voice in self.voices for row in voice.representatives]

    @property
    def stale(self) -> int:
        """How many rows nobody confirmed for too long."""
        return sum(row.is_stale for row in (*self.holders, *self.voices))

    @property
    def unconfirmed(self) -> int:
        """How many people and platforms are known from a role alone."""
        return sum(not row.is_confirmed for row in (*self.holders, *self.voices))
