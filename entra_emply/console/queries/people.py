"""Everybody of both systems, each once, to be found by a part of a name or an address while it is typed.

A person is found by what either system calls them, with or without accents: "soren" finds Søren. Who is one person with
whom is shown here as links and equal addresses say; what the rules make of it is said by an explanation.
"""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation.explain.neighbourhood import FrameReader
from entra_emply.text import as_address, key

_LETTERS = {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "å": "a"}
"""Letters that Unicode does not take apart into a plain one and a mark."""
_SHORTEST = 2


@dataclass(frozen=True)
class Found:
    """Somebody who was found. id: of Entra, else of the Emply user, else of the employee. where: in which system."""

    id: str
    name: str
    address: str
    where: str


class People:
    """Everybody: one row a person, with what they are called everywhere, folded."""

    def __init__(self, everybody: pd.DataFrame) -> None:
        self._everybody = everybody
        self._text = pa.array(everybody["text"], type=pa.large_string())

    @classmethod
    def of(cls, frames: FrameReader) -> "People":
        """The people of a run's lists."""
        users, logins, employees = _users(frames), _logins(frames), _employees(frames)
        links = frames.whole("sync_state/links").set_index("emply_user_id")["entra_id"]
        linked = _looked_up(logins["id"], links)
        logins["whose"] = linked.where(linked.isin(users["id"])).fillna(_same(logins, users))
        by_login = logins.dropna(subset=["employee_id"]).drop_duplicates("employee_id").set_index("employee_id")
        theirs = _looked_up(employees["id"], by_login["whose"].fillna(by_login["id"]))
        employees["whose"] = theirs.fillna(_same(employees, users)).fillna(_same(employees, logins))
        employees["whose"] = _looked_up(employees["whose"], logins.set_index("id")["whose"]).fillna(employees["whose"])
        alone = [users, logins[logins["whose"].isna()], employees[employees["whose"].isna()]]
        everybody = pd.concat(alone, ignore_index=True)[["id", "name", "address", "where", "text"]]
        also = pd.concat([part.dropna(subset=["whose"])[["whose", "text"]] for part in (logins, employees)])
        more = _looked_up(everybody["id"], also.groupby("whose")["text"].agg(" ".join)).fillna("")
        return cls(everybody.assign(text=folded(everybody["text"] + " " + more)))

    def find(self, text: str, most: int) -> tuple[list[Found], int]:
        """Those who carry every word of the text, and how many they are; first those with a name that begins so."""
        words = folded(pd.Series([text], dtype="str")).iloc[0].split()
        if sum(map(len, words)) < _SHORTEST:
            return [], 0
        hit = pa.array([True] * len(self._text)) if len(self._text) else pa.array([], type=pa.bool_())
        begins = hit
        for word in words:
            hit = pc.and_(hit, pc.match_substring(self._text, word))
            begins = pc.and_(begins, pc.match_substring(self._text, f" {word}"))
        found = self._everybody[hit.to_numpy(zero_copy_only=False)]
        first = begins.to_numpy(zero_copy_only=False)[found.index]
        ordered = found.assign(later=~first).sort_values(["later", "name", "address"], kind="stable").head(most)
        columns = (ordered[name] for name in ("id", "name", "address", "where"))
        return [Found(*row) for row in zip(*columns, strict=True)], len(found)


def folded(texts: "pd.Series[str]") -> "pd.Series[str]":
    """The texts to compare: small letters without marks, a blank before each."""
    plain = pc.utf8_lower(pc.utf8_normalize(pa.array(texts, type=pa.large_string()), form="NFKD"))
    plain = pc.replace_substring_regex(plain, pattern=r"\p{Mn}", replacement="")
    for letter, stands_for in _LETTERS.items():
        plain = pc.replace_substring(plain, pattern=letter, replacement=stands_for)
    return " " + pd.Series(plain, dtype="str", index=texts.index)


def _users(frames: FrameReader) -> pd.DataFrame:
    columns = ["entra_id", "user_principal_name", "mail", "display_name", "given_name", "surname"]
    users = frames.columns("entra_users", columns)
    name = _joined(users, ["given_name", "surname"])
    return _people(
        users["entra_id"],
        users["display_name"].fillna("").where(users["display_name"].notna(), name),
        [users["mail"], users["user_principal_name"]],
        name,
        "Entra",
    )


def _logins(frames: FrameReader) -> pd.DataFrame:
    logins = frames.columns(
        "emply_users", ["emply_user_id", "username", "email", "first_name", "last_name", "employee_id"]
    )
    name = _joined(logins, ["first_name", "last_name"])
    made = _people(logins["emply_user_id"], name, [logins["email"], logins["username"]], name, "Emply only")
    return made.assign(employee_id=logins["employee_id"])


def _employees(frames: FrameReader) -> pd.DataFrame:
    employees = frames.columns("emply_employees", ["employee_id", "number", "email", "first_name", "last_name"])
    name = _joined(employees, ["first_name", "last_name"])
    number = employees["number"].astype("str").where(employees["number"].notna(), "")
    return _people(employees["employee_id"], name, [employees["email"]], name + " " + number, "employee only")


def _people(
    ids: "pd.Series[str]", name: "pd.Series[str]", addresses: "list[pd.Series[str]]", also: "pd.Series[str]", where: str
) -> pd.DataFrame:
    """id, name, address, where, text, and each address as a key. `also`: what else they are called."""
    address = as_address(addresses[0]).fillna(as_address(addresses[-1])).fillna("")
    text = name + " " + also
    for each in addresses:
        text = text + " " + each.fillna("")
    keys = {f"key_{number}": key(each) for number, each in enumerate(addresses)}
    shown = name.where(name.str.strip() != "", address)
    return pd.DataFrame({"id": ids, "name": shown, "address": address, "where": where, "text": text, **keys})


def _joined(frame: pd.DataFrame, columns: list[str]) -> "pd.Series[str]":
    first, last = (frame[name].fillna("") for name in columns)
    return (first + " " + last).str.strip()


def _same(some: pd.DataFrame, others: pd.DataFrame) -> "pd.Series[str]":
    """The id of the one among `others` who carries an address of each of `some`; missing where nobody does."""
    keys = [others[["id", name]].set_axis(["id", "key"], axis=1) for name in others if str(name).startswith("key_")]
    carriers = pd.concat(keys).dropna().drop_duplicates("key").set_index("key")["id"]
    found = pd.Series(pd.NA, index=some.index, dtype="str")
    for name in (each for each in some if str(each).startswith("key_")):
        found = found.fillna(_looked_up(some[name], carriers))
    return found


def _looked_up(keys: "pd.Series[str]", values: "pd.Series[str]") -> "pd.Series[str]":
    """The value of each key, by the index of `values`; missing where there is none."""
    return pd.Series(values.reindex(keys).to_numpy(), index=keys.index, dtype="str")
