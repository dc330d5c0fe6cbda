"""``python -m tests.support.kafka``: fetch what tests against a real Kafka need, and say in one line which it is."""

import sys

from tests.support.kafka.choice import Way, choose_here
from tests.support.kafka.distribution import NoBroker
from tests.support.kafka.preparing import install_missing, prepare


def main() -> int:
    """Return the exit code: 0, or 1 where no broker can be had."""
    try:
        if _wants_java():
            install_missing()
        sys.stdout.write(f"kafka: {prepare(clusters=True).says}\n")
    except NoBroker as missing:
        sys.stderr.write(f"kafka: {missing}\n")
        return 1
    return 0


def _wants_java() -> bool:
    try:
        return choose_here().way is Way.MAVEN
    except NoBroker:
        return True


if __name__ == "__main__":
    sys.exit(main())
