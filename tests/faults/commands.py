"""A representative set of commands, each made ready so that it can be run, once, with success."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import evolve

from tenantry import Tenantry
from tenantry.ports import Open
from tests.races.life_scenarios import deleted, purges
from tests.races.many_scenarios import PEOPLE, imports, leaver
from tests.races.role_scenarios import READ, Office, office
from tests.races.scenarios import ADA, ADDRESS, BOB, CARL, ZOE, invited, stage

Command = Callable[[Tenantry], object]


def create_a_tenant(tenancy: Tenantry) -> Command:
    tag = stage(tenancy).tag
    return lambda t: t.person(BOB).create_tenant("Bolt", slug=f"bolt{tag}")


def rename_a_tenant(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    return lambda t: t.tenant(here.tenant_id, by=ADA).update(name="Bolt", slug=f"bolt{here.tag}")


def create_a_workspace(tenancy: Tenantry) -> Command:
    here = stage(tenancy, bob="member")
    return lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create("Press", admin=BOB.user_id)


def add_a_member(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.add(
        BOB.user_id, role="admin", workspaces={context.id: "viewer"}
    )


def add_many_members(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    invited(tenancy, here)
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    return imports(here, *PEOPLE, workspaces={context.id: "viewer"})


def forget_a_user(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    lee = leaver(tenancy, here, "admin")
    return lambda t: t.forget(lee)


def change_a_role(tenancy: Tenantry) -> Command:
    here = stage(tenancy, bob="member")
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(BOB.user_id, role="owner")


def remove_a_member(tenancy: Tenantry) -> Command:
    here = stage(tenancy, carl="admin")
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces
    context.add_member(context.create("Press").id, CARL.user_id, role="viewer")
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.remove(CARL.user_id)


def update_a_member(tenancy: Tenantry) -> Command:
    here = stage(tenancy, carl="admin")
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.update(CARL.user_id, name="Charles")


def refresh_a_profile(tenancy: Tenantry) -> Command:
    stage(tenancy, carl="admin")
    return lambda t: t.person(evolve(CARL, name="Charles")).refresh_profile()


def send_an_invitation(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    return lambda t: t.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS, role="admin")


def send_an_invitation_again(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return lambda t: t.tenant(here.tenant_id, by=ADA).invitations.resend(id)


def change_an_invitation(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return lambda t: t.tenant(here.tenant_id, by=ADA).invitations.update(id, role="admin")


def accept_an_invitation(tenancy: Tenantry) -> Command:
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA)
    token = context.invitations.send(ADDRESS, workspaces={context.workspaces.create("Press").id: "admin"}).token
    return lambda t: t.person(ZOE).accept(token)


def take_several_steps(tenancy: Tenantry) -> Command:
    here = stage(tenancy)

    def work(t: Tenantry) -> None:
        with t.transaction() as tx:
            context = tx.tenant(here.tenant_id, by=ADA)
            workspace = context.workspaces.create("Press")
            issued = context.invitations.send(ADDRESS, workspaces={workspace.id: "viewer"})
            tx.person(ZOE).accept(issued.token)

    return work


def busy(tenancy: Tenantry) -> Office:
    """A role that a member has for a time, that an invitation offers, and that another role is built on."""
    here = office(tenancy, bob="member")
    here.does("members.add_role", BOB.user_id, role=here.clerk, ends_at=datetime(2090, 1, 1, tzinfo=UTC))(tenancy)
    here.does("invitations.send", ADDRESS, role=here.clerk)(tenancy)
    here.role(tenancy, "Chief", inherits=[here.clerk])
    return here


def define_a_role(tenancy: Tenantry) -> Command:
    here = office(tenancy)
    return here.does("roles.define", "Chief", permissions=[READ], level="tenant", inherits=[here.clerk])


def adopt_a_role(tenancy: Tenantry) -> Command:
    return office(tenancy).does("roles.adopt", "auditor")


def update_a_role(tenancy: Tenantry) -> Command:
    here = busy(tenancy)
    return here.does("roles.update", here.clerk, permissions=[READ, "tenant-api:member:read"])


def replace_a_role(tenancy: Tenantry) -> Command:
    here = busy(tenancy)
    return here.does("roles.delete", here.clerk, replacement="admin")


def move_members_to_another_role(tenancy: Tenantry) -> Command:
    here = busy(tenancy)
    return here.does("roles.move", here.clerk, to="admin")


def add_a_role(tenancy: Tenantry) -> Command:
    here = office(tenancy, bob="member")
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    helper = here.role(tenancy, "Helper", level="workspace", permissions=["workspace-api:workspace:read"])
    until = datetime(2090, 1, 1, tzinfo=UTC)
    return here.does("members.add_role", BOB.user_id, role=helper, workspace=context.id, ends_at=until)


def take_a_role_away(tenancy: Tenantry) -> Command:
    here = busy(tenancy)
    return here.does("members.remove_role", BOB.user_id, role=here.clerk)


def purge_a_tenant(tenancy: Tenantry) -> Command:
    tenant_id = deleted(tenancy).tenant_id
    with tenancy._store.command(tenant_id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), purge_at=datetime(2020, 1, 1, tzinfo=UTC)))
    return purges(tenant_id)


COMMANDS: Final[Sequence[Callable[[Tenantry], Command]]] = (
    create_a_tenant,
    rename_a_tenant,
    create_a_workspace,
    add_a_member,
    add_many_members,
    forget_a_user,
    change_a_role,
    remove_a_member,
    update_a_member,
    refresh_a_profile,
    send_an_invitation,
    send_an_invitation_again,
    change_an_invitation,
    accept_an_invitation,
    define_a_role,
    adopt_a_role,
    update_a_role,
    replace_a_role,
    move_members_to_another_role,
    add_a_role,
    take_a_role_away,
    take_several_steps,
    purge_a_tenant,
)
