"""`python -m tools.reference` writes the generated files; with `--check` it says which differ, and fails if any does."""

import argparse
import sys

from tools.reference import written
from tools.reference.document import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    wanted = parser.parse_args()
    outdated = written.outdated()
    if wanted.check:
        for document in outdated:
            sys.stdout.write(f"{document.path} differs from the code; run `make reference`\n")
        return 1 if outdated else 0
    for document in outdated:
        path = ROOT / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, encoding="utf-8")
        sys.stdout.write(f"wrote {document.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
