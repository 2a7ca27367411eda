"""Members as queries show them: each grant with the name of its role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...access.compiled import Access
from ...access.custom import ROLES, lineages
from ...access.model import Level
from ...access.repository import custom_keys
from ...access.scheme import Scheme
from ...kernel.values import fill_in
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import Across, OneOf
from ...tenants.model import outline
from ..model import Membership, MyTenant, outline_of
from ..repository import with_tenants
from .actions import actions_on
from .candidates import Candidates
from .roles import scheme_of

__all__ = ["as_their_member", "labelled", "shown", "shown_with_actions", "shown_with_tenants"]


def shown(uow: UnitOfWork, members: Sequence[Membership]) -> Sequence[Membership]:
    """These members, who have their roles, with labels; one statement for all where a role is custom."""
    scheme = scheme_of(uow, (grant for member in members for grant in member.grants))
    return [labelled(member, scheme) for member in members]


def shown_with_actions(uow: UnitOfWork, members: Sequence[Membership], access: Access) -> Sequence[Membership]:
    """The same, with what the principal could do to each; one statement for all where a custom role plays a part."""
    roles = Candidates(uow, (grant.role for member in members for grant in member.grants))
    judged = [fill_in(member, actions=actions_on(member, access, roles)) for member in members]
    return [labelled(member, roles.scheme) for member in judged]


def shown_with_tenants(
    across: Across, scheme: Scheme, memberships: Sequence[Membership], at: datetime
) -> Sequence[MyTenant]:
    """These memberships of one user, with labels and tenants, in two statements; one more for custom roles.

    Each tenant has its own custom roles, so each membership is labelled by the scheme of its tenant alone.
    """
    mine = with_tenants(across, memberships, at)
    tenant_ids = {each.tenant.id for each in mine}
    custom = custom_keys(grant.role for each in mine for grant in each.membership.grants)
    roles = across.records(ROLES).list(tenant_id=OneOf(tenant_ids), id=OneOf(custom)) if custom else []
    schemes = {id: scheme.joined(lineages(role for role in roles if role.tenant_id == id)) for id in tenant_ids}
    return [fill_in(each, membership=labelled(each.membership, schemes[each.tenant.id])) for each in mine]


def as_their_member(mine: MyTenant) -> MyTenant:
    """The same as its own member may see it: law 4 holds for what they are told of themselves, too."""
    return mine if mine.membership.is_active else MyTenant(outline(mine.tenant), outline_of(mine.membership))


def labelled(member: Membership, scheme: Scheme) -> Membership:
    """The member, each of whose grants has the name of its role in this scheme."""
    return fill_in(
        member,
        grants=tuple(
            fill_in(grant, label=scheme.label(grant.role, Level.at(grant.workspace_id))) for grant in member.grants
        ),
    )
