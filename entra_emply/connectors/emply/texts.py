"""What every frame of Emply is made by: the rows as a frame, and no text in it that no database keeps."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.connectors import frames
from entra_emply.connectors.frame_checks import sentence
from entra_emply.connectors.frames import Derivation, FrameModel, Row
from entra_emply.errors import SourceUnreadable

_NUL = "\0"


def of_rows(
    model: type[FrameModel],
    rows: Sequence[Row],
    source: str,
    derived: Mapping[str, Derivation] = MappingProxyType({}),
) -> pd.DataFrame:
    """`frames.of_rows`, for Emply. Raises SourceUnreadable also for NUL in a text, naming column and rows."""
    frame = frames.of_rows(model, rows, source, derived)
    for name, values in frame.items():
        wrong = _with_nul(pa.array(values, from_pandas=True))
        if wrong:
            raise SourceUnreadable(source, sentence(str(name), "has a NUL", len(wrong), frame.iloc[wrong, 0]))
    return frame


def _with_nul(column: "pa.Array | pa.ChunkedArray") -> list[int]:
    """The places of the rows with NUL in a column of text, or of lists of text."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_list(array.type):
        places = pc.list_parent_indices(array).filter(pc.match_substring(pc.list_flatten(array), _NUL))
        return list(dict.fromkeys(places.to_pylist()))
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return []
    return pc.indices_nonzero(pc.fill_null(pc.match_substring(array, _NUL), False)).to_pylist()
