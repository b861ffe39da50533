"""The bars of the last runs, as numbers to draw: what was applied by its effect, and what was held and failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from entra_emply.console.queries.days import RunDone
from entra_emply.console.words import kind_title

WIDTH, HEIGHT = 1000.0, 160.0
_SLOTS = 48
"""A day of runs: of fewer the bars stay as thin, at the right."""
_LEAST = 2.0
"""Of what is not nothing so much is seen."""
EFFECTS = ("add", "change", "take", "held", "failed")


@dataclass(frozen=True)
class Part:
    """A part of a bar, from the top left."""

    effect: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bar:
    """A run: its parts from the bottom up, and what it says."""

    run: RunDone
    numbers: dict[str, int]
    parts: list[Part]


def bars(runs: Sequence[RunDone]) -> tuple[list[Bar], int]:
    """The bars, the oldest first, and the number that the highest stands for."""
    numbers = [_numbers(run) for run in runs]
    most = max((sum(each.values()) for each in numbers), default=0)
    slots = max(_SLOTS, len(runs))
    width = WIDTH / slots
    first = slots - len(runs)
    return [
        Bar(run, each, _parts(each, most, (first + place) * width, width * 0.8))
        for place, (run, each) in enumerate(zip(runs, numbers, strict=True))
    ], most


def _numbers(run: RunDone) -> dict[str, int]:
    effect = run.counts["kind"].map(lambda kind: kind_title(kind).effect)
    applied = run.counts["applied"].groupby(effect).sum()
    done = {name: int(applied.get(name, 0)) for name in ("add", "change", "take")}
    return done | {"held": run.number("held"), "failed": run.number("failed")}


def _parts(numbers: dict[str, int], most: int, x: float, width: float) -> list[Part]:
    parts, top = [], HEIGHT
    for effect in EFFECTS:
        if numbers[effect]:
            height = max(_LEAST, HEIGHT * numbers[effect] / most)
            top = max(0.0, top - height)
            parts.append(Part(effect, round(x, 1), round(top, 1), round(width, 1), round(height, 1)))
    return parts
