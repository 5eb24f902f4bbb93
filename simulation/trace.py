"""What happened in one run, line by line: for people who look for the cause, and to prove that a seed repeats itself."""

import hashlib


class Trace:
    """Lines in the order in which things happened."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)

    def digest(self) -> str:
        """The same for two runs that were alike in every line."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
