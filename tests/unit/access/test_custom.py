"""Custom roles as values: what depends on what, and how it is stored."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry import CustomRole, Invalid, Level, Role, schemes
from tenantry.access.custom import as_role, described, lineages, read, settle, write
from tests.unit.access.facts import NOW

AGENCY = schemes.AGENCY
TENANT, WORKSPACE = Level


def custom(key: str, level: Level = TENANT, **given: Any) -> CustomRole:
    known: dict[str, Any] = {"tenant_id": "ten_acme", "name": key.title(), "created_by": "user_ada", "created_at": NOW}
    return CustomRole(id=f"rol_{key}", level=level, **(known | given))


def known(*roles: CustomRole) -> dict[str, CustomRole]:
    return dict(settle(AGENCY, {}, *roles))


def lineage(role: CustomRole) -> list[str]:
    return [each.key for each in role._lineage]


class TestSettled:
    def test_gives_each_role_itself_and_what_it_depends_on(self) -> None:
        roles = known(
            custom("a"),
            custom("place", WORKSPACE, inherits=["viewer"]),
            custom("floor", WORKSPACE, inherits=["rol_place"]),
            custom("b", inherits=["rol_a", "member"], acts_as="rol_floor"),
            custom("c", inherits=["rol_b"]),
        )

        assert lineage(roles["rol_a"]) == ["rol_a"]
        assert lineage(roles["rol_floor"]) == ["rol_floor", "rol_place"]
        assert lineage(roles["rol_c"]) == ["rol_a", "rol_b", "rol_c", "rol_floor", "rol_place"]
        assert lineages(roles.values()) == roles["rol_c"]._lineage

    def test_tells_dependents_of_a_change_and_leaves_others_as_they_are(self) -> None:
        roles = known(custom("a"), custom("b", inherits=["rol_a"]), custom("other"))

        after = settle(AGENCY, roles, custom("a", permissions=["tenant-api:tenant:read"]))

        assert {id for id, role in after.items() if role != roles[id]} == {"rol_a", "rol_b"}
        assert after["rol_b"]._lineage[0].permissions == ("tenant-api:tenant:read",)
        assert after["rol_other"] == roles["rol_other"]

    def test_changes_nothing_that_it_was_given(self) -> None:
        roles = known(custom("a"))
        copy = dict(roles)
        settle(AGENCY, roles, custom("b"))
        assert roles == copy

    def test_refuses_a_circle_with_its_path(self) -> None:
        """AC-18"""
        roles = known(custom("a"), custom("b", inherits=["rol_a"]))
        with pytest.raises(Invalid, match="A → B → A") as refused:
            settle(AGENCY, roles, custom("a", inherits=["rol_b"]))
        assert len(refused.value.data["faults"]) == 2
        with pytest.raises(Invalid, match="C → C"):
            settle(AGENCY, roles, custom("c", inherits=["rol_c"]))

    def test_tells_every_fault_at_once(self) -> None:
        with pytest.raises(Invalid) as refused:
            known(custom("a", inherits=["owner", "viewer"], acts_as="member"), custom("b", WORKSPACE, acts_as="x"))
        assert len(refused.value.data["faults"]) == 3

    def test_forgives_a_fault_that_was_there_before(self) -> None:
        """PE-12: a role that names what is gone is changed like any other, also its name."""
        older = AGENCY.extend(roles=[Role("gone", TENANT), Role("lost", WORKSPACE)])
        roles = settle(older, {}, custom("a", inherits=["gone"], acts_as="lost"), custom("b", inherits=["rol_a"]))

        changes: list[dict[str, Any]] = [
            {"name": "New"},
            {"description": "New"},
            {"permissions": ["tenant-api:tenant:read"]},
        ]
        for change in changes:
            after = settle(AGENCY, roles, custom("a", **({"inherits": ["gone"], "acts_as": "lost"} | change)))
            assert lineage(after["rol_b"]) == ["rol_a", "rol_b"]
        with pytest.raises(Invalid) as refused:
            settle(AGENCY, roles, custom("a", name="New", inherits=["gone", "lost"], acts_as="lost"))
        assert refused.value.data["faults"] == ["The tenant role 'New' inherits 'lost', which is no tenant role."]


_names = st.lists(st.sampled_from(["tenant-api:tenant:read", "tenant-api:member:read", "a:b:c"]), max_size=3)
_keys = st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True), max_size=3)


class TestStored:
    @given(
        st.lists(
            st.builds(
                Role,
                st.from_regex(r"rol_[a-z0-9]{1,26}", fullmatch=True),
                st.sampled_from(Level),
                _names,
                inherits=_keys,
                acts_as=st.none() | st.just("viewer"),
                name=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=60),
            ),
            max_size=4,
        )
    )
    def test_is_read_as_it_was_written(self, roles: list[Role]) -> None:
        assert read(write(roles)) == tuple(roles)

    def test_is_the_same_value_for_the_same_text(self) -> None:
        text = write([Role("rol_a", TENANT, name='"quoted" – \\ 管理')])
        assert read(text) is read(text)

    def test_is_not_remembered_where_it_is_long(self) -> None:
        """RX-04: a tenant could fill memory with every version of a long chain of roles."""
        text = write([Role(f"rol_{number}", TENANT, name="x" * 60) for number in range(100)])
        assert len(read(text)) == 100
        assert read(text) is not read(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            '{"',
            "null",
            "[1]",
            "[" * 5_000 + "]" * 5_000,
            '[["rol_a","tenant"]]',
            '[["rol_a","galaxy",[],[],null,"A"]]',
            '[["rol_a","tenant",["nonsense"],[],null,"A"]]',
            '[["rol_a","tenant",[1],[],null,"A"]]',
            '[["rol_a","tenant",[],[],null,null]]',
            '[["ROL!a","tenant",[],[],null,"A"]]',
            '[["member","tenant",["*:*:*"],[],"admin","Member"]]',
        ],
        ids=count(),
    )
    def test_is_nothing_where_it_is_damaged(self, text: str) -> None:
        """Law 4: what cannot be read grants nothing, and takes the place of no built-in role."""
        assert read(text) == ()

    def test_has_no_description(self) -> None:
        [role] = known(custom("a", description="long\ntext")).values()
        assert "long" not in write(role._lineage)
        assert described(role).description == "long text"


class TestCustomRole:
    def test_is_in_a_scheme_what_a_built_in_role_is(self) -> None:
        made = custom("a", permissions=["tenant-api:member:read"], inherits=["member"], acts_as="viewer")
        [made] = known(made).values()
        scheme = AGENCY.joined(made._lineage)

        assert scheme.permissions_of("rol_a", TENANT) == {"tenant-api:member:read", "tenant-api:tenant:read"}
        assert scheme.acts_as("rol_a") == "viewer"
        assert (as_role(made).is_custom, as_role(made).label) == (True, "A")
        assert AGENCY.permissions_of("rol_a", TENANT) == frozenset()

    def test_stays_with_the_scheme_that_it_was_joined_to(self) -> None:
        """TI: what one tenant's scheme is joined by again is nothing to the scheme of all."""
        roles = known(*(custom(key, permissions=["tenant-api:tenant:read"]) for key in "ab"))
        one, other = (role._lineage for role in roles.values())
        scheme = AGENCY.extend()

        both = scheme.joined(one).joined(other)

        assert {key: len(both.permissions_of(key, TENANT)) for key in ("rol_a", "rol_b")} == {"rol_a": 1, "rol_b": 1}
        assert scheme.joined(other).permissions_of("rol_a", TENANT) == frozenset()
