"""`python -m services` is `andon`."""

from services.cli.main import main

if __name__ == "__main__":
    main()
