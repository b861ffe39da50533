"""docs/ledger.md keeps up with the schema: it tells of every table, and its queries run."""

import re
from pathlib import Path

import pytest

from tests.integration.conftest import Rows

DOCUMENT = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)


def test_every_table_is_documented(rows: Rows) -> None:
    tables = {str(name) for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'entra_emply'")}
    assert {table for table in tables if not re.search(rf"`{table}[`.]", DOCUMENT)} == set()


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_runs(rows: Rows, query: str) -> None:
    assert rows(query) == []
