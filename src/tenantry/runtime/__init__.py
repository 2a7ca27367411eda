"""How a verb runs: one command, one transaction, one unit of work."""
