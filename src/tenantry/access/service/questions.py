"""The question the other way round: who may do that?"""

from __future__ import annotations

from ...members.model import MEMBERSHIPS, Membership, MembershipStatus, held_as
from ...members.service.showing import labelled
from ...runtime.pages import Page
from ...runtime.service import Service, list_page, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import OneOf
from ...tenants.model import TenantStatus
from ..custom import lineages
from ..model import Level
from ..repository import holding
from ..scheme import Scheme

__all__ = ["Questions"]


class Questions(Service):
    """Questions about the access of others."""

    name = "tenant"
    __slots__ = ()

    @query
    def who_can(
        self,
        uow: UnitOfWork,
        permission: str,
        *,
        workspace: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Membership]:
        """See `TenantContext.who_can`."""
        uow.settings.scheme.permission(permission, at_workspace=workspace is not None)
        uow.require(f"{Level.at(workspace)}-api:member:read", workspace=workspace)
        scheme = uow.settings.scheme.joined(lineages(uow.roles.all().values()))
        where: dict[str, object] = {
            "status": MembershipStatus.ACTIVE,
            "id": holding(*_holders(scheme, permission, workspace), at=uow.now),
        }
        if uow.tenant.status is not TenantStatus.ACTIVE:
            where["id"] = OneOf([])
        return list_page(
            uow,
            uow.members.records,
            MEMBERSHIPS,
            where,
            present=lambda members: [
                labelled(member, scheme) for member in uow.members.present(members, workspace_id=workspace)
            ],
            filters={"permission": permission, "workspace": workspace},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )


def _holders(scheme: Scheme, permission: str, workspace: str | None) -> list[str]:
    """The roles, each with its place, any of which gives this permission there."""
    level = Level.at(workspace)
    giving = {role.key for role in scheme.roles if permission in scheme.permissions_of(role.key, level)}
    here = [held_as(key, workspace) for key in giving]
    if workspace is None:
        return here
    everywhere = (role.key for role in scheme.roles if role.level is Level.TENANT)
    return [*here, *(held_as(key, None) for key in everywhere if scheme.acts_as(key) in giving)]
