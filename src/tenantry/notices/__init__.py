"""Notices: messages owed to persons, written with what they tell of and delivered afterwards."""

from .model import Notice, NoticeKind, NoticeStatus

__all__ = ["Notice", "NoticeKind", "NoticeStatus"]
