"""The races about roles that a tenant makes for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tenantry import Tenantry
from tests.races.race import MAX_ROLES, Contender, Round, Scenario
from tests.races.scenarios import ADA, ADDRESS, BOB, CARL, ZOE, Stage, stage

READ, BILLING = "tenant-api:tenant:read", "tenant-api:billing:read"


@frozen
class Office(Stage):
    """A tenant with a role of its own, and verbs with which Ada contends."""

    clerk: str

    def does(self, verb: str, *args: object, **kwargs: object) -> Contender:
        """Ada does this, such as `roles.delete`, unless `by` says who."""
        by = kwargs.pop("by", ADA)
        room, _, name = verb.partition(".")

        def contend(tenancy: Tenantry) -> object:
            context = tenancy.tenant(self.tenant_id, by=by)  # type: ignore[arg-type]
            return getattr(getattr(context, room), name)(*args, **kwargs)

        return contend

    def role(self, tenancy: Tenantry, name: str, **values: object) -> str:
        """The id of a new role."""
        given = {"permissions": [READ], "level": "tenant"} | values
        made = self.does("roles.define", name, **given)(tenancy)
        return str(made.id)  # type: ignore[attr-defined]


def office(tenancy: Tenantry, **others: str) -> Office:
    """A new tenant with a custom role, and these others, each with a built-in one."""
    here = stage(tenancy, **others)
    clerk = tenancy.tenant(here.tenant_id, by=ADA).roles.define("Clerk", permissions=[READ], level="tenant").id
    return Office(here.tenant_id, here.tag, clerk)


# --- a role that goes, while something is to refer to it


def a_role_is_deleted_while_it_is_given(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy, bob="member")
    return here.round(
        here.does("roles.delete", here.clerk),
        here.does("members.add_role", BOB.user_id, role=here.clerk),
    )


def a_role_is_deleted_while_it_is_offered(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy)
    return here.round(
        here.does("roles.delete", here.clerk),
        here.does("invitations.send", ADDRESS, role=here.clerk),
    )


def a_role_is_deleted_while_another_is_built_on_it(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy)
    return here.round(
        here.does("roles.delete", here.clerk),
        here.does("roles.define", "Chief", permissions=[READ], level="tenant", inherits=[here.clerk]),
    )


def a_role_is_replaced_while_its_offer_is_accepted(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy)
    token = tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS, role=here.clerk).token
    return here.round(
        here.does("roles.delete", here.clerk, replacement="member"),
        lambda t: t.person(ZOE).accept(token),
    )


def a_role_is_replaced_while_somebody_gets_another(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy, bob="member")
    here.does("members.change_role", BOB.user_id, role=here.clerk)(tenancy)
    return here.round(
        here.does("roles.delete", here.clerk, replacement="admin"),
        here.does("members.change_role", BOB.user_id, role="member"),
    )


def everybody_is_moved_to_a_role_that_is_deleted(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = office(tenancy, bob="member")
    return here.round(
        here.does("roles.move", "member", to=here.clerk, level="tenant"),
        here.does("roles.delete", here.clerk),
    )


# --- the ceiling is that of the moment


def a_role_is_widened_while_an_admin_gives_it(tenancy: Tenantry) -> Round:
    """When it holds what the admin does not, the admin cannot give it any more."""
    here = office(tenancy, bob="member", carl="admin")
    return here.round(
        here.does("roles.update", here.clerk, permissions=[READ, BILLING]),
        here.does("members.add_role", BOB.user_id, role=here.clerk, by=CARL),
    )


def a_forebear_is_widened_while_an_admin_gives_the_heir(tenancy: Tenantry) -> Round:
    here = office(tenancy, bob="member", carl="admin")
    chief = here.role(tenancy, "Chief", inherits=[here.clerk])
    return here.round(
        here.does("roles.update", here.clerk, permissions=[READ, BILLING]),
        here.does("members.add_role", BOB.user_id, role=chief, by=CARL),
    )


def an_admin_makes_a_role_while_demoted(tenancy: Tenantry) -> Round:
    here = office(tenancy, carl="admin")
    return here.round(
        here.does("roles.define", "Deputy", permissions=["tenant-api:member:*"], level="tenant", by=CARL),
        here.does("members.change_role", CARL.user_id, role="member"),
    )


# --- what there may be one of, or so many


def two_roles_want_one_name(tenancy: Tenantry) -> Round:
    here = office(tenancy)
    return here.round(
        here.does("roles.define", "Chief", permissions=[READ], level="tenant"),
        here.does("roles.define", "C H I E F", permissions=[READ], level="tenant"),
    )


def several_want_the_last_role(tenancy: Tenantry) -> Round:
    here = office(tenancy)
    for number in range(MAX_ROLES - 2):
        here.role(tenancy, f"Role {number}")
    return here.round(
        *(here.does("roles.define", name, permissions=[READ], level="tenant") for name in ("Chief", "Deputy")),
        here.does("roles.adopt", "auditor"),
    )


def two_roles_are_each_built_on_the_other(tenancy: Tenantry) -> Round:
    """E89, for roles."""
    here = office(tenancy)
    chief = here.role(tenancy, "Chief")
    return here.round(
        here.does("roles.update", here.clerk, inherits=[chief]),
        here.does("roles.update", chief, inherits=[here.clerk]),
    )


ROLE_SCENARIOS: Final[Sequence[Scenario]] = (
    a_role_is_deleted_while_it_is_given,
    a_role_is_deleted_while_it_is_offered,
    a_role_is_deleted_while_another_is_built_on_it,
    a_role_is_replaced_while_its_offer_is_accepted,
    a_role_is_replaced_while_somebody_gets_another,
    everybody_is_moved_to_a_role_that_is_deleted,
    a_role_is_widened_while_an_admin_gives_it,
    a_forebear_is_widened_while_an_admin_gives_the_heir,
    an_admin_makes_a_role_while_demoted,
    two_roles_want_one_name,
    several_want_the_last_role,
    two_roles_are_each_built_on_the_other,
)
