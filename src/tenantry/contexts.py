"""What `Tenantry` hands out for a person and for a tenant. No logic lives here."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from .access.compiled import Access, pairs
from .access.model import Decision
from .access.service.questions import Questions
from .access.service.roles import Roles
from .audit.service.audit import Audit
from .invitations.model import Accepted, Invitation
from .invitations.preview import InvitationPreview
from .invitations.service.invitations import Invitations
from .invitations.service.redemption import Redemption, addressed, find_offer, holding, list_received
from .kernel.principal import Origin, Principal, require_origin, verified_email_key
from .members.model import Membership, MyTenant
from .members.service.members import Members, my_tenants
from .members.service.profiles import refresh_profile, signed_in
from .overview.model import Overview
from .overview.service.overviews import Overviews
from .plans.service.plans import Plans
from .runtime.pages import Page
from .runtime.runner import Runner, across
from .runtime.unit_of_work import Settings
from .storage.ports import Creating, Gate, Person, Store
from .tenants.model import Owner, Tenant
from .tenants.service.finding import locate
from .tenants.service.life import Life
from .tenants.service.tenants import Birth, Founding, Tenants
from .workspaces.service.workspaces import Workspaces

__all__ = ["PersonContext", "TenantContext"]


class PersonContext:
    """What somebody may do for themselves. Get one from `Tenantry.person`."""

    def __init__(self, store: Store, settings: Settings, by: Principal, origin: Origin | None) -> None:
        self._store = store
        self._settings = settings
        self._by = by
        self._origin = require_origin(origin)

    def __repr__(self) -> str:
        return f"<PersonContext of {self._by.user_id}>"

    def create_tenant(self, name: str, *, slug: str | None = None) -> Tenant:
        """Bring a tenant into being, owned by this person, with a default workspace: all of it or nothing.

        Args:
            name: 1-100 characters on one line.
            slug: 1-63 lower-case letters, digits and hyphens; made from the name unless given.

        Raises:
            SlugTaken: A tenant has the slug, or once had it.
            Invalid: A text cannot be accepted.
            Denied: The account is switched off, or somebody impersonates the person.
        """
        birth = Birth.of(self._settings, name, slug=slug, by=self._by)
        return Founding(self._runner(birth.tenant.id, Creating(birth.tenant))).create_tenant(birth, self._by)

    def tenants(
        self, *, limit: int = 50, after: str | None = None, offset: int | None = None, total: bool = False
    ) -> Page[MyTenant]:
        """The tenants that the person is a member of, each with the membership.

        Of a tenant in which they are deactivated they see its id, its name and that; see `MyTenant`.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        with across(self._store, self._scope()) as tenants:
            return my_tenants(
                tenants, self._settings, self._by, limit=limit, after=after, offset=offset, order=None, total=total
            )

    def invitations(
        self, *, limit: int = 50, after: str | None = None, offset: int | None = None, total: bool = False
    ) -> Page[InvitationPreview]:
        """The invitations that wait for the person's verified address; `accept_offer` accepts one without its link.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        with across(self._store, self._scope()) as tenants:
            return list_received(
                tenants, self._settings, self._by, limit=limit, after=after, offset=offset, order=None, total=total
            )

    def locate(self, id: str) -> str:
        """The id of the tenant that has this workspace or invitation, for a request that names nothing else.

        It is looked for in the tenants of which the person is a member, of any status, and in those with a pending
        invitation to their verified address. It gives no right to anything: every verb there decides for itself.

        Args:
            id: `ws_…` or `inv_…`.

        Raises:
            NotFound: None of these tenants has it; whether another has it is not told.
            Invalid: It is the id of something else, or none.
        """
        return locate(self._store, self._by, id)

    def accept(self, token: str) -> Accepted:
        """Join the tenant that the invitation offers. Once; the same person accepting again gets the same answer.

        Raises:
            InvalidToken: It is no token of ours.
            NotTheInvitee: It was made to another address (rule `other_address`), or this person's is not verified
                (rule `email_unverified`).
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            LimitReached: The plan has no place for one more member; the invitation stays pending.
            InviterLostAuthority: Who sent it may not offer this any more.
            Denied: The account, the tenant, or the membership that they have is switched off; or they are a member who
                has sent it themselves, and it would give them more; or somebody impersonates them.
        """
        opened = self._settings.keys.read_invitation(token)
        return Redemption(self._runner(opened.tenant_id, holding(opened))).accept(opened)

    def decline(self, token: str, reason: str | None = None) -> None:
        """Turn an invitation down; it takes the same proof as accepting it.

        Args:
            token: From the link.
            reason: Plain text of at most 500 characters for who sent it.

        Raises:
            InvalidToken: It is no token of ours.
            NotTheInvitee: It was made to another address, or this person's is not verified.
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            Denied: The account or the tenant is switched off, or somebody impersonates them.
        """
        opened = self._settings.keys.read_invitation(token)
        Redemption(self._runner(opened.tenant_id, holding(opened))).decline(opened, reason)

    def accept_offer(self, invitation_id: str) -> Accepted:
        """Accept an invitation from the person's inbox, without its link: the verified address is the proof.

        Args:
            invitation_id: As `invitations()` shows it.

        Raises:
            NotFound: No invitation of this id was made to the person's verified address.
            InvitationExpired: It is past its time.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            LimitReached: The plan has no place for one more member; the invitation stays pending.
            InviterLostAuthority: Who sent it may not offer this any more.
            Denied: The account, the tenant, or the membership that they have is switched off; or they are a member who
                has sent it themselves, and it would give them more; or somebody impersonates them.
        """
        offer = self._offer(invitation_id)
        return Redemption(self._runner(offer.tenant_id, addressed(offer))).accept_offer(offer.id)

    def decline_offer(self, invitation_id: str, reason: str | None = None) -> None:
        """Turn an invitation from the person's inbox down, without its link.

        Args:
            invitation_id: As `invitations()` shows it.
            reason: Plain text of at most 500 characters for who sent it.

        Raises:
            NotFound: No invitation of this id was made to the person's verified address.
            InvitationExpired: It is past its time.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            Denied: The account or the tenant is switched off, or somebody impersonates them.
        """
        offer = self._offer(invitation_id)
        Redemption(self._runner(offer.tenant_id, addressed(offer))).decline_offer(offer.id, reason)

    def _offer(self, invitation_id: str) -> Invitation:
        with across(self._store, self._scope()) as tenants:
            return find_offer(tenants, self._by, invitation_id)

    def signed_in(self, at: datetime | None = None) -> Sequence[str]:
        """Keep when the person has signed in to the host, for all their tenants at once; call it at each sign-in.

        It is one statement, locks no tenant and leaves no audit event. An earlier time never replaces a later one.

        Args:
            at: When, with a time zone, not in the future; now unless given.

        Returns:
            The ids of the tenants that `refresh_profile` would change, so that a host writes
            `if person.signed_in(): person.refresh_profile()`.

        Raises:
            Invalid: The time cannot be accepted.
            Denied: Somebody impersonates the person, who is not there themselves.
        """
        return signed_in(self._store, self._settings, self._by, at)

    def refresh_profile(self) -> Sequence[str]:
        """Bring the person's name and verified address up to date in their tenants; a command where they differ.

        What the host does not know, or has no proof of, stays as it is. So does everything in tenants in which the
        person may not act now.

        Returns:
            The ids of the tenants that were changed.

        Raises:
            TenantMismatch: There are several such tenants, and this is within `transaction()`, which has one.
            Denied: Somebody impersonates the person.
        """
        return refresh_profile(self._store, self._settings, self._by, self._origin)

    def _runner(self, tenant_id: str, gate: Gate) -> Runner:
        return Runner(self._store, self._settings, tenant_id, self._by, self._origin, gate=gate)

    def _scope(self) -> Person:
        return Person(self._by.user_id, verified_email_key(self._by))


class TenantContext:
    """What one principal may do in one tenant. Get one from `Tenantry.tenant`, for one request.

    It remembers what `can` and its like have asked, until a command goes through it. So it is not to be kept for long,
    nor to be shared by threads or tasks.
    """

    __slots__ = ("_runner",)

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __repr__(self) -> str:
        return f"<TenantContext of {self._runner.by.user_id} in {self._runner.tenant_id}>"

    @property
    def workspaces(self) -> Workspaces:
        """The workspaces of the tenant."""
        return Workspaces(self._runner)

    @property
    def members(self) -> Members:
        """The members of the tenant."""
        return Members(self._runner)

    @property
    def invitations(self) -> Invitations:
        """The invitations of the tenant."""
        return Invitations(self._runner)

    @property
    def roles(self) -> Roles:
        """The roles of the tenant."""
        return Roles(self._runner)

    @property
    def plan(self) -> Plans:
        """The plan of the tenant: what it limits, and what is used of it."""
        return Plans(self._runner)

    @property
    def audit(self) -> Audit:
        """The audit trail of the tenant."""
        return Audit(self._runner)

    def get(self) -> Tenant:
        """The tenant, also where it is suspended or deleted.

        Raises:
            NotFound: There is none, or the principal is no member of it.
            Denied: The principal's roles do not show it.
        """
        return Tenants(self._runner).get()

    def update(self, *, name: str | None = None, slug: str | None = None) -> Tenant:
        """Change the tenant's name or slug. Old slugs stay reserved for it, and still resolve to it.

        Args:
            name: 1-100 characters on one line; as it was unless given.
            slug: 1-63 lower-case letters, digits and hyphens; as it was unless given.

        Raises:
            SlugTaken: Another tenant has it, or once had it.
            LimitReached: The tenant keeps as many former slugs as it may (rule `max_kept_slugs`). It can still go back
                to a former one, and SYSTEM can release one.
            Invalid: A text cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not change it.
        """
        return Tenants(self._runner).update(name=name, slug=slug)

    def release_slug(self, slug: str) -> None:
        """Give up a former slug of the tenant, so that any tenant can take it. Links with it end, or lead there.

        Only SYSTEM can do this. The present slug stays.

        Args:
            slug: A slug that the tenant once had.

        Raises:
            Conflict: It is the present slug (rule `present_slug`).
            NotFound: There is no such tenant, it never had this slug, or the principal is no member of it.
            Invalid: It is no slug.
            Denied: The principal is not SYSTEM.
        """
        Tenants(self._runner).release_slug(slug)

    def overview(self) -> Overview:
        """What the frame of a page shows to the principal, in one call: tenant, own roles, workspaces, figures, inbox.

        For every active member, also where the tenant is not in use. What the principal cannot see is left out or
        None. Nothing of that is a denial, so none is recorded.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: Their account or membership is switched off.
        """
        return Overviews(self._runner).overview()

    def owners(self) -> Sequence[Owner]:
        """The active owners, for any active member, so that one knows whom to ask; also where it is not in use.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: Their account or membership is switched off.
        """
        return Life(self._runner).owners()

    def suspend(self, reason: str) -> Tenant:
        """Close the tenant to everybody until it is resumed, and tell its owners. Nothing in it is lost.

        Args:
            reason: Why, for its members to read: plain text of 1-500 characters.

        Raises:
            Conflict: It is not active (rule `tenant_status`).
            Invalid: The reason cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not suspend it.
        """
        return Life(self._runner).suspend(reason)

    def resume(self) -> Tenant:
        """Open a suspended tenant again, with exactly the members and grants that it had.

        Raises:
            Conflict: It is not suspended (rule `tenant_status`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not resume it, or the host has suspended it.
        """
        return Life(self._runner).resume()

    def delete(self, *, confirm: str | None = None) -> Tenant:
        """Close the tenant for good: for a time it can be restored, then it is purged.

        Args:
            confirm: The name of the tenant, typed by the person who deletes it. Case and blanks around it do not
                matter. SYSTEM need not give it.

        Raises:
            Invalid: `confirm` is not the name of the tenant.
            Conflict: It is deleted already (rule `tenant_status`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not delete it.
        """
        return Life(self._runner).delete(confirm=confirm)

    def restore(self) -> Tenant:
        """Bring a deleted tenant back as it was: one that was suspended is suspended still.

        Raises:
            Conflict: It is not deleted (rule `tenant_status`), or the time for it is over (rule `deletion_grace`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not restore it.
        """
        return Life(self._runner).restore()

    def access(self, *, workspaces: Values[str] = ()) -> Access:
        """What the principal may do, as a value that answers any number of questions: one statement, then none.

        Args:
            workspaces: Ids of workspaces that will be asked about, beside those in which they have a role.

        Raises:
            Invalid: An id is no text, or there are more than 1,000.
        """
        return self._runner.load(workspaces)

    def can(self, permission: str, *, workspace: str | None = None) -> bool:
        """Whether the principal may do that here.

        The first question costs a statement, and so does one about a workspace that was not asked before; the answers
        are kept until a command goes through this context.

        Args:
            permission: The name of a permission of the scheme.
            workspace: For a workspace permission, the id of the workspace.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        try:
            if type(permission) is str:  # a subclass may compare as it likes
                return self._runner.answers[workspace][permission]
        except (KeyError, TypeError):
            pass
        return self._runner.about(workspace).can(permission, workspace=workspace)

    def check(self, permission: str, *, workspace: str | None = None) -> Decision:
        """The same answer as `can`, with its reasons.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        return self._runner.about(workspace).check(permission, workspace=workspace)

    def check_many(self, questions: Iterable[str | tuple[str, str]]) -> Sequence[Decision]:
        """The decision on each of several questions, in their order; one statement, and all are of one instant.

        Args:
            questions: Permissions of the tenant, and pairs of a permission and a workspace id.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: There is no question, there are more than 5,000 or more than 1,000 workspaces, or one is neither a
                permission nor such a pair.
        """
        asked = pairs(questions)
        access = self._runner.load({workspace for _, workspace in asked if workspace is not None})
        return [access.check(permission, workspace=workspace) for permission, workspace in asked]

    def require(self, permission: str, *, workspace: str | None = None) -> None:
        """Go on only if the principal may do that here.

        Raises:
            Denied: They may not; the error carries the decision.
            NotFound: They are no member, or the workspace is not in use in this tenant.
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        with self._runner.noting_denials():
            self._runner.about(workspace).require(permission, workspace=workspace)

    def workspaces_where(self, permission: str) -> frozenset[str] | Literal["all"]:
        """The workspaces in which the principal may do that: their ids, or `"all"`.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: It is not a permission of workspaces.
        """
        return self._runner.about(None).workspaces_where(permission)

    def who_can(
        self,
        permission: str,
        *,
        workspace: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Membership]:
        """The active members who may do that, as far as their memberships say; each with the roles that show why.

        Whether the host has switched their account off is not known here.

        Args:
            permission: The name of a permission of the scheme.
            workspace: For a workspace permission, the id of the workspace.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of joining, `newest`, or `name`.
            total: Whether to count the whole list.

        Raises:
            NotFound: There is no such tenant or workspace in use, or the principal is no member of the tenant.
            Denied: The principal may not see the members there.
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing or too many, or an argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        return Questions(self._runner).who_can(
            permission,
            workspace=workspace,
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )
