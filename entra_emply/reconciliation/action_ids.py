"""Which action an action is: the id that an approval is given to, the same for the same change in every plan."""

import hashlib
import json
from collections.abc import Callable

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.text import as_arrow

_JSON = json.JSONEncoder(sort_keys=True).encode


def action_ids(actions: pd.DataFrame) -> "pd.Series[str]":
    """What an approval is given to: the SHA-256 of `[target, kind, entra_id, emply_user_id, before, after]` as JSON
    with sorted keys, in ASCII (interfaces.md).
    """
    if actions.empty:
        return pd.Series(index=actions.index, dtype="str")
    parts = [_each(actions[name], _JSON) for name in ("target", "kind", "entra_id", "emply_user_id")]
    parts += [_each(actions[name], lambda text: _JSON(orjson.loads(text))) for name in ("before", "after")]
    texts = pc.binary_join_element_wise(*parts, pa.scalar(", ", pa.large_string())).to_pylist()
    digests = [hashlib.sha256(f"[{text}]".encode()).hexdigest() for text in texts]  # no array library has SHA-256
    return pd.Series(digests, index=actions.index, dtype="str")


def _each(values: "pd.Series[str]", to_json: Callable[[str], str]) -> pa.Array:
    """The values as JSON, `null` where missing: each different one is made once, most repeat."""
    different = as_arrow(values).dictionary_encode(null_encoding="encode")
    texts = [_or_null(value, to_json) for value in different.dictionary.to_pylist()]
    return pa.array(texts, type=pa.large_string()).take(different.indices)


def _or_null(value: str | None, to_json: Callable[[str], str]) -> str:
    return "null" if value is None else to_json(value)
