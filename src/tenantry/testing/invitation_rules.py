"""What is done with invitations in a random history: they are sent, changed, and answered in time or too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from .both import ANY_ROLE, ANYBODY, PERSONS, TENANT_ROLES, WORKSPACE_ROLES, Both, Offer, Place
from .sides import Side

__all__ = ["InvitationRules"]

_LASTING = st.sampled_from([None, timedelta(hours=1), timedelta(days=6), timedelta(seconds=1)])


class InvitationRules(Both):
    """The rules about invitations."""

    @rule(
        target=Both.invitations,
        tenant=Both.tenants,
        by=ANYBODY,
        invitee=PERSONS,
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
        lasting=_LASTING,
    )
    def send(
        self,
        *,
        tenant: str,
        by: str,
        invitee: str,
        role: str | None,
        at: Place,
        placed: str | None,
        lasting: timedelta | None,
    ) -> Any:
        """Offer membership to somebody's address."""

        def work(side: Side) -> object:
            email, places = f"{invitee.title()}@example.test", side.places(at[1], placed)
            context = side.context(tenant, by)
            return context.invitations.send(email, role=side.real(role), workspaces=places, expires_in=lasting)

        sent = self._both(work, tenant=tenant, by=by)
        return multiple() if "error" in sent else (tenant, sent["invitation"]["id"], sent["token"])

    @rule(target=Both.invitations, offer=Both.invitations, by=ANYBODY)
    def resend(self, offer: Offer, by: str) -> Any:
        """Send one again."""
        tenant, id, _ = offer
        sent = self._about((tenant, id), by, lambda context, real: context.invitations.resend(real))
        return multiple() if "error" in sent else (tenant, id, sent["token"])

    @rule(
        offer=Both.invitations,
        by=ANYBODY,
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
        lasting=_LASTING,
    )
    def revise(
        self, *, offer: Offer, by: str, role: str | None, at: Place, placed: str | None, lasting: timedelta | None
    ) -> None:
        """Change what one offers, and until when."""

        def work(side: Side) -> object:
            return side.context(offer[0], by).invitations.update(
                side.real(offer[1]),
                role=side.real(role),
                workspaces=side.places(at[1], placed),
                expires_in=lasting,
                message=f"By {by}",
            )

        self._both(work, tenant=offer[0], by=by)

    @rule(offer=Both.invitations, by=ANYBODY, verb=st.sampled_from(["revoke", "get"]))
    def manage(self, offer: Offer, by: str, verb: str) -> None:
        """Withdraw one, or look at it."""
        self._about(offer[:2], by, lambda context, id: getattr(context.invitations, verb)(id))

    @rule(offer=Both.invitations, by=PERSONS, reason=st.none() | st.sampled_from(["", "accept", "accept", "No time"]))
    def answer(self, offer: Offer, by: str, reason: str | None) -> None:
        """Look at one with its link, and accept it or turn it down."""

        def work(side: Side) -> object:
            person, token = side.person(by), side.real(offer[2])
            if reason == "accept":
                return person.accept(token)
            person.decline(token, reason)
            return None

        self._both(lambda side: side.tenancy.inspect_invitation(side.real(offer[2])))
        self._both(work, tenant=offer[0], by=by)

    @rule(tenant=Both.tenants, at=Both.workspaces, offer=Both.invitations, role=ANY_ROLE, by=ANYBODY)
    def reach_across(self, *, tenant: str, at: Place, offer: Offer, role: str, by: str) -> None:
        """Name what may be another tenant's."""
        self._about((tenant, at[1]), by, lambda context, id: context.workspaces.update(id, description="reached"))
        self._about((tenant, offer[1]), by, lambda context, id: context.invitations.resend(id))
        self._about((tenant, role), by, lambda context, id: context.roles.update(id, description="reached"))
