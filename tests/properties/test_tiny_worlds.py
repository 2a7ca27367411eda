"""Tiny worlds, all of them: what random ones may leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, product
from typing import TypeVar

from tenantry import (
    SYSTEM,
    Access,
    Level,
    MembershipStatus,
    Permission,
    Role,
    Scheme,
    TenantStatus,
    WorkspaceStatus,
    schemes,
)
from tenantry.access.model import Facts
from tenantry.access.policy import decide
from tenantry.access.scheme.catalogue import OWN
from tenantry.access.scheme.inheritance import index, lineage, merge
from tests.properties import naive
from tests.properties.worlds import GONE, OFF, TENANT, TICK, WORKSPACE, Question
from tests.unit.access.facts import ADA, NOW, facts, grant

T = TypeVar("T")

READ, SEND, SPEND = "page:list:read", "page:list:send", "mail:list:send"
TINY = Scheme(
    "tiny",
    (
        Role("owner", TENANT, ["*:*:*"], acts_as="admin"),
        Role("lead", TENANT, [SPEND], acts_as="viewer"),
        Role("member", TENANT),
        Role("admin", WORKSPACE, [SEND]),
        Role("viewer", WORKSPACE, ["page:*:read"]),
    ),
    owner_role="owner",
    member_role="member",
    permissions=[
        Permission(SPEND, TENANT),
        Permission(READ, WORKSPACE),
        Permission(SEND, WORKSPACE, implies=[READ]),
    ],
)
ASKED: Sequence[Question] = [(SPEND, None), (OWN, None), (READ, "ws_a"), (SEND, "ws_a"), (READ, "ws_b")]


def test_three_ways_to_decide_agree_whatever_is_switched_off() -> None:
    """PE-11: one workspace, each grant or not, each thing switched off, missing or not."""
    grants = [
        grant("admin"),
        grant("member", starts_at=NOW),
        grant("owner", ends_at=NOW),
        grant("admin", "ws_a", starts_at=NOW + TICK),
        grant("viewer", "ws_a"),
    ]
    asked: Sequence[Question] = [
        ("tenant-api:member:invite", None),
        (OWN, None),
        ("workspace-api:settings:update", "ws_a"),
        ("workspace-api:workspace:read", "ws_a"),
    ]
    counts = [
        agreeing(schemes.AGENCY, facts(chosen, by=by, tenant=tenant, member=member, workspaces=workspaces), asked)
        for by, tenant, member, workspaces, chosen in product(
            [ADA, OFF, SYSTEM],
            [*TenantStatus, None],
            [*MembershipStatus, None],
            [{}, *({"ws_a": state} for state in WorkspaceStatus)],
            subsets(grants),
        )
    ]
    assert len(counts) == 3**3 * 5 * 2**5
    assert 0 < sum(counts) < len(counts) * len(asked)


def test_three_ways_to_decide_agree_however_two_custom_roles_are_bound() -> None:
    """AC-18, AC-22, PE-12: also in circles, across levels, to the owners' role and to what is gone."""
    grants = [grant("rol_a"), grant("rol_a", "ws_a"), grant("lead", ends_at=NOW)]
    given = [(each, chosen) for each in tiny_roles() for chosen in subsets(grants)]
    counts = [agreeing(TINY, facts(chosen, roles=roles), ASKED) for roles, chosen in given]
    assert len(counts) == 2 * 3 * 6 * 5 * 2 * 3 * 3 * 2**3
    assert 0 < sum(counts) < len(counts) * len(ASKED)


def tiny_roles() -> Iterator[Sequence[Role]]:
    """Of two custom roles the lineage of the first, for everything that both may be."""
    for level, held, inherits, acts_as, other, others, others_act in product(
        Level,
        [[], [SEND, SPEND], [GONE, OWN]],
        [[], ["lead"], ["viewer"], ["rol_b"], ["rol_a", "lead"], ["rol_b", "owner"]],
        [None, "viewer", "rol_b", "rol_a", "gone"],
        Level,
        [[], ["rol_a"], ["lead"]],
        [None, "admin", "rol_a"],
    ):
        first = Role("rol_a", level, held, inherits=inherits, acts_as=acts_as)
        second = Role("rol_b", other, [SPEND, READ], inherits=others, acts_as=others_act)
        yield merge(lineage(index([*TINY.roles, first, second]), first))


def agreeing(scheme: Scheme, given: Facts, asked: Iterable[Question]) -> int:
    """How many of these questions get a yes, the same from all three."""
    allowed, access = naive.rights(scheme, given), Access(scheme, given)
    for name, place in asked:
        answer = access.can(name, workspace=place)
        assert answer is decide(scheme, given, name, place).allowed is ((name, place) in allowed), (name, place, given)
    return sum(question in allowed for question in asked)


def subsets(values: Sequence[T]) -> Iterator[tuple[T, ...]]:
    return chain.from_iterable(combinations(values, n) for n in range(len(values) + 1))
