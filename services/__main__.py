"""`python -m services` is `andon`."""

from shared.process.frame_engine import use_one_thread

use_one_thread()

from services.cli.main import main  # noqa: E402 - imports the engine of frames, which then has its threads

if __name__ == "__main__":
    main()
