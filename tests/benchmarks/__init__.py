"""What tenantry costs, as ratios of one run: `python -m tests.benchmarks`.

*By hand* always means the best that somebody could write without us: SQLAlchemy Core with statements that are built
once, on the same engine, with the same BEGIN, savepoint and COMMIT, statement for statement what our command executes,
and rows turned into dictionaries. Both sides are seen to give the same result before they are timed, and take turns.
"""
