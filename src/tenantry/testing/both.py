"""How a history is done on two stores at once, and compared after every step."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple

from .. import PersonContext, TenantContext, Tenantry
from ..plans.model import NO_PLAN, Plan
from ..storage.ports import Store
from ..tenants.model import Tenant
from . import strategies
from .clock import FrozenClock
from .sides import Side

__all__ = [
    "ANYBODY",
    "ANY_ROLE",
    "NAMES",
    "PERSONS",
    "SLUGS",
    "TENANT_ROLES",
    "WORKSPACE_ROLES",
    "Both",
    "Check",
    "Offer",
    "Place",
]

# In the first tenant Ada is the owner, Bob an admin, Cyd has a custom role, and Fay is invited: they are drawn often.
PERSONS = st.sampled_from(["bob", "cyd", "fay", "bob", "cyd", "fay", "ada", "dan", "eve"])
ANYBODY = st.sampled_from(["ada", "ada", "ada", "bob", "cyd", "fay", "dan", "eve", "system"])
NAMES = st.sampled_from(["Acme", "acme", "Admin", "Ämter", "東京"]) | strategies.names()
SLUGS = st.none() | st.sampled_from(["acme", "beta", "general", "admin"]) | strategies.slugs()

Place = tuple[str, str]
Offer = tuple[str, str, str]
Check = Callable[[Tenantry, str], None]


class Both(RuleBasedStateMachine):
    """Does everything on both sides, and compares. Tenants and all else are named by their labels."""

    makers: ClassVar[tuple[Callable[[], Store], Callable[[], Store]]]
    checks: ClassVar[tuple[Check, ...]] = ()

    tenants: Bundle[str] = Bundle("tenants")
    workspaces: Bundle[Place] = Bundle("workspaces")
    invitations: Bundle[Offer] = Bundle("invitations")
    tenant_roles: Bundle[Place] = Bundle("tenant_roles")
    workspace_roles: Bundle[Place] = Bundle("workspace_roles")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.plan: Plan = NO_PLAN
        self.founded = 0
        self.sides = [Side(make(), self.clock, plan=self._plan_of) for make in self.makers]
        acme = self._person("ada", lambda person: person.create_tenant("Acme"))
        self.acme, self.general = str(acme["id"]), str(acme["default_workspace_id"])
        self.known = [self.acme]
        held = ["tenant-api:member:read", "tenant-api:role:read"]
        self.helper = self._role("Helper", level="workspace", permissions=["workspace-api:member:*"])
        self.clerk = self._role("Clerk", level="tenant", permissions=held)
        self.chief = self._role("Chief", level="tenant", inherits=[self.clerk], acts_as=self.helper)
        for user, role in {"bob": "admin", "cyd": self.chief}.items():
            self._both(lambda side: side.context(self.acme, "ada").members.add(user, role=side.real(role)))  # noqa: B023 - run now
        self.sent = self._both(
            lambda side: side.context(self.acme, "bob").invitations.send(
                "Fay@example.test",
                role=side.real(self.clerk),
                workspaces={side.real(self.general): side.real(self.helper)},
            )
        )

    @initialize(target=tenants)
    def first_tenant(self) -> str:
        """The tenant that everything begins with."""
        return self.acme

    @initialize(target=workspaces)
    def first_workspace(self) -> Place:
        """Its default workspace."""
        return self.acme, self.general

    @initialize(target=invitations)
    def first_invitation(self) -> Offer:
        """The invitation for Fay, into the workspace too."""
        return self.acme, self.sent["invitation"]["id"], self.sent["token"]

    @initialize(target=tenant_roles)
    def first_tenant_roles(self) -> Any:
        """A custom role, and one that is built on it, which Cyd has; the first is offered to Fay."""
        return multiple((self.acme, self.clerk), (self.acme, self.chief))

    @initialize(target=workspace_roles)
    def first_workspace_role(self) -> Place:
        """A custom role of the other level, as which the second one acts."""
        return self.acme, self.helper

    def _plan_of(self, tenant: Tenant, session: object) -> Plan:
        return self.plan

    def _role(self, name: str, **shape: Any) -> str:
        def work(side: Side) -> object:
            given: dict[str, Any] = {"permissions": []} | side.shape(shape)
            return side.context(self.acme, "ada").roles.define(name, **given)

        return str(self._both(work)["id"])

    def _person(self, by: str, work: Callable[[PersonContext], object]) -> Any:
        return self._both(lambda side: work(side.person(by)))

    def _tenant(self, tenant: str, by: str, work: Callable[[TenantContext], object]) -> Any:
        return self._both(lambda side: work(side.context(tenant, by)), tenant=tenant, by=by)

    def _about(self, at: Place, by: str, work: Callable[[TenantContext, str], object]) -> Any:
        """The outcome of what is done in a tenant with one thing in it, a workspace for instance."""
        tenant, id = at
        return self._both(lambda side: work(side.context(tenant, by), side.real(id)), tenant=tenant, by=by)

    def _both(self, work: Callable[[Side], object], *, tenant: str | None = None, by: str = "system") -> Any:
        """The outcome on both sides; and then what there is to be seen of the tenant and of who acted."""
        outcome = self._agreed(work)
        if tenant is not None:
            self._look(tenant)
            if by != "system":
                self._agreed(lambda side: side.seen_by_person(tenant, by))
        return outcome

    def _everywhere(self, work: Callable[[Side], object]) -> None:
        """What is done with all tenants; and then what there is to be seen of each."""
        self._agreed(work)
        for tenant in self.known:
            self._look(tenant)

    def _look(self, tenant: str) -> None:
        self._agreed(lambda side: side.seen_by_host(tenant))
        for check in self.checks:
            for side in self.sides:
                check(side.tenancy, side.real(tenant))

    def _agreed(self, work: Callable[[Side], object]) -> Any:
        left, right = (side.outcome(work) for side in self.sides)
        if left != right:
            raise AssertionError(f"The stores do not agree.\n  left:  {left!r}\n  right: {right!r}")
        return left


# Roles by their keys or labels.
TENANT_ROLES = st.sampled_from(["owner", "admin", "member"]) | Both.tenant_roles.map(itemgetter(1))
WORKSPACE_ROLES = st.sampled_from(["admin", "member", "viewer"]) | Both.workspace_roles.map(itemgetter(1))
ANY_ROLE = TENANT_ROLES | WORKSPACE_ROLES
