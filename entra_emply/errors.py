"""The errors of the pipeline: few types, each of which says who must act.

`str(error)` is one line: what happened, to what, and what the operator should do. It never holds people's
data or a secret.
"""

from pathlib import Path
from traceback import extract_tb


class EntraEmplyError(Exception):
    """Anything the pipeline itself refuses or reports; never raised bare."""


class SettingsError(EntraEmplyError):
    """The settings or the environment are wrong: who edits them must act."""


NOTHING_PLANNED = "nothing was planned here yet: run entra-emply sync first"
"""What the SettingsError says where there is no ledger, or no run was ever completed."""
NO_ANSWER = "no_answer"
"""In place of status and code where no answer came that could be used (P5)."""
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of an answer of a form that nobody foresaw: it concerns the person of the answer, and nobody else."""


def failed_line(error: Exception) -> str:
    """The type of an unforeseen error and the line that failed, for a log: "KeyError, events.py, line 12".

    Nothing else tells which form it was. The error's own text may quote the answer.
    """
    failed = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}, {Path(failed.filename).name}, line {failed.lineno}"


class CredentialsError(EntraEmplyError):
    """Entra or Emply refuses the credentials or a permission: who administers them must act.

    `code`: status and code of the answer, as P5 has them.
    """

    def __init__(self, what: str, *, code: str = NO_ANSWER) -> None:
        self.code = code
        super().__init__(what)


class SourceUnreadable(EntraEmplyError):
    """A source could not be read completely, or shrank beyond what is believable (G5): nothing is planned from it.

    `down`: the service did not answer, or said that it cannot for now; else it is about this source alone.
    `code`: status and code of the answer, as P5 has them.
    `gone`: the service itself says that what was to be read does not exist.
    """

    def __init__(self, source: str, why: str, *, down: bool = False, code: str = NO_ANSWER, gone: bool = False) -> None:
        self.source = source
        self.down = down
        self.code = code
        self.gone = gone
        super().__init__(f"{source} could not be read: {why}")


class TargetRefused(EntraEmplyError):
    """A write was refused or its answer was lost.

    `status` is the HTTP status (None where no answer came), `code` the target's own error code, `transient` whether
    trying again later may help, `uncertain` whether the write may have been made all the same.
    """

    def __init__(self, what: str, *, status: int | None, code: str, transient: bool, uncertain: bool) -> None:
        self.status = status
        self.code = code
        self.transient = transient
        self.uncertain = uncertain
        super().__init__(what)


class PlanRefused(EntraEmplyError):
    """A plan may not be applied or approved: too old, not the newest, of another day, already applied, or the approval
    is of nothing in it.

    `overtaken`: by another run or by the time since it was made; a new plan may be applied.
    """

    def __init__(self, why: str, *, overtaken: bool = False) -> None:
        self.overtaken = overtaken
        super().__init__(why)


class LedgerError(EntraEmplyError):
    """The ledger is unreachable, of another version, or belongs to another tenant or customer."""
