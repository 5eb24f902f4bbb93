"""What two or more services need, by capability. A package enters under four conditions.

1. At least two services import it (or the process that runs them).
2. It is named for a capability (`eventlog`), never for a technology or a drawer (`kafka_utils`).
3. Its `__init__` says what it is *not*.
4. It holds no word of the quality business. The one exception is `shared.events`, the published language.

The packages stand in layers, declared in `.importlinter`; a package that is not declared there fails the build.
"""
