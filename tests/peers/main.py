"""Run the peer tests and say `N passed, N failed`; exit code 1 when one failed, 2 when none ran.

Arguments choose tests by a part of their name: `main.py dbt.cafe` or `main.py Readers`.
"""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from peers.counting_result import CountingResult  # noqa: E402


def chosen(suite, words):
    """The tests of `suite` whose id contains one of `words`; all of them without words."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from chosen(item, words)
        elif not words or any(word in item.id() for word in words):
            yield item


def main(words):
    ade = os.environ.get("ADE", "")
    if not os.access(ade, os.X_OK):
        print(f"ADE={ade!r} is not a program: run scripts/test-peers, or set ADE", file=sys.stderr)
        return 2
    found = unittest.defaultTestLoader.discover(str(Path(__file__).parent), pattern="test_*.py")
    result = CountingResult(sys.stdout)
    unittest.TestSuite(chosen(found, words)).run(result)
    result.print_failures()
    print(f"{result.passed} passed, {result.failed} failed")
    return 2 if result.passed + result.failed == 0 else int(result.failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
