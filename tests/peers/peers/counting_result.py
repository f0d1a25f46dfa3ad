"""A unittest result that counts every sub-test as one: a table compared is a promise held or broken."""

import unittest


class CountingResult(unittest.TestResult):
    """Prints one line per test and sub-test as it ends, and keeps the failures for the end."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream
        self.passed = 0
        self.failed = 0
        self.with_subtests = set()

    def addSubTest(self, test, subtest, err):
        self.with_subtests.add(test.id())
        name = f"{test.id()} {subtest._subDescription()}"
        if err is None:
            self._pass(name)
        else:
            # The base class files it under failures or errors; the text is made there.
            super().addSubTest(test, subtest, err)
            self._fail(name)

    def addSuccess(self, test):
        if test.id() not in self.with_subtests:
            self._pass(test.id())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test.id())

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test.id() if hasattr(test, "id") else str(test))

    def print_failures(self):
        """Everything that went wrong, once more and in full."""
        for test, text in self.failures + self.errors:
            print(f"\n---- {test}\n{text}", file=self.stream)

    def _pass(self, name):
        self.passed += 1
        print(f"ok      {name}", file=self.stream, flush=True)

    def _fail(self, name):
        self.failed += 1
        print(f"FAILED  {name}", file=self.stream, flush=True)
