"""Notices: messages owed to persons, written with what they tell of and delivered afterwards."""

from .delivery import Delivery, Dispatched, Mailer, Rendered
from .model import Notice, NoticeKind, NoticeStatus

__all__ = ["Delivery", "Dispatched", "Mailer", "Notice", "NoticeKind", "NoticeStatus", "Rendered"]
