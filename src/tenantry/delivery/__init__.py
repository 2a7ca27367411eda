"""Delivery: how the notices that are owed reach people. It knows what they are about, and they do not know it."""
