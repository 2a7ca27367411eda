"""Who and what a random history is about: mostly what there is just now, so that much of it comes to something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.stateful.beside import Beside
from tests.stateful.model.state import EMAILS, Limits

__all__ = [
    "ACTS",
    "BY",
    "GIVEN",
    "INVITED",
    "LASTING",
    "MOST",
    "OFFERS",
    "PERSONS",
    "ROLES",
    "ROLES_THERE",
    "TENANTS",
    "USERS",
    "WORKSPACES",
    "Known",
    "Offer",
    "Spot",
]

T = TypeVar("T")

STRANGERS = ["ada", "bob", "cyd", "dan", "eve", "fay", "service:robot"]


def whoever(of: Callable[[Known], Sequence[T]]) -> st.SearchStrategy[T]:
    """One of those that there are just now."""
    return st.runner().flatmap(lambda history: st.sampled_from(of(history)))


TENANTS = whoever(lambda history: [*history.tenants, *[id for id in history.tenants[:1] if history.lives(id)] * 3])
BY = whoever(lambda history: [*history.members() * 4, "system", *STRANGERS])
USERS = whoever(lambda history: [*history.members() * 4, *STRANGERS])
PERSONS = st.sampled_from(STRANGERS)
WORKSPACES = whoever(lambda history: [*history.workspaces, *history.workspaces[1:]])
OFFERS = whoever(lambda history: [*history.offers, *[offer for offer in history.offers if history.waits(offer)] * 3])
ROLES = st.sampled_from(["member", "admin", "owner"])
ROLES_THERE = st.sampled_from(["viewer", "member", "admin"])
LASTING = st.sampled_from([None, timedelta(hours=1), timedelta(days=3)])
MOST = st.sampled_from([None, 0, 2, 3, 4, 6])
INVITED = st.sampled_from(["fay", "fay", "dan", "cyd", "bob", "eve"])
ACTS = st.sampled_from(["suspend", "resume", "delete", "restore"])
GIVEN: dict[str, dict[str, Any]] = {"suspend": {"reason": "To be looked at"}, "delete": {"confirm": " ACME"}}

Spot = tuple[str, str]
Offer = tuple[str, str, str, str]


class Known(Beside):
    """A history with what it is about. It begins with a tenant of Ada's, an admin, a member, and an invitation."""

    def __init__(self) -> None:
        super().__init__()
        self.model.limits = Limits(members=6, workspaces=4, sites=3)
        self.tenants: list[str] = []
        self.workspaces: list[Spot] = []
        self.offers: list[Offer] = []
        self.created("ada")
        [(acme, general)] = self.workspaces
        self.added(acme, "ada", "bob", "admin", {})
        self.added(acme, "ada", "cyd", "member", {general: "admin"})
        self.sent(acme, "bob", "fay", "member", places={general: "viewer"}, lasting=None)

    def members(self) -> list[str]:
        """Who is a member of some tenant."""
        return sorted({user for tenant in self.model.tenants.values() for user in tenant.members})

    def lives(self, tenant: str) -> bool:
        """Whether it is in use."""
        return self.model.tenants[tenant].status == "active"

    def waits(self, offer: Offer) -> bool:
        """Whether it can be accepted."""
        return offer[1] in self.model.tenants[offer[0]].pending(self.clock())

    def sent(
        self, tenant: str, by: str, invitee: str, role: str, *, places: dict[str, str], lasting: timedelta | None
    ) -> None:
        email = f"{invitee.title()}@example.test"
        sent = self.at(tenant, by, "invitations.send", email, role=role, workspaces=places, expires_in=lasting)
        if "error" not in sent:
            self.offers.append((tenant, sent["invitation"]["id"], sent["token"], invitee))

    def created(self, by: str) -> None:
        made = self.do(self.model.create_tenant(by), lambda side: side.person(by).create_tenant("Acme"))
        if "error" not in made:
            self.tenants.append(made["id"])
            self.workspaces.append((made["id"], made["default_workspace_id"]))

    def added(self, tenant: str, by: str, user: str, role: str, places: dict[str, str], *, known: bool = True) -> None:
        email = EMAILS[user] if known else None
        self.at(tenant, by, "members.add", user, role=role, workspaces=places, email=email)
