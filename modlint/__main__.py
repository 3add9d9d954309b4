"""``python -m modlint``, and the command ``modlint``."""

import sys

from modlint.again import repeat


def main() -> None:
    """Run the command line in a process of its own, and exit with its code."""
    try:
        status = repeat(sys.argv[1:])
        if status is None:
            from modlint.cli import run

            status = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("modlint: interrupted, nothing reported\n")
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
