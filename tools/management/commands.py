"""The commands by which people and roles are managed. Each prepares a scene, and gives back what is to be attempted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tenantry import InvalidRows, Issued, NewMember, Principal

from .world import HOST, STRANGER, Command, Scene

__all__ = [
    "ADDING",
    "ADOPTING",
    "CHANGING",
    "CHANGING_HERE",
    "CREATING",
    "DEFINING",
    "DELETING",
    "ENDING",
    "ENDING_HERE",
    "HANDING_OVER",
    "INVITING",
    "LAST",
    "LEAVING",
    "RESHAPING",
]

Attempt = Callable[[], object]
Commands = Mapping[str, Command]

EMAIL: Final = "new@acme.test"
GUEST: Final = Principal("new", email=EMAIL, email_verified=True)


def _reactivate(s: Scene) -> Attempt:
    s.host.members.deactivate(s.on.id)
    return partial(s.context.members.reactivate, s.on.id)


def _remove_role(s: Scene) -> Attempt:
    s.host.members.add_role(s.on.id, role=s.world.spare)  # since nobody loses their only one
    return partial(s.context.members.remove_role, s.on.id, role=s.on.rank.role)


def _sent(s: Scene, *, by_host: bool = True) -> Issued:
    context = s.host if by_host else s.context
    return context.invitations.send(EMAIL, role=s.new.role, workspaces=s.new.workspaces)


def _add_many(s: Scene) -> Attempt:
    """The row is refused with what it would be refused with alone."""
    row = NewMember(GUEST.user_id, role=s.new.role, workspaces=s.new.workspaces)

    def attempt() -> object:
        try:
            return s.context.members.add_many([row])
        except InvalidRows as refused:
            raise refused.denied or refused from None

    return attempt


def _update(s: Scene) -> Attempt:
    """It offers the least, and is to offer what is tried."""
    context = s.host.invitations
    least = context.send(EMAIL, workspaces=dict.fromkeys(s.new.workspaces, "viewer"))
    change = s.context.invitations.update
    return partial(change, least.invitation.id, role=s.new.role, workspaces=s.new.workspaces)


def _accept(s: Scene) -> Attempt:
    """The principal sent it when they were an owner, and are by now what they are."""
    sender, owner = s.world.principal(s.by).user_id, s.world.owner.role
    if s.by is HOST:
        issued = _sent(s, by_host=False)
    elif s.by is STRANGER:
        s.host.members.add(sender, role=owner)
        issued = _sent(s, by_host=False)
        s.host.members.remove(sender)
    else:
        s.host.members.change_role(sender, role=owner)
        issued = _sent(s, by_host=False)
        s.host.members.change_role(sender, role=s.by.role)
    return partial(s.tenancy.person(GUEST).accept, issued.token)


def _delete(s: Scene) -> Attempt:
    s.host.members.remove(f"has {s.on.id}")
    return partial(s.context.roles.delete, s.on.id)


def _alone(command: Command) -> Command:
    """The command, after every other owner has gone."""

    def prepared(s: Scene) -> Attempt:
        for owner in s.host.members.list(role=s.world.owner.role, limit=200):
            if owner.user_id != s.on.id:
                s.host.members.remove(owner.user_id)
        return command(s)

    return prepared


CHANGING: Final[Commands] = {
    "members.change_role": lambda s: partial(s.context.members.change_role, s.on.id, role=s.new.role),
    "members.add_role": lambda s: partial(s.context.members.add_role, s.on.id, role=s.new.role),
}
ENDING: Final[Commands] = {
    "members.deactivate": lambda s: partial(s.context.members.deactivate, s.on.id),
    "members.reactivate": _reactivate,
    "members.plan_removal": lambda s: partial(s.context.members.plan_removal, s.on.id),
    "members.remove": lambda s: partial(s.context.members.remove, s.on.id),
    "members.remove_role": _remove_role,
    "members.update": lambda s: partial(s.context.members.update, s.on.id, name="New"),
}
HANDING_OVER: Final[Commands] = {
    "members.transfer_ownership": lambda s: partial(s.context.members.transfer_ownership, to=s.on.id),
}
LEAVING: Final[Commands] = {
    **{name: command for name, command in ENDING.items() if name != "members.reactivate"},
    "members.leave": lambda s: s.context.members.leave,
    **HANDING_OVER,
}
LAST: Final[Commands] = {
    name: _alone(command)
    for name, command in {"members.change_role": CHANGING["members.change_role"], **LEAVING}.items()
    if name != "members.update" and name not in HANDING_OVER
}
INVITING: Final[Commands] = {
    "members.add": lambda s: partial(
        s.context.members.add, GUEST.user_id, role=s.new.role, workspaces=s.new.workspaces
    ),
    "members.add_many": _add_many,
    "invitations.send": lambda s: partial(
        s.context.invitations.send, EMAIL, role=s.new.role, workspaces=s.new.workspaces
    ),
    "invitations.resend": lambda s: partial(s.context.invitations.resend, _sent(s).invitation.id),
    "invitations.update": _update,
    "invitations.revoke": lambda s: partial(s.context.invitations.revoke, _sent(s).invitation.id),
    "person.accept": _accept,
}
ADDING: Final[Commands] = {
    "workspaces.add_member": lambda s: partial(
        s.context.workspaces.add_member, s.world.here, s.on.id, role=s.new.there
    ),
    "members.add_role(workspace=…)": lambda s: partial(
        s.context.members.add_role, s.on.id, role=s.new.there, workspace=s.world.here
    ),
}
CHANGING_HERE: Final[Commands] = {
    "workspaces.change_member_role": lambda s: partial(
        s.context.workspaces.change_member_role, s.world.here, s.on.id, role=s.new.there
    ),
    "members.add_role(workspace=…)": ADDING["members.add_role(workspace=…)"],
}
ENDING_HERE: Final[Commands] = {
    "workspaces.remove_member": lambda s: partial(s.context.workspaces.remove_member, s.world.here, s.on.id),
    "members.remove_role(workspace=…)": lambda s: partial(
        s.context.members.remove_role, s.on.id, role=s.on.rank.there, workspace=s.world.here
    ),
}
CREATING: Final[Commands] = {
    "workspaces.create(admin=…)": lambda s: partial(s.context.workspaces.create, "New", admin=s.on.id),
}
DEFINING: Final[Commands] = {
    "roles.define": lambda s: partial(
        s.context.roles.define, "New", permissions=[], level=s.new.level, inherits=[s.new.key]
    ),
}
ADOPTING: Final[Commands] = {"roles.adopt": lambda s: partial(s.context.roles.adopt, s.new.role, name="New")}
RESHAPING: Final[Commands] = {
    "roles.update": lambda s: partial(s.context.roles.update, s.on.id, inherits=[s.new.key]),
    "roles.delete(replacement=…)": lambda s: partial(s.context.roles.delete, s.on.id, replacement=s.new.key),
    "roles.move": lambda s: partial(s.context.roles.move, s.on.id, to=s.new.key),
}
DELETING: Final[Commands] = {"roles.delete": _delete}
