"""What holds for every scheme and all facts. `naive` is a second opinion, written without looking at the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, combinations, product
from random import Random
from typing import TypeVar

from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenantry import (
    ALL,
    SYSTEM,
    Access,
    Denied,
    Level,
    MembershipStatus,
    NotFound,
    Permission,
    Role,
    Scheme,
    TenantStatus,
    WorkspaceStatus,
    schemes,
)
from tenantry.access import Grant
from tenantry.access.catalogue import OWN
from tenantry.access.guard import require_ceiling
from tenantry.access.model import Facts
from tenantry.access.policy import decide
from tests.properties import naive
from tests.scale import rounds
from tests.unit.access.facts import ADA, NOW, facts, grant

T = TypeVar("T")

TENANT, WORKSPACE = Level.TENANT, Level.WORKSPACE
TENANT_ROLES, WORKSPACE_ROLES = ["owner", "lead", "deputy", "member"], ["admin", "editor", "viewer"]
PLACES = ["ws_a", "ws_b", "ws_c"]
TICK = timedelta(microseconds=1)

segment = st.sampled_from(["mail", "page"])
entity = st.sampled_from(["draft", "list"])
action = st.sampled_from(["read", "send"])
own_names = st.builds("{}:{}:{}".format, segment, entity, action)
patterns = st.builds(
    "{}:{}:{}".format,
    st.sampled_from(["*", "mail", "page", "tenant-api", "workspace-api"]),
    st.sampled_from(["*", "draft", "list", "member", "tenant"]),
    st.sampled_from(["*", "read", "send", "own"]),
).filter(lambda pattern: "*" in pattern)


@st.composite
def any_scheme(draw: st.DrawFn) -> Scheme:
    """A scheme that holds together: a role inherits from those that come after it."""
    levels = draw(st.dictionaries(own_names, st.sampled_from(Level), max_size=5))
    permissions = [
        Permission(name, level, implies=draw(some([other for other in levels if levels[other] is level])))
        for name, level in levels.items()
    ]
    acting: dict[str, str | None] = {}
    roles: list[Role] = []
    for level, keys in ((TENANT, TENANT_ROLES), (WORKSPACE, WORKSPACE_ROLES)):
        own = [name for name in levels if levels[name] is level]
        for at, key in reversed(list(enumerate(keys))):
            held = draw(st.lists(patterns, max_size=2)) + draw(some(own))
            inherits = draw(some(keys[at + 1 :]))
            acts_as = None
            if level is TENANT:
                acts_as = draw(st.none() | st.sampled_from(WORKSPACE_ROLES))
                inherited = sorted({found for parent in inherits if (found := acting[parent])})
                if acts_as is None and len(inherited) > 1:
                    acts_as = inherited[0]  # a scheme does not leave this to chance
                acting[key] = acts_as or (inherited[0] if inherited else None)
            roles.append(Role(key, level, held, inherits=inherits, acts_as=acts_as))
    return Scheme("any", roles, owner_role="owner", member_role="member", permissions=permissions)


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    """A few of these values, or none."""
    return st.lists(st.sampled_from(values), max_size=2, unique=True) if values else st.just([])


instants = st.none() | st.sampled_from([-TICK, 0 * TICK, TICK]).map(lambda tick: NOW + tick)
any_grant = st.builds(
    grant,
    st.sampled_from([*TENANT_ROLES, *WORKSPACE_ROLES, "retired"]),
    st.none() | st.sampled_from(PLACES),
    starts_at=instants,
    ends_at=instants,
)
mostly = 3  # so that most facts are not of somebody who is switched off
any_facts = st.builds(
    facts,
    st.lists(any_grant, max_size=5),
    by=st.sampled_from([ADA] * mostly + [evolve(ADA, active=False), SYSTEM]),
    tenant=st.sampled_from([TenantStatus.ACTIVE] * mostly + [TenantStatus.SUSPENDED, None]),
    member=st.sampled_from([MembershipStatus.ACTIVE] * mostly + [MembershipStatus.DEACTIVATED, None]),
    workspaces=st.dictionaries(st.sampled_from(PLACES), st.sampled_from(WorkspaceStatus)),
)
often = settings(max_examples=rounds(20_000))


def questions(scheme: Scheme) -> Iterator[tuple[str, str | None]]:
    """Everything that can be asked."""
    for name, permission in scheme.catalogue.items():
        yield from ((name, place) for place in ([None] if permission.level is TENANT else [*PLACES, "ws_foreign"]))


def rights(scheme: Scheme, given: Facts) -> set[tuple[str, str | None]]:
    """Everything that is allowed."""
    return {(name, place) for name, place in questions(scheme) if decide(scheme, given, name, place)}


@often
@given(any_scheme(), any_facts)
def test_three_ways_to_decide_agree(scheme: Scheme, given: Facts) -> None:
    access = Access(scheme, given)
    for name, place in questions(scheme):
        answer = access.can(name, workspace=place)
        decision = access.check(name, workspace=place)
        assert answer is decision.allowed is naive.allowed(scheme, given, name, place)
        assert decision.reasons
        assert (decision.code == "allowed") is answer


@often
@given(any_scheme(), any_facts)
def test_the_workspaces_where_are_those_where_one_may(scheme: Scheme, given: Facts) -> None:
    """R7."""
    access = Access(scheme, given)
    live = [id for id, status in given.standing.workspaces.items() if status is WorkspaceStatus.ACTIVE]
    for name in scheme.names[WORKSPACE]:
        where = access.workspaces_where(name)
        assert {id for id in live if where == ALL or id in where} == {
            id for id in live if access.can(name, workspace=id)
        }
        assert where == ALL or all(access.can(name, workspace=id) for id in where)


@often
@given(any_scheme(), any_facts)
def test_what_is_held_is_what_one_may_where_nothing_stands_in_the_way(scheme: Scheme, given: Facts) -> None:
    access = Access(scheme, given)
    assert access.held() == {name for name in scheme.names[TENANT] if access.can(name)}
    for id in PLACES:
        held = access.held(id)
        assert access.held_everywhere <= held
        if given.standing.workspaces.get(id) is WorkspaceStatus.ACTIVE:
            assert held == {name for name in scheme.names[WORKSPACE] if access.can(name, workspace=id)}


@given(any_scheme(), any_facts, st.randoms(use_true_random=False))
def test_the_order_of_things_does_not_matter(scheme: Scheme, given: Facts, chance: Random) -> None:
    def shuffled(values: Iterable[T]) -> tuple[T, ...]:
        return tuple(sorted(values, key=lambda _: chance.random()))

    standing = given.standing
    mixed = evolve(
        given,
        standing=evolve(
            standing, grants=shuffled(standing.grants), workspaces=dict(shuffled(standing.workspaces.items()))
        ),
    )
    other = evolve(
        scheme,
        roles=[
            evolve(role, permissions=shuffled(role.permissions), inherits=shuffled(role.inherits))
            for role in shuffled(scheme.roles)
        ],
        permissions=shuffled(scheme.permissions),
    )
    for name, place in questions(scheme):
        assert decide(scheme, given, name, place) == decide(other, mixed, name, place)


@often
@given(any_scheme(), any_facts, any_grant)
def test_one_more_grant_takes_nothing_away(scheme: Scheme, given: Facts, more: Grant) -> None:
    """PE-10."""
    standing = evolve(given.standing, grants=(*given.standing.grants, more))
    assert rights(scheme, given) <= rights(scheme, evolve(given, standing=standing))


@often
@given(any_scheme(), any_facts, st.data())
def test_switching_anything_off_gives_nothing(scheme: Scheme, given: Facts, data: st.DataObject) -> None:
    """PE-10, PE-11."""
    standing = given.standing
    off = data.draw(
        st.sampled_from(
            [
                evolve(given, by=evolve(given.by, active=False)),
                evolve(given, standing=evolve(standing, tenant_status=TenantStatus.SUSPENDED)),
                evolve(given, standing=evolve(standing, membership_status=MembershipStatus.DEACTIVATED)),
                evolve(given, standing=evolve(standing, workspaces=dict.fromkeys(PLACES, WorkspaceStatus.ARCHIVED))),
                evolve(given, standing=evolve(standing, grants=standing.grants[1:])),
            ]
        )
    )
    assume(standing.tenant_status is not None)
    assume(standing.membership_status is not None or given.by.is_system)
    assert rights(scheme, off) <= rights(scheme, given)


@often
@given(
    any_scheme(), any_facts, st.sampled_from(TENANT_ROLES), st.sampled_from(WORKSPACE_ROLES), st.sampled_from(PLACES)
)
def test_who_is_given_what_passes_the_ceiling_may_nothing_that_the_giver_may_not(
    scheme: Scheme, given: Facts, role: str, there: str, place: str
) -> None:
    """Law 5."""
    giver = Access(scheme, given)
    try:
        require_ceiling(scheme, giver, roles=[role], workspaces={place: [there]})
    except (Denied, NotFound):
        return
    taker = facts([grant(role), grant(there, place)], workspaces=given.standing.workspaces)
    assert rights(scheme, taker) <= rights(scheme, given)


@often
@given(any_scheme())
def test_only_the_owner_role_owns(scheme: Scheme) -> None:
    """Law 6."""
    owning = [(role.key, role.level) for role in scheme.roles if OWN in scheme.permissions_of(role.key, role.level)]
    assert owning == [("owner", TENANT)]


@often
@given(any_scheme(), st.sampled_from(Level))
def test_roles_can_be_compared_consistently(scheme: Scheme, level: Level) -> None:
    keys = [role.key for role in scheme.roles if role.level is level]
    higher = {(a, b) for a, b in product(keys, keys) if scheme.role_at_least(a, b, level)}
    assert all((key, key) in higher for key in keys)
    assert all((a, c) in higher for (a, b), (also_b, c) in product(higher, higher) if b == also_b)
    assert all(scheme.permissions_of(a, level) >= scheme.permissions_of(b, level) for a, b in higher)
    assert all(a == b for a, b in higher if (b, a) in higher)


def test_in_every_tiny_world_three_ways_to_decide_agree() -> None:
    """PE-11: one workspace, each grant or not, each thing switched off, missing or not."""
    scheme = schemes.AGENCY
    grants = [
        grant("admin"),
        grant("member", starts_at=NOW),
        grant("owner", ends_at=NOW),
        grant("admin", "ws_a", starts_at=NOW + TICK),
        grant("viewer", "ws_a"),
    ]
    asked = [
        ("tenant-api:member:invite", None),
        (OWN, None),
        ("workspace-api:settings:update", "ws_a"),
        ("workspace-api:workspace:read", "ws_a"),
    ]
    worlds = allowed = 0
    for by, tenant, member, state, chosen in product(
        [ADA, evolve(ADA, active=False), SYSTEM],
        [*TenantStatus, None],
        [*MembershipStatus, None],
        [*WorkspaceStatus, None],
        chain.from_iterable(combinations(grants, n) for n in range(len(grants) + 1)),
    ):
        workspaces = {} if state is None else {"ws_a": state}
        given = facts(chosen, by=by, tenant=tenant, member=member, workspaces=workspaces)
        access = Access(scheme, given)
        for name, place in asked:
            answer = access.can(name, workspace=place)
            assert answer is decide(scheme, given, name, place).allowed is naive.allowed(scheme, given, name, place)
            allowed += answer
        worlds += 1
    assert worlds == 3**4 * 2**5
    assert 0 < allowed < worlds * len(asked)
