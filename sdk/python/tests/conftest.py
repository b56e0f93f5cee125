"""Closes each run with "N passed, N failed", as all suites of the project do."""

import pytest

import sqlrite


@pytest.fixture
def db():
    connection = sqlrite.connect(":memory:")
    yield connection
    connection.close()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "test.db")


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(f"{len(stats.get('passed', []))} passed, {failed} failed")
