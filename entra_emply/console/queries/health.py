"""What `doctor` found, when somebody asked last: looking takes a while, and asks Entra and Emply."""

import threading
from dataclasses import dataclass
from datetime import datetime

from entra_emply import clock
from entra_emply.doctor.checks import Check
from entra_emply.environment import Environment


@dataclass(frozen=True)
class Examined:
    """The checks, and when they were made."""

    at: datetime
    checks: list[Check]


class Health:
    """The last examination, for everybody who looks."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._looking = threading.Lock()
        self.last: Examined | None = None

    def look(self) -> Examined:
        """Examine now; one who asks while another one does waits for the same answer."""
        asked = clock.now()
        with self._looking:
            if self.last is None or self.last.at < asked:
                from entra_emply.doctor.doctor import doctor  # noqa: PLC0415 (slow to import, and seldom needed)

                checks = doctor(self._environment)
                self.last = Examined(clock.now(), checks)
            return self.last
