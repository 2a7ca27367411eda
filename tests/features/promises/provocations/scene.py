"""Where errors are provoked: a company, and the means to build more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Any, TypeAlias

from tenantry import Principal, TenantContext, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, SECRET
from tests.features.verbs import World

__all__ = ["Provocations", "Scene", "committing"]


class Scene(World):
    """A world of a clock that stands still, in which people and settings can be changed."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock()
        self.store = store
        super().__init__(store, clock=self.clock)

    @classmethod
    def in_memory(cls) -> Scene:
        """A new one, as it is when it is made; what takes long is done once."""
        made, store = _made(), MemoryStore()
        store._state = made.store._state
        scene = copy(made)
        scene.clock, scene.store = FrozenClock(), store
        scene.tenancy = scene.started()
        scene.acme = copy(made.acme)
        scene.acme.tenancy = scene.tenancy
        return scene

    def context(self, by: Principal = ADA) -> TenantContext:
        """A new context in the company."""
        return self.acme.context(by)

    def started(self, **settings: Any) -> Tenantry:
        """The same application, started again with other settings."""
        known: dict[str, Any] = {"store": self.store, "scheme": schemes.AGENCY, "secret_keys": [SECRET]}
        return Tenantry(**known | {"clock": self.clock} | settings)

    def started_here(self, **settings: Any) -> TenantContext:
        """What Ada may do in the company, after that."""
        return self.started(**settings).tenant(self.acme.id, by=ADA)


class _InMemory(Scene):
    store: MemoryStore


@cache
def _made() -> _InMemory:
    return _InMemory(MemoryStore())


def committing(scene: Scene, commit: Callable[[Any], object]) -> object:
    """A command in which a participant of the host ends the transaction."""

    class Campaigns:
        name = "campaigns"

        def joined(self, changes: object, session: Any) -> None:
            commit(session)

    store = SQLAlchemyStore("sqlite://")
    store.create_all()
    tenancy = scene.started(store=store, participants=[Campaigns()])
    quiet = scene.started(store=store)
    tenant = quiet.person(ADA).create_tenant("Beta")
    return tenancy.tenant(tenant.id, by=ADA).members.add("user_new")


Provocations: TypeAlias = Mapping[tuple[str, str], Callable[[Scene], object]]
"""What ends in an error, by the name of its class and the rule."""
