"""A process that changes tenants without end, and says what was done: `python -m tests.faults.workload URL …`.

Each command has a tag of its own as the id of its request. The tag is printed when the command has come back, so the
trail must have it, whatever becomes of this process.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from sqlalchemy import create_engine

from tenantry import SYSTEM, Issued, Origin, Principal, Tenantry, TenantryError, schemes
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.races.race import KEYS

__all__ = ["USERS", "store_on", "tenancy_on"]

USERS = [
    Principal(f"user_{number}", email=f"user-{number}@acme.test", email_verified=True, name=f"User {number}")
    for number in range(6)
]


def store_on(url: str, journal: str) -> SQLAlchemyStore:
    """A store on this database; with another journal of SQLite's than ours, on an engine of the host's own making."""
    return SQLAlchemyStore(url if journal == "own" else create_engine(url, connect_args={"timeout": 30}))


def tenancy_on(store: SQLAlchemyStore) -> Tenantry:
    """Tenants that owe people messages."""
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=KEYS, notices=True)


class Worker:
    """Does one thing after another in the tenants that there are."""

    def __init__(self, tenancy: Tenantry, tenants: Sequence[str], seed: int) -> None:
        self._tenancy = tenancy
        self._tenants = tenants
        self._chance = random.Random(seed)
        self._issued: dict[str, Issued] = {}
        self._tags = count()
        self._seed = seed

    def step(self) -> str | None:
        """Do something; its tag, if it was not refused and has changed something for certain."""
        tag = f"{self._seed}-{next(self._tags)}"
        tenant_id = self._chance.choice(self._tenants)
        user = self._chance.choice(USERS)
        act = self._chance.choice(
            [self._add, self._change, self._remove, self._status, self._invite, self._accept, self._workspace]
        )
        try:
            act(tenant_id, user, Origin(request_id=tag, address="203.0.113.7"))
        except TenantryError:
            return None
        return None if act in (self._change, self._status) else tag  # another may have done the same just before

    def _add(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        context = self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin)
        context.members.add(
            user.user_id, role=self._chance.choice(["admin", "member"]), name=user.name, email=user.email
        )

    def _change(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        context = self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin)
        role = self._chance.choice([each for each in ("admin", "member") if each not in self._roles(tenant_id, user)])
        context.members.change_role(user.user_id, role=role)

    def _roles(self, tenant_id: str, user: Principal) -> Sequence[str]:
        return self._tenancy.tenant(tenant_id, by=SYSTEM).members.get(user.user_id).roles

    def _remove(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin).members.remove(user.user_id)

    def _status(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        members = self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin).members
        active = members.get(user.user_id).is_active
        (members.deactivate if active else members.reactivate)(user.user_id)

    def _invite(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        context = self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin)
        tail = self._chance.randrange(10_000)
        self._issued[tenant_id] = context.invitations.send(f"guest-{tail}@gov.test", message="Welcome!")

    def _accept(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        issued = self._issued.pop(tenant_id, None)
        if issued is None:
            self._workspace(tenant_id, user, origin)
            return
        email = issued.invitation.email
        guest = Principal(f"guest_{email}", email=email, email_verified=True)
        self._tenancy.person(guest, origin=origin).accept(issued.token)

    def _workspace(self, tenant_id: str, user: Principal, origin: Origin) -> None:
        context = self._tenancy.tenant(tenant_id, by=SYSTEM, origin=origin)
        context.workspaces.create(f"Press {origin.request_id}")


def main(url: str, journal: str, seed: str, *tenants: str) -> None:
    worker = Worker(tenancy_on(store_on(url, journal)), tenants, int(seed))
    with suppress(BrokenPipeError):
        while True:
            tag = worker.step()
            if tag is not None:
                sys.stdout.write(f"{tag}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
