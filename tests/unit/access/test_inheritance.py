"""What roles get from others, also where they are bound as no scheme and no tenant could bind them."""

from __future__ import annotations

from itertools import permutations

import pytest

from tenantry import Level, Role
from tenantry.access.scheme.inheritance import acting, circle, forebears, index, lineage, merge, paths

TENANT, WORKSPACE = Level.TENANT, Level.WORKSPACE
DIAMOND = [
    Role("top", TENANT, inherits=["left", "right"]),
    Role("left", TENANT, inherits=["root"]),
    Role("right", TENANT, inherits=["root"]),
    Role("root", TENANT),
]


def keys(roles: list[Role], key: str) -> list[str]:
    found = index(roles)
    return [each.key for each in forebears(found, found[TENANT, key])]


class TestForebears:
    def test_are_each_there_once_and_the_nearest_first(self) -> None:
        """AC-20."""
        assert keys(DIAMOND, "top") == ["top", "left", "right", "root"]
        assert keys(DIAMOND, "root") == ["root"]

    def test_are_reached_by_one_shortest_path_in_whatever_order_they_are_named(self) -> None:
        """AC-20: of two that are as short, the first by its keys."""
        for parents in permutations(["left", "right", "root"], 2):
            roles = index([Role("top", TENANT, inherits=parents), *DIAMOND[1:]])
            ways = {path[-1].key: [each.key for each in path] for path in paths(roles, roles[TENANT, "top"])}
            assert ways["root"] == (["top", "root"] if "root" in parents else ["top", "left", "root"])

    def test_of_fifty_steps_are_all_there(self) -> None:
        """AC-21."""
        ladder = [Role(f"step{n}", TENANT, inherits=[f"step{n - 1}"] if n else []) for n in range(50)]
        assert keys(ladder, "step49") == [f"step{n}" for n in reversed(range(50))]

    def test_of_another_level_or_gone_are_none(self) -> None:
        """AC-22, AC-26."""
        roles = [Role("admin", TENANT, inherits=["viewer", "gone"]), Role("viewer", WORKSPACE)]
        assert keys(roles, "admin") == ["admin"]

    def test_in_a_circle_end(self) -> None:
        """AC-18."""
        roles = [Role(bond[0], TENANT, inherits=[bond[1]]) for bond in ("ab", "bc", "ca")]
        assert keys(roles, "a") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("bonds", "path"),
    [("", ""), ("ab", ""), ("aa", "aa"), ("ab ba", "aba"), ("ab bc ca", "abca"), ("ab bb", ""), ("ab ac cb ba", "aba")],
)
def test_a_circle_is_the_way_from_a_role_to_itself(bonds: str, path: str) -> None:
    """AC-18."""
    parents = {key: [bond[1] for bond in bonds.split() if bond[0] == key] for key in "abc"}
    roles = index(Role(key, TENANT, inherits=inherits) for key, inherits in parents.items())
    assert "".join(each.key for each in circle(roles, roles[TENANT, "a"])) == path


class TestActing:
    @pytest.mark.parametrize(
        ("own", "left", "right", "root", "acts"),
        [
            (None, None, None, None, ""),
            ("x", None, None, None, "x"),
            (None, "x", None, None, "x"),
            (None, None, None, "x", "x"),
            ("x", "y", "z", "y", "x"),
            (None, "x", "x", "y", "x"),
            (None, "x", "y", None, "xy"),
            (None, "x", None, "y", "xy"),
        ],
    )
    def test_is_by_itself_or_by_the_nearest_who_say(
        self, own: str | None, left: str | None, right: str | None, root: str | None, acts: str
    ) -> None:
        said = zip(DIAMOND, [own, left, right, root], strict=True)
        roles = index(Role(role.key, TENANT, inherits=role.inherits, acts_as=acts_as) for role, acts_as in said)
        assert "".join(sorted(acting(roles, roles[TENANT, "top"]))) == acts

    def test_in_a_circle_ends(self) -> None:
        roles = index([Role("a", TENANT, inherits=["b"]), Role("b", TENANT, inherits=["a", "c"]), Role("c", TENANT)])
        assert acting(roles, roles[TENANT, "a"]) == frozenset()


class TestLineage:
    def test_has_the_custom_roles_on_every_way(self) -> None:
        roles = index(
            [
                Role("rol_chief", TENANT, inherits=["lead", "rol_clerk"], acts_as="rol_sees"),
                Role("rol_clerk", TENANT),
                Role("lead", TENANT, inherits=["member"]),
                Role("member", TENANT),
                Role("rol_sees", WORKSPACE, inherits=["viewer", "rol_looks"]),
                Role("rol_looks", WORKSPACE),
                Role("viewer", WORKSPACE),
                Role("rol_other", TENANT),
            ]
        )
        found = lineage(roles, roles[TENANT, "rol_chief"])
        assert [role.key for role in found] == ["rol_chief", "rol_clerk", "rol_looks", "rol_sees"]

    def test_has_what_its_forebears_act_as_though_it_acts_as_another(self) -> None:
        """Else it would seem to be as high as they are."""
        roles = index(
            [
                Role("rol_chief", TENANT, inherits=["rol_base"], acts_as="viewer"),
                Role("rol_base", TENANT, acts_as="rol_place"),
                Role("rol_place", WORKSPACE),
                Role("viewer", WORKSPACE),
            ]
        )
        assert "rol_place" in [role.key for role in lineage(roles, roles[TENANT, "rol_chief"])]

    def test_is_one_value_in_whatever_order_and_however_often_its_roles_come(self) -> None:
        some = [Role("rol_b", TENANT), Role("rol_a", TENANT), Role("rol_b", TENANT)]
        assert {merge(order) for order in permutations(some)} == {(Role("rol_a", TENANT), Role("rol_b", TENANT))}
