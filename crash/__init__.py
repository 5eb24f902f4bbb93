"""The crash harness: real processes, killed over and over, and afterwards every figure held against a reference.

`python -m crash --help`. It uses Andon through its public interfaces alone; `crash.reference` shares no code with the services.
"""
