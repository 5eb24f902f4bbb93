"""How many threads the engine of frames has in this process."""

import os

ONE_THREAD = {"POLARS_MAX_THREADS": "1"}
"""In the environment of a process before it starts."""


def use_one_thread() -> None:
    """For a process whose frames are small: to wake a second thread for a part of one takes longer than the part.

    It has to be called before polars is imported, and leaves alone what the environment says. One thread is enough for all of the
    process's own: of what an event takes, the engine's part is less than a tenth.
    """
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
