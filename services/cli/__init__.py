"""The `andon` command: one file per group of commands.

`main.py` is the program; `process.py` runs services, `operation.py` migrates and checks, the others call a running Andon over HTTP.
"""
