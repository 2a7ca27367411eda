"""The random histories of whole tenants."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tenantry import NewMember
from tests.stateful.drawn import (
    ACTS,
    BY,
    GIVEN,
    INVITED,
    LASTING,
    MOST,
    OFFERS,
    PERSONS,
    ROLES,
    ROLES_THERE,
    TENANTS,
    USERS,
    WORKSPACES,
    Known,
    Offer,
    Spot,
)
from tests.stateful.model.state import EMAILS, NAMES, Limits
from tests.stateful.model.tenants import Tenants

__all__ = ["Histories"]


class Histories(Known):
    """What can happen."""

    # --- tenants

    @precondition(lambda self: len(self.model.tenants) < 2)
    @rule(by=st.sampled_from(["bob", "fay", "eve"]))
    def create_tenant(self, by: str) -> None:
        self.created(by)

    @rule(tenant=TENANTS, acts=st.lists(st.tuples(BY, ACTS), max_size=4), stays=st.sampled_from(range(4)))
    def live(self, tenant: str, acts: list[tuple[str, str]], stays: int) -> None:
        """Close it and open it again; now and then it stays as it is by then."""
        for by, act in [*acts, *[("system", "restore"), ("system", "resume")][: 2 if stays else 0]]:
            self.at(tenant, by, act, **GIVEN.get(act, {}))

    @precondition(lambda self: any(each.status == "deleted" for each in self.model.tenants.values()))
    @rule(days=st.sampled_from([0, 31]))
    def purge(self, days: int) -> None:
        self.clock.advance(days=days)
        self.do(self.model.purge(), lambda side: side.tenancy.jobs.purge())

    @rule(limits=st.builds(Limits, MOST, MOST, st.booleans(), MOST))
    def sell(self, limits: Limits) -> None:
        """Every tenant has another plan from now on, be it smaller than what is used."""
        self.model.limits = limits

    @rule(tenant=TENANTS, by=BY, at=st.none() | WORKSPACES, amount=st.sampled_from([-1, 1, 1, 2]))
    def use(self, tenant: str, by: str, at: Spot | None, amount: int) -> None:
        self.at(at[0] if at else tenant, by, "plan.use", "sites", amount, workspace=at and at[1])

    # --- members

    @rule(
        tenant=TENANTS,
        by=BY,
        user=PERSONS,
        role=ROLES,
        at=st.none() | WORKSPACES,
        placed=ROLES_THERE,
        known=st.booleans(),
    )
    def add(self, *, tenant: str, by: str, user: str, role: str, at: Spot | None, placed: str, known: bool) -> None:
        self.added(tenant, by, user, role, {at[1]: placed} if at else {}, known=known)

    @rule(tenant=TENANTS, by=BY, users=st.lists(PERSONS, max_size=3), role=ROLES)
    def add_many(self, tenant: str, by: str, users: list[str], role: str) -> None:
        rows = [(user, role, EMAILS[user]) for user in users]
        script = Tenants(self.model, tenant, by).members.add_many(rows)
        given = [NewMember(user, role=role, email=email) for user, role, email in rows]
        self.in_context(script, tenant, by, lambda _, context: context.members.add_many(given))

    @rule(tenant=TENANTS, by=BY, user=USERS, role=ROLES)
    def change_role(self, tenant: str, by: str, user: str, role: str) -> None:
        self.at(tenant, by, "members.change_role", user, role=role)

    @rule(tenant=TENANTS, by=BY, user=USERS, verb=st.sampled_from(["deactivate", "reactivate"]))
    def switch(self, tenant: str, by: str, user: str, verb: str) -> None:
        self.at(tenant, by, f"members.{verb}", user)

    @rule(tenant=TENANTS, by=BY, user=USERS)
    def update_member(self, tenant: str, by: str, user: str) -> None:
        self.at(tenant, by, "members.update", user, name=NAMES.get(user, "Cyd"), email=EMAILS[user])

    @rule(user=USERS, ago=st.sampled_from([0, 0, 1]), refreshing=st.booleans())
    def sign_in(self, *, user: str, ago: int, refreshing: bool) -> None:
        """Sign in, or have done so some days ago; the tenants that know the user otherwise are told."""
        at = self.clock() - timedelta(days=ago)
        outdated = self.model.outdated(user).keys()
        told = [self.do(self.model.signed_in(user, at), lambda side: side.person(user).signed_in(at))]
        if refreshing:
            told.append(self.do(self.model.refresh_profile(user), lambda side: side.person(user).refresh_profile()))
        if any(set(each) != outdated for each in told):
            raise AssertionError(f"Told were {told}, not {sorted(outdated)}.")

    @rule(tenant=TENANTS, by=BY.filter(lambda by: by != "eve"), user=USERS, to=st.none() | st.none() | USERS)
    def plan_removal(self, tenant: str, by: str, user: str, to: str | None) -> None:
        script = Tenants(self.model, tenant, by).members.plan_removal(user, reassign_to=to)
        self.do(script, lambda side: side.planned(tenant, by, user, to), tenant)

    @rule(
        tenant=TENANTS,
        by=BY,
        user=USERS,
        to=st.none() | st.none() | USERS,
        planned=st.booleans(),
        confirm=st.sampled_from(["{}@EXAMPLE.test", "{}@EXAMPLE.test", " {} ", None]),
    )
    def remove(self, *, tenant: str, by: str, user: str, to: str | None, planned: bool, confirm: str | None) -> None:
        planned = planned and (tenant, user) in self.model.plans
        typed = confirm and confirm.format(user)
        members = Tenants(self.model, tenant, by).members
        self.in_context(
            members.remove(user, reassign_to=to, planned=planned, confirm=typed),
            tenant,
            by,
            lambda side, context: context.members.remove(
                user, reassign_to=to, plan=side.plans[tenant, user] if planned else None, confirm=typed
            ),
        )

    @rule(tenant=TENANTS, by=USERS)
    def leave(self, tenant: str, by: str) -> None:
        self.at(tenant, by, "members.leave")

    @rule(tenant=TENANTS, by=BY, to=USERS, role=st.none() | ROLES)
    def transfer_ownership(self, tenant: str, by: str, to: str, role: str | None) -> None:
        self.at(tenant, by, "members.transfer_ownership", to=to, role=role)

    @rule(user=st.sampled_from(["fay", "fay", "dan", "eve", "cyd", "bob", "ada"]))
    def forget(self, user: str) -> None:
        self.do(self.model.forget(user), lambda side: side.tenancy.forget(user, emails=[EMAILS[user]]))

    # --- workspaces

    @rule(tenant=TENANTS, by=BY, admin=st.none() | USERS)
    def create_workspace(self, tenant: str, by: str, admin: str | None) -> None:
        made = self.at(tenant, by, "workspaces.create", "Press", admin=admin)
        if "error" not in made:
            self.workspaces.append((tenant, made["id"]))

    @rule(at=WORKSPACES, by=BY, verb=st.sampled_from(["archive", "restore"]))
    def change_workspace(self, at: Spot, by: str, verb: str) -> None:
        self.at(at[0], by, f"workspaces.{verb}", at[1])

    @rule(
        at=WORKSPACES, by=BY, user=USERS, role=ROLES_THERE, verb=st.sampled_from(["add_member", "change_member_role"])
    )
    def place(self, at: Spot, by: str, user: str, role: str, verb: str) -> None:
        self.at(at[0], by, f"workspaces.{verb}", at[1], user, role=role)

    @rule(at=WORKSPACES, by=BY, user=USERS)
    def displace(self, at: Spot, by: str, user: str) -> None:
        self.at(at[0], by, "workspaces.remove_member", at[1], user)

    # --- invitations

    @rule(
        tenant=TENANTS,
        by=BY,
        invitee=INVITED,
        role=ROLES,
        at=st.none() | WORKSPACES,
        placed=ROLES_THERE,
        lasting=LASTING,
    )
    def send(
        self,
        *,
        tenant: str,
        by: str,
        invitee: str,
        role: str,
        at: Spot | None,
        placed: str,
        lasting: timedelta | None,
    ) -> None:
        self.sent(tenant, by, invitee, role, places={at[1]: placed} if at else {}, lasting=lasting)

    @rule(offer=OFFERS, by=BY)
    def resend(self, offer: Offer, by: str) -> None:
        tenant, id, _, invitee = offer
        sent = self.at(tenant, by, "invitations.resend", id)
        if "error" not in sent:
            self.offers.append((tenant, id, sent["token"], invitee))

    @rule(
        offer=OFFERS,
        by=BY,
        role=st.none() | ROLES,
        at=st.none() | WORKSPACES,
        placed=ROLES_THERE,
        lasting=LASTING,
    )
    def update(
        self, *, offer: Offer, by: str, role: str | None, at: Spot | None, placed: str, lasting: timedelta | None
    ) -> None:
        places = {at[1]: placed} if at else None
        self.at(offer[0], by, "invitations.update", offer[1], role=role, workspaces=places, expires_in=lasting)

    @rule(offer=OFFERS, by=BY)
    def revoke(self, offer: Offer, by: str) -> None:
        self.at(offer[0], by, "invitations.revoke", offer[1])

    @rule(offer=OFFERS)
    def join(self, offer: Offer) -> None:
        """The invited person accepts."""
        self.as_person(offer[3], "accept", offer[2])

    @rule(offer=OFFERS, by=PERSONS)
    def intrude(self, offer: Offer, by: str) -> None:
        """Whoever has the link accepts."""
        self.as_person(by, "accept", offer[2])

    @rule(offer=OFFERS, by=st.none() | PERSONS, reason=st.sampled_from([None, "No time"]))
    def decline(self, offer: Offer, by: str | None, reason: str | None) -> None:
        self.as_person(by or offer[3], "decline", offer[2], reason)

    # --- time, and what goes out

    @rule(span=st.sampled_from([timedelta(microseconds=1), timedelta(hours=1), timedelta(days=3), timedelta(days=7)]))
    def wait(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule(failing=st.sampled_from(["nobody", "everybody", "fay"]))
    def deliver(self, failing: str) -> None:
        """The mailer gets what is due and needed, each with the newest link."""
        counts, sent = self.model.dispatch(failing)
        done, delivered = self.agreed(lambda side: side.delivered(failing))[:2]
        got = sorted((each["kind"], each["email"], each["token"] or "") for each in delivered)
        if (got, {name: done[name] for name in counts}) != (sent, counts):
            raise AssertionError(f"Delivered: {got}, {done}; not {sent}, {counts}.")
        for tenant in self.model.tenants:
            self.check(tenant)
        self.clock.advance(hours=8)  # by then what has failed is to be tried again, for whatever time it was put off
