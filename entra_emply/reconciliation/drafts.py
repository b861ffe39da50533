"""How rules write down what they decide: drafts of actions and of findings about some of the people.

Drafts are tables of Arrow until the plan is put together: most rules decide about a few people or nobody, and pandas
takes longer to make a frame of a few rows than a rule to decide. No rule is decided here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from entra_emply.reconciliation.arrays import Mask, Rows, as_json
from entra_emply.text import as_arrow

ACTION_DRAFT = ["person", "target", "kind", "rule", "reason", "before", "after", "entra_id", "emply_user_id"]
FINDING_DRAFT = ["person", "code", "rule"]

Drafts: TypeAlias = "pa.Table"
Columns = Mapping[str, Any]
"""Columns by name, a row for each of the people; a single value is everybody's."""

_TEXT = pa.large_string()


def actions(
    of: "pd.Index[int] | Rows",
    kind: str,
    rule: str,
    *,
    reason: "str | pd.Series[str] | None" = None,
    before: "Columns | pd.Series[str] | None" = None,
    after: "Columns | pd.Series[str] | None" = None,
    only: Mapping[str, Mask] | None = None,
    entra_id: "pd.Series[str] | None" = None,
    emply_user_id: "pd.Series[str] | None" = None,
) -> Drafts:
    """Drafted actions (ACTION_DRAFT) of `kind` ("emply.set_roles"), one for each of the people `of`.

    `before` and `after` become JSON objects, keys in the order of the columns, or are JSON text already. only: for
    fields that not all of the people have in theirs, who has them. The ids are given where they need not be those of a
    person of the join.
    """
    count = len(of)
    if not count:
        return NO_ACTIONS
    target, name = kind.split(".")
    sides = (as_json(side, count, only) if isinstance(side, Mapping) else side for side in (before, after))
    values = (target, name, rule, reason, *sides, entra_id, emply_user_id)
    texts = (_text(value, count) for value in values)
    return pa.table([np.asarray(of, dtype=np.int64), *texts], names=ACTION_DRAFT)


def findings(of: "pd.Index[int] | Rows", code: str, rule: str, **more: "pd.Series[str]") -> Drafts:
    """Drafted findings (FINDING_DRAFT), one for each of the people `of`; who they are is filled in by `findings.py`.

    more: `object`, or another's `employee_id`.
    """
    count = len(of)
    if not count:
        return _NO_FINDINGS
    texts = {column: _text(value, count) for column, value in ({"code": code, "rule": rule} | more).items()}
    return pa.table({"person": np.asarray(of, dtype=np.int64)} | texts)


def together(drafts: Iterable[Drafts]) -> Drafts:
    """The drafts as one table."""
    every = [*drafts]
    return pa.concat_tables([draft for draft in every if len(draft)] or every[:1], promote_options="default")


def _text(value: "str | pd.Series[str] | pa.Array | None", count: int) -> pa.Array:
    if isinstance(value, pa.Array):
        return value
    return as_arrow(value) if isinstance(value, pd.Series) else pa.repeat(pa.scalar(value, _TEXT), count)


def _nothing(columns: list[str]) -> Drafts:
    return pa.schema([(name, pa.int64() if name == "person" else _TEXT) for name in columns]).empty_table()


NO_ACTIONS, _NO_FINDINGS = _nothing(ACTION_DRAFT), _nothing(FINDING_DRAFT)
