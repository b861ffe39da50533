"""Time that passes by sleeping only, so that tests of retries and throttling take none."""

from dataclasses import dataclass, field

from entra_emply.connectors.throttle import Timing


@dataclass
class FakeTime:
    """A clock that sleeping moves on at once; `slept` are the waits."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def timing(self) -> Timing:
        return Timing(monotonic=lambda: self.now, sleep=self.sleep)
