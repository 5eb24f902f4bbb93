"""One file per step, named for when it runs: expand, backfill or contract."""
