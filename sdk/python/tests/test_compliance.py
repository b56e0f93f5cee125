"""The public compliance suite of PEP 249 (package dbapi-compliance) run on both modules: sqlrite passes what sqlite3 passes.

What the standard module fails has one of these reasons, and fails here for the same:
  type objects STRING, BINARY, ... do not exist, since values have types and columns have none (type codes are None);
  fetching without a query gives no rows instead of an error; closing twice is allowed; nextset() and setoutputsize() have no
  driver-independent test.
"""

import sqlite3
import unittest

import dbapi20

import sqlrite


def failures(module):
    case = type("Compliance", (dbapi20.DatabaseAPI20Test,), {"driver": module, "connect_args": (":memory:",), "connect_kw_args": {}})
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun >= 30
    return {test.id().rsplit(".", 1)[1] for test, _ in result.failures + result.errors}


def test_fails_only_where_the_standard_module_does():
    assert failures(sqlrite) == failures(sqlite3)
