"""The same small programs on the standard module and on sqlrite: answers, exception classes, texts and codes are equal."""

import sqlite3

import oracle
import pytest

import sqlrite


@pytest.mark.parametrize("name", oracle.CASES)
def test_answers_as_the_standard_module(name):
    case = oracle.CASES[name]
    assert oracle.outcome(sqlrite, case) == oracle.outcome(sqlite3, case)
