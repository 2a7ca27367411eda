"""What a grant says of its place and its times can be asked for, in one value or two for each."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

from attrs import evolve

from ...members.model import EARLIEST, GRANTS, LATEST, MEMBERSHIPS, Grant, counts_from, counts_until, held_as
from ...storage.ports import After, Among, Before, OneOf, Open, Records, Store
from ...workspaces.model import WORKSPACES
from .expect import same
from .world import NOW, founded, grant, member, workspace

__all__ = ["Grants"]

_TICK = timedelta(microseconds=1)
_INSTANTS = [EARLIEST, EARLIEST + _TICK, NOW - _TICK, NOW, NOW + _TICK, LATEST - _TICK, LATEST]


class Grants:
    """What is stored of a grant beside its fields."""

    def test_a_grant_counts_from_its_start_until_its_end(self, store: Store) -> None:
        """To the microsecond, from the first year to the last, and always where it has neither start nor end."""
        world = founded(store)
        times = product([None, *_INSTANTS], repeat=2)
        given = [
            grant(world.member, f"role{number}", starts_at=start, ends_at=end)
            for number, (start, end) in enumerate(times)
        ]
        with store.command(world.tenant.id, gate=Open()) as tx:
            grants = tx.records(GRANTS)
            grants.remove(world.grant)
            grants.add(*given)
            for each in given:
                same(grants.get(each.id), each, "a grant comes back with its times")
            for at in _INSTANTS:
                counting = [each for each in given if counts_from(each) <= at < counts_until(each)]
                same(_at(grants, at), counting, f"those grants count that have begun and not ended, at {at}")
            for one, other in zip(given, reversed(given), strict=True):
                grants.save(evolve(one, starts_at=other.starts_at, ends_at=other.ends_at))
            changed = grants.list()
            counting = [each for each in changed if counts_from(each) <= NOW < counts_until(each)]
            same(_at(grants, NOW), counting, "a grant that was given other times counts by these")

    def test_a_grant_is_found_by_its_place_and_role_in_one(self, store: Store) -> None:
        """`held_as` is one text, so that one condition asks for several roles, each in its own place."""
        world = founded(store)
        bob, context = member(world.tenant), workspace(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            grants, members = tx.records(GRANTS), tx.records(MEMBERSHIPS)
            tx.records(WORKSPACES).add(context)
            members.add(bob)
            at_tenant, here = grant(bob, "viewer"), grant(bob, "viewer", context)
            grants.add(at_tenant, here)
            both = OneOf([held_as("viewer", None), held_as("viewer", world.workspace.id)])
            same(grants.list(held_as=both), [world.grant, at_tenant], "a role is found in the places that are asked")
            holding = Among(GRANTS, "membership_id", {"held_as": held_as("viewer", context.id)})
            same(members.list(id=holding), [bob], "a member is found by a role in a place")
            grants.save(evolve(here, role="editor"))
            same(members.list(id=holding), [], "a role that was changed is not found any more")
            edited = grants.list(held_as=held_as("editor", context.id))
            same([each.id for each in edited], [here.id], "a role that was changed is found as what it is now")


def _at(grants: Records[Grant], at: datetime) -> list[Grant]:
    return list(grants.list(counts_from=Before(at), counts_until=After(at)))
