# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""The same verbs, awaited: a representative part, through every door and on every driver."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from tenantry import (
    SYSTEM,
    AsyncTenantry,
    Denied,
    Invalid,
    InvitationReplaced,
    LastOwner,
    NotFound,
    SlugTaken,
    Stale,
    TenantMismatch,
    Workspace,
)
from tenantry.memory import MemoryStore
from tests.features.awaiting import DRIVERS, Database, Door, awaited
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company
from tests.features.stores import emptied

INVITE = "workspace-api:member:invite"


@pytest.fixture(params=["memory", *(f"{kind} {driver}" for kind in ("owner", "guest") for driver in DRIVERS)])
def door(request: pytest.FixtureRequest) -> Door:
    kind, _, driver = request.param.partition(" ")
    if kind == "memory":
        return Door(None, guest=False)
    store = "sqlite_store" if driver == "aiosqlite" else "postgresql_store"
    return Door(Database.by(driver, emptied(request.getfixturevalue(store))), guest=kind == "guest")


@awaited
async def test_from_a_new_tenant_to_a_checked_permission(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        context = tenancy.tenant(acme.id, by=ADA)
        justice = await context.workspaces.create("Justice")
        issued = await context.invitations.send("bob@acme.test", role="member", workspaces={justice.id: "admin"})

        assert (await tenancy.inspect_invitation(issued.token)).tenant_name == "Acme"
        assert len(await tenancy.person(BOB).invitations()) == 1
        done = await tenancy.person(BOB).accept(issued.token)

        assert [workspace.id for workspace in done.workspaces] == [justice.id]
        bob = tenancy.tenant(acme.id, by=BOB)
        assert await bob.can(INVITE, workspace=justice.id)
        assert not await bob.can("tenant-api:member:read")
        assert await bob.workspaces_where(INVITE) == frozenset({justice.id})
        assert (await bob.access(workspaces=[justice.id])).can(INVITE, workspace=justice.id)
        assert [my.tenant.name for my in await tenancy.person(BOB).tenants()] == ["Acme"]
        assert await tenancy.resolve("acme") == acme.id
        assert await bob.workspaces.find("justice") == await bob.workspaces.get(justice.id)
        assert await tenancy.person(BOB).locate(justice.id) == acme.id
        assert await tenancy.locate(issued.invitation.id, by=SYSTEM) == acme.id
        assert [tenant.id for tenant in await tenancy.tenants(by=SYSTEM, search="acme")] == [acme.id]
        assert [my.tenant.id for my in await tenancy.memberships_of(BOB.user_id, by=SYSTEM)] == [acme.id]


@awaited
async def test_a_forgotten_await_never_grants(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        for who in (ADA, EVE):
            with pytest.raises(TypeError, match="await"):
                bool(tenancy.tenant(acme.id, by=who).can("tenant-api:member:read"))
        assert await tenancy.tenant(acme.id, by=ADA).can("tenant-api:member:read")


@awaited
async def test_a_sign_in_is_kept_and_a_profile_refreshed(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        person = tenancy.person(evolve(ADA, name="Augusta", email="augusta@acme.test"))

        assert await person.signed_in() == [acme.id]
        assert await person.refresh_profile() == [acme.id]
        assert await person.signed_in() == []

        member = await tenancy.tenant(acme.id, by=ADA).members.get(ADA.user_id)
        assert (member.name, member.email) == ("Augusta", "augusta@acme.test")
        assert member.last_sign_in_at is not None
        assert (await tenancy.forget(ADA.user_id)).last_owner_of == (acme.id,)
        member = await tenancy.tenant(acme.id, by=ADA).members.get(ADA.user_id)
        assert member.last_sign_in_at is None


@awaited
async def test_members_are_managed(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        members = tenancy.tenant(acme.id, by=ADA).members
        for who in (BOB, CAY, DAN):
            await members.add(who.user_id, name=who.name)
        await members.change_role(BOB.user_id, role="admin")
        await members.deactivate(CAY.user_id)
        await members.remove(DAN.user_id)

        page = await members.list(limit=2, total=True)
        rest = await members.list(limit=2, after=page.next)

        assert [m.user_id for m in (*page, *rest)] == [ADA.user_id, BOB.user_id, CAY.user_id]
        assert page.total == 3
        assert [m.user_id for m in await members.list(status="deactivated")] == [CAY.user_id]
        with pytest.raises(LastOwner):
            await members.leave()


@awaited
async def test_refusals_are_those_of_the_synchronous_door(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme", slug="acme")
        context = tenancy.tenant(acme.id, by=ADA)
        await context.members.add(BOB.user_id)
        issued = await context.invitations.send("cay@acme.test")
        await context.invitations.resend(issued.invitation.id)

        with pytest.raises(SlugTaken):
            await tenancy.person(EVE).create_tenant("Other", slug="acme")
        with pytest.raises(NotFound):
            await tenancy.tenant(acme.id, by=EVE).get()
        with pytest.raises(Denied):
            await tenancy.tenant(acme.id, by=BOB).update(name="Mine")
        with pytest.raises(InvitationReplaced):
            await tenancy.person(CAY).accept(issued.token)
        assert [event.action for event in await context.audit.list(limit=1)] != ["tenant.updated"]


@awaited
async def test_several_steps_are_taken_in_one_hop(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        context = tenancy.tenant(acme.id, by=ADA)

        made: list[Workspace] = await context.run(lambda t: [t.workspaces.create(name) for name in ("One", "Two")])
        count = await tenancy.run(lambda t: len(t.tenant(acme.id, by=ADA).workspaces.list()))

        assert [workspace.name for workspace in made] == ["One", "Two"]
        assert count == 3


@awaited
async def test_several_commands_are_one_transaction(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")

        async with tenancy.transaction() as tx:
            context = tx.tenant(acme.id, by=ADA)
            await context.members.add(BOB.user_id)
            with pytest.raises(LastOwner):
                await context.members.leave()
            async with tx.transaction() as inner:
                await inner.tenant(acme.id, by=ADA).workspaces.create("Justice")

        context = tenancy.tenant(acme.id, by=ADA)
        assert len(await context.members.list()) == len(await context.workspaces.list()) == 2


@awaited
async def test_a_transaction_that_is_over_takes_nothing_more(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        async with tenancy.transaction() as tx:
            await tx.tenant(acme.id, by=ADA).get()

        with pytest.raises(Invalid):
            await tx.tenant(acme.id, by=ADA).workspaces.create("Late")
        with pytest.raises(Invalid):
            await tx.retry(lambda inner: inner.tenant(acme.id, by=ADA).workspaces.create("Late"))
        with pytest.raises(Invalid):
            async with tx.transaction() as inner:
                await inner.tenant(acme.id, by=ADA).workspaces.create("Late")

        assert len(await tenancy.tenant(acme.id, by=ADA).workspaces.list()) == 1


@awaited
async def test_a_transaction_within_one_is_bound_to_the_same_tenant(door: Door) -> None:
    """Law 1"""
    async with door.open() as tenancy:
        acme, beta = [await tenancy.person(ADA).create_tenant(name) for name in ("Acme", "Beta")]
        async with tenancy.transaction() as tx, tx.transaction() as inner:
            await inner.tenant(acme.id, by=ADA).get()
            with pytest.raises(TenantMismatch):
                await tx.tenant(beta.id, by=ADA).get()


@awaited
async def test_a_transaction_that_fails_leaves_nothing(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        other = await tenancy.person(ADA).create_tenant("Beta")

        with pytest.raises(TenantMismatch):
            async with tenancy.transaction() as tx:
                await tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
                await tx.tenant(other.id, by=ADA).get()

        assert len(await tenancy.tenant(acme.id, by=ADA).members.list()) == 1


@awaited
async def test_retry_does_again_what_lost_where_that_is_ours_to_do(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")
        tries: list[int] = []

        async def work(tx: AsyncTenantry) -> str:
            context = tx.tenant(acme.id, by=ADA)
            await context.members.add(BOB.user_id)
            tries.append(len(tries))
            if len(tries) < 3:
                raise Stale("Somebody was faster.")
            return "done"

        if door.guest:
            with pytest.raises(Stale):
                await tenancy.retry(work)
        else:
            assert await tenancy.retry(work) == "done"

        assert len(tries) == (1 if door.guest else 3)
        assert len(await tenancy.tenant(acme.id, by=ADA).members.list()) == (1 if door.guest else 2)


@awaited
async def test_retry_gives_up_when_the_store_does(door: Door) -> None:
    """RC-12"""
    async with door.open() as tenancy:
        tries = 0

        async def work(_: AsyncTenantry) -> None:
            nonlocal tries
            tries += 1
            raise Stale("Somebody was faster.")

        with pytest.raises(Stale):
            await tenancy.retry(work)

        assert tries == (1 if door.guest else 5 if door.database else MemoryStore().tries)


@awaited
async def test_a_verb_is_a_coroutine_and_may_be_a_task(door: Door) -> None:
    async with door.open() as tenancy:
        acme = await tenancy.person(ADA).create_tenant("Acme")

        task = asyncio.create_task(tenancy.tenant(acme.id, by=ADA).members.list())

        assert len(await task) == 1


@awaited
async def test_tasks_of_different_tenants_keep_to_their_own(database: Database) -> None:
    """E07"""
    tenancy = database.owned

    async def found(number: int) -> str:
        owner = ADA if number % 2 else BOB
        tenant = await tenancy.person(owner).create_tenant(f"Tenant {number}")
        context = tenancy.tenant(tenant.id, by=owner)
        for name in ("One", "Two"):
            await context.workspaces.create(f"{name} of {number}")
        return tenant.id

    ids = await asyncio.gather(*(found(number) for number in range(6)))

    for number, id in enumerate(ids):
        company = Company(database.seen, database.seen.tenant(id, by=ADA if number % 2 else BOB).get())
        names = [w.name for w in company.context(ADA if number % 2 else BOB).workspaces.list()]
        assert names == ["General", f"One of {number}", f"Two of {number}"]


@awaited
async def test_commands_on_one_tenant_wait_for_one_another(database: Database) -> None:
    """Law 2: the sequence has no gap."""
    tenancy = database.owned
    acme = await tenancy.person(ADA).create_tenant("Acme")

    await asyncio.gather(*(tenancy.tenant(acme.id, by=ADA).members.add(f"user_{number}") for number in range(8)))

    events = database.seen.tenant(acme.id, by=ADA).audit.list(order="oldest")
    assert [event.sequence for event in events] == list(range(1, 3 + 8 + 1))
