"""What everything else is built on, and what itself is built on nothing of ours."""
