"""Writes the reference documents and the deployment files that follow from the code.

`python -m tools.reference` writes them, `--check` fails where one differs from what would be written.
"""
