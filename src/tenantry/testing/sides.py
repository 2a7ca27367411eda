"""One of two stores that are given the same history, and how what it answers is told without its ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Collection as Values
from datetime import datetime
from enum import Enum
from typing import Any, overload

from attrs import evolve, fields

from .. import Options, PersonContext, RemovalPlan, TenantContext, Tenantry, schemes
from ..access.compiled import answers_of
from ..kernel.clock import Clock
from ..kernel.errors import Conflict, Denied, TenantryError
from ..kernel.principal import SYSTEM, Principal
from ..notices.delivery import Delivery
from ..plans.model import NO_PLAN, PlanSource
from ..runtime.pages import Page
from ..runtime.participants import Change
from ..runtime.registry import PREFIXES
from ..storage.ports import Store

__all__ = ["KEYS", "PEOPLE", "Side"]

PEOPLE: Mapping[str, Principal] = {
    "system": SYSTEM,
    "ada": Principal("ada", name="Ada", email="ada@example.test", email_verified=True),
    "bob": Principal("bob", name="Bob", email="Bob@Example.test", email_verified=True),
    "cyd": Principal("cyd", email="cyd@example.test", email_verified=True),
    "dan": Principal("dan", name="Dan", email="dan@example.test"),
    "eve": Principal("eve", name="Eve", email="eve@example.test", email_verified=True, active=False),
    "fay": Principal("fay", name="Fay", email="fay@example.test", email_verified=True),
    "service:robot": Principal.service("robot"),
}
"""Who takes part in a history."""

_OPTIONS = Options(max_roles=6, max_pending_invitations=4, max_sends_an_hour=3, max_attempts=2)
KEYS = ["only for tests: a key of at least 32 bytes"]
"""The secret keys of a history."""

# An id, the digest of a plan, or the end of an id that makes a derived slug unique.
_ID = re.compile(
    rf"\b(?P<kind>{'|'.join(sorted(PREFIXES))})_[0-9a-hjkmnp-tv-z]{{26}}\b"
    r"|\b[0-9a-f]{64}\b|(?<=-)[0-9a-hjkmnp-tv-z]{8}$"
)


class _Sites:
    """What everybody owns one of."""

    name = "sites"

    def count(self, change: Change, session: Any) -> int:
        return 1

    reassign = delete = delete_workspace = delete_tenant = revoke = count


class _Mailer:
    """Delivers, but fails with what goes to one user, or to everybody."""

    def __init__(self, failing: str) -> None:
        self.failing = failing
        self.sent: list[Delivery] = []

    def send(self, delivery: Delivery, /) -> None:
        user = delivery.email.partition("@")[0].lower()
        if self.failing in ("everybody", user):
            raise OSError("The line is down.")
        self.sent.append(delivery)


class Side:
    """A `Tenantry` on one of the two stores.

    Ids and tokens differ between the stores. Each is told by a label: what it is, and as which one of these it was
    first seen. Two stores that agree see the same things in the same order, and so give them the same labels.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        plan: PlanSource = NO_PLAN,
        options: Options = _OPTIONS,
        hosting: bool = True,
    ) -> None:
        self.tenancy: Tenantry = Tenantry(
            store=store,
            scheme=schemes.AGENCY,
            secret_keys=KEYS,
            clock=clock,
            options=options,
            participants=[_Sites()] if hosting else [],
            notices=True,
            plan=plan,
        )
        self.plans: dict[tuple[str, str], RemovalPlan] = {}
        self._labels: dict[str, str] = {}
        self._reals: dict[str | None, str] = {}
        self._numbers: Counter[str] = Counter()

    @overload
    def real(self, label: str) -> str: ...

    @overload
    def real(self, label: str | None) -> str | None: ...

    def real(self, label: str | None) -> str | None:
        """What a label stands for on this side; itself, if it is none."""
        return self._reals.get(label, label)

    def reals(self, value: Any) -> Any:
        """The same with what the labels in it stand for."""
        match value:
            case str():
                return self.real(value)
            case Mapping():
                return {self.real(key): self.reals(each) for key, each in value.items()}
            case tuple() | list():
                return [self.reals(each) for each in value]
        return value

    def shape(self, shape: Mapping[str, Any]) -> dict[str, Any]:
        """What a role is to be, with the roles that it names as they are known on this side."""
        real = dict(shape)
        if "inherits" in shape:
            real["inherits"] = [self.real(role) for role in shape["inherits"]]
        if "acts_as" in shape:
            real["acts_as"] = self.real(shape["acts_as"])
        return real

    def places(self, workspace: str, role: str | None) -> dict[str, str] | None:
        """A role in a workspace, as they are known on this side; None for no role."""
        return None if role is None else {self.real(workspace): self.real(role)}

    def person(self, by: str) -> PersonContext:
        """What somebody may do for themselves."""
        return self.tenancy.person(PEOPLE[by])

    def context(self, tenant: str, by: str) -> TenantContext:
        """What somebody may do in the tenant of this label."""
        return self.tenancy.tenant(self.real(tenant), by=PEOPLE[by])

    def planned(self, tenant: str, by: str, user: str, to: str | None) -> RemovalPlan:
        """The plan of a removal, which is kept."""
        plan = self.context(tenant, by).members.plan_removal(user, reassign_to=to)
        self.plans[tenant, user] = plan
        return plan

    def delivered(self, failing: str) -> object:
        """What comes of delivering all notices that are due, and what was delivered, in no order."""
        mailer = _Mailer(failing)
        done = self.tenancy.jobs.dispatch_notices(mailer, limit=1_000)
        sent = [self.told(evolve(each, key="")) for each in mailer.sent]
        return done, sorted(sent, key=repr), self.tenancy.jobs.dead_notices(total=True)

    def retried(self) -> int:
        """Let each notice that was given up be delivered after all; how many that were."""
        dead = self.tenancy.jobs.dead_notices()
        for notice in dead:
            self.tenancy.jobs.retry_notice(notice.id)
        return len(dead)

    def seen_by_host(self, tenant: str) -> object:
        """What there is in a tenant, read in one transaction."""
        with self.tenancy.transaction() as tx:
            context = tx.tenant(self.real(tenant), by=SYSTEM)
            return [
                context.get(),
                context.members.list(total=True, limit=3, order="name"),
                context.members.list(total=True),
                context.workspaces.list(order="newest"),
                context.workspaces.list(status="archived", order="name"),
                context.workspaces.totals(),
                context.roles.list(order="name"),
                context.roles.matrix().to_csv(),
                context.invitations.list(status="pending"),
                context.invitations.list(order="newest"),
                context.owners(),
                context.plan.usage(),
                context.audit.list(limit=10, total=True),
            ]

    def seen_by_person(self, tenant: str, by: str) -> object:
        """What somebody may do in a tenant, and what there is for them in all."""
        with self.tenancy.transaction() as tx:
            person = tx.person(PEOPLE[by])
            workspaces = [place.id for place in tx.tenant(self.real(tenant), by=SYSTEM).workspaces.list()]
            access = tx.tenant(self.real(tenant), by=PEOPLE[by]).access(workspaces=workspaces)
            return [answers_of(access), person.tenants(total=True), person.invitations(total=True)]

    def outcome(self, work: Callable[[Side], object]) -> Any:
        """What comes of it: the result, or the error with its code, rule and decision; in plain values and labels."""
        try:
            return self.told(work(self))
        except TenantryError as error:
            rule = error.rule if isinstance(error, Conflict) else None
            decision = self.told(error.decision) if isinstance(error, Denied) else None
            return {"error": error.code, "rule": rule, "decision": decision, "data": self.told(error.data)}

    def told(self, value: Any) -> Any:
        """The same in plain values and labels."""
        match value:
            case Enum():
                return value.value
            case str():
                return _ID.sub(lambda found: self._label(found[0], found["kind"] or f"text of {len(found[0])}"), value)
            case None | bool() | int() | float() | datetime():
                return value
            case Page():
                return self.told([list(value), value.next is not None, value.total])
            case Mapping():
                # In the order of the ids, which on both sides is that of their making.
                return {self.told(key): self.told(value[key]) for key in sorted(value, key=lambda key: key or "")}
            case frozenset() | set():
                return self.told(sorted(value))
            case Values():
                return [self.told(each) for each in value]
        return {field.alias: self._field(field.alias, getattr(value, field.name)) for field in fields(type(value))}

    def _field(self, name: str, value: Any) -> Any:
        if name in ("nonce", "digest", "audit_head", "written_in"):
            return "drawn by lot"
        return self._label(value, "token") if name == "token" and value else self.told(value)

    def _label(self, real: str, kind: str) -> str:
        if real not in self._labels:
            label = f"{kind}#{self._numbers[kind]}"
            self._numbers[kind] += 1
            self._labels[real], self._reals[label] = label, real
        return self._labels[real]
