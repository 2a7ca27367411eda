"""What is asked through a door in one request: a first check, a page of members, and that an invitation is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, select

from tenantry.invitations import Accepted

from . import by_hand
from .doors import Door
from .statements import EVENTS, GRANTS, INVITATIONS, MEMBERS
from .timing import Pair, Timed
from .world import ADA, Offer, World

__all__ = ["MAY", "requests"]

MAY = "workspace-api:member:invite"
PAGE = 50
ACCEPTED_AT_ONCE = 8
OPEN = ("counts_from", "counts_until")  # of a grant without end: asyncpg writes infinity, which psycopg cannot read
# Never the same twice, as what happened when.
DIFFERENT = ("id", "membership_id", "sequence", "nonce", "epoch", "recent_sends", "written_in")
SEALS = ("key_id", "digest", "target_name", "personal")  # a host by hand needs none, and writes names as they are
LEFT_OUT = {*DIFFERENT, *SEALS}


def requests(door: Door, world: World, engine: Engine) -> Iterator[Pair]:
    """The pairs of one door."""
    yield _first_check(door, world)
    yield _member_page(door, world)
    yield _acceptance(door, world, engine)


def _first_check(door: Door, world: World) -> Pair:
    def both(workspace: str) -> tuple[Any, Any]:
        return (
            door.ours(lambda t: t.tenant(world.tenant_id, by=world.member).can(MAY, workspace=workspace)),
            door.by_hand(lambda: by_hand.allowed(world.tenant_id, world.member.user_id, MAY, workspace), writes=False),
        )

    for workspace, expected in zip(world.workspaces, [True, True, True, False], strict=False):
        assert [door.once(work) for work in both(workspace)] == [expected, expected]
    ours, hand = both(world.workspaces[0])
    return Pair(f"{door.name}: facts and first check", door.timed(ours), door.timed(hand))


def _member_page(door: Door, world: World) -> Pair:
    ours = door.ours(lambda t: t.tenant(world.tenant_id, by=ADA).members.list(limit=PAGE))
    hand = door.by_hand(lambda: by_hand.members(world.tenant_id, ADA.user_id, PAGE), writes=False)
    shown = [(m.user_id, m.name, m.status, [*m.roles], dict(m.workspaces)) for m in door.once(ours)]
    assert len(shown) == PAGE
    assert shown == [
        (m["user_id"], m["name"], m["status"], m["roles"], {id: tuple(roles) for id, roles in m["workspaces"].items()})
        for m in door.once(hand)
    ]
    return Pair(f"{door.name}: page of {PAGE} members", door.timed(ours), door.timed(hand))


def _acceptance(door: Door, world: World, engine: Engine) -> Pair:
    offers: list[Offer] = []

    def accepted(tenancy: Any) -> Any:
        offer = offers.pop()
        return tenancy.person(offer.guest).accept(offer.token)

    def accepted_by_hand() -> by_hand.Steps:
        offer = offers.pop()
        guest = {"user_id": offer.guest.user_id, "email": str(offer.guest.email), "name": str(offer.guest.name)}
        return by_hand.accept(engine.dialect.name, world.tenant_id, offer.invitation_id, guest)

    def invited(timed: Timed) -> Timed:
        def after_inviting(calls: int) -> float:
            offers.extend(world.offer() for _ in range(calls))
            return timed(calls)

        return after_inviting

    ours, hand = door.ours(accepted), door.by_hand(accepted_by_hand, writes=True)
    traces = []
    for work in (ours, hand):
        offer = world.offer()
        offers.append(offer)
        result = door.once(work)
        assert isinstance(result, Accepted) == (work is ours)
        traces.append(_trace(engine, offer))
    assert traces[0] == traces[1]
    return Pair(
        f"{door.name}: an invitation is accepted",
        invited(door.timed(ours)),
        invited(door.timed(hand)),
        most=ACCEPTED_AT_ONCE,
    )


def _trace(engine: Engine, offer: Offer) -> list[list[str]]:
    """What is stored of somebody who has accepted, without what is never the same twice."""
    user = offer.guest.user_id
    named = MEMBERS.c.user_id == user
    queries = [
        MEMBERS.select().where(named),
        select(*(column for column in GRANTS.c if column.name not in OPEN)).where(
            GRANTS.c.membership_id.in_(select(MEMBERS.c.id).where(named))
        ),
        INVITATIONS.select().where(INVITATIONS.c.id == offer.invitation_id),
        EVENTS.select().where(EVENTS.c.principal == user),
    ]
    with engine.connect() as connection:
        found = [connection.execute(query).mappings().all() for query in queries]
    return [
        sorted(
            str({name: value for name, value in row.items() if name not in LEFT_OUT and not name.endswith("_at")})
            .replace(offer.invitation_id, "…")
            .replace(user, "guest")
            for row in rows
        )
        for rows in found
    ]
