"""What holds in every tenant, whatever has been done."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import asdict

from tenantry import SYSTEM, Tenantry, TenantStatus, schemes
from tenantry.access.compiled import answers_of
from tenantry.access.custom import ROLES, as_role
from tenantry.access.model import Facts, Standing
from tenantry.kernel.principal import principal_of
from tenantry.members.model import GRANTS, MEMBERSHIPS
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore, metadata
from tenantry.testing.sides import KEYS
from tenantry.workspaces.model import WORKSPACES
from tests.properties import naive
from tests.races.snapshot import Snapshot


def is_sound(tenancy: Tenantry, tenant_id: str, snapshot: Snapshot | None = None) -> None:
    """I1, I2, I4 to I6, I8, and what else must hold of what is stored."""
    wrong = [*(snapshot or Snapshot.of(tenancy._store, tenant_id)).broken()]
    if wrong:
        raise AssertionError(f"The tenant is not sound: {'; '.join(wrong)}")


def keeps_no_secret(store: Store, tokens: Iterable[str]) -> None:
    """I10: no token, nor the half of it that is its signature, is anywhere in what is stored."""
    everything = stored(store)
    for token in tokens:
        if token in everything or token.rpartition(".")[2] in everything:
            raise AssertionError("A token is stored.")
    if any(key in everything for key in KEYS):
        raise AssertionError("A secret key is stored.")


def stored(store: Store) -> str:
    """All that is stored, as text."""
    if isinstance(store, MemoryStore):
        tables = [table for tables in store._state.tenants.values() for table in tables.values()]
        return repr([asdict(row) for table in tables for row in table.rows.values()])
    assert isinstance(store, SQLAlchemyStore)
    with store.engine.connect() as connection:
        return repr([connection.execute(table.select()).all() for table in metadata.sorted_tables])


def answers_as_the_words_say(tenancy: Tenantry, tenant_id: str) -> None:
    """I12: every answer to every member, and who gets which, from what is stored and without our shortcuts."""
    with tenancy._store.query(tenant_id) as tx:
        tenant, roles = tx.tenant(), tuple(map(as_role, tx.records(ROLES).list()))
        workspaces = {each.id: each.status for each in tx.records(WORKSPACES).list()}
        members, grants = tx.records(MEMBERSHIPS).list(), tx.records(GRANTS).list()
    if tenant.status is TenantStatus.PURGED:
        return
    allowed: dict[str, set[tuple[str, str | None]]] = {}
    for member in members:
        by = principal_of(member.user_id)
        access = tenancy.tenant(tenant_id, by=by).access(workspaces=[*workspaces])
        theirs = tuple(grant for grant in grants if grant.membership_id == member.id)
        standing = Standing(tenant.status, member.id, member.status, theirs, workspaces, roles)
        allowed[member.user_id] = naive.rights(schemes.AGENCY, Facts(tenant_id, by, standing, access.as_of))
        answered = {(name, place) for place, here in answers_of(access).items() for name, yes in here.items() if yes}
        if answered != allowed[member.user_id]:
            different = sorted(answered ^ allowed[member.user_id], key=repr)
            raise AssertionError(f"An answer is wrong: for {member.user_id}, {different}")
    context = tenancy.tenant(tenant_id, by=SYSTEM)
    for asked in [("tenant-api:member:read", None), ("workspace-api:settings:update", tenant.default_workspace_id)]:
        able = {member.user_id for member in context.who_can(asked[0], workspace=asked[1], limit=200)}
        if able != {user_id for user_id, theirs in allowed.items() if asked in theirs}:
            raise AssertionError(f"An answer is wrong: {sorted(able)} can {asked}")
