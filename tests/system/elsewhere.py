"""Machines that have nothing in common but what a network offers: a folder each, and in it a worker of Celery."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import Sandbox
from tests.mailbox_scenario import SETTINGS
from tests.postgres import Server
from tests.system.commands import REPOSITORY
from tests.system.demo import until
from tests.waiting import PATIENCE

PROGRAMS = Path(sys.executable).parent
_BEGUN = "SELECT event FROM event_logs WHERE step_key = '{}' AND event LIKE '%in celery worker%' ORDER BY id"


@dataclass
class Machine:
    """A folder with the settings file and Dagster's home, and the processes that run in it."""

    folder: Path
    variables: Mapping[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "dagster.yaml").symlink_to(REPOSITORY / "dagster.yaml")
        (self.folder / "settings.yaml").write_text(SETTINGS)

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    @property
    def said(self) -> str:
        """What its processes said."""
        return "".join(file.read_text() for file in sorted(self.folder.glob("*.said")))

    def start(self, name: str, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a program here."""
        own = {
            "ENTRA_EMPLY_HOME": str(self.folder / "home"),
            "ENTRA_EMPLY_SETTINGS": str(self.folder / "settings.yaml"),
            "DAGSTER_HOME": str(self.folder),
        }
        with (self.folder / f"{name}.said").open("a") as said:
            process = subprocess.Popen(
                [PROGRAMS / program, *arguments],
                env=os.environ | self.variables | own,
                cwd=self.folder,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.processes[name] = process
        return process

    def start_worker(self) -> None:
        """Start a worker of Celery, which runs one step at a time."""
        worker = ("-A", "dagster_celery.app", "worker", "-Q", "dagster", "-l", "warning", "-n", f"{self.name}@%h")
        self.start("worker", "celery", *worker, "--concurrency", "1", "--prefetch-multiplier", "1")

    def kill_step(self) -> None:
        """SIGKILL for the process in which the worker runs a step."""
        worker = self.processes["worker"].pid
        (pool,) = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        os.kill(int(pool), signal.SIGKILL)

    def stop(self) -> None:
        """End what still runs here."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(PATIENCE)


@dataclass(frozen=True)
class Machines:
    """Two that run steps, and one that starts runs."""

    starter: Machine
    workers: tuple[Machine, ...]
    sandbox: Sandbox
    server: Server
    database: str

    @property
    def all(self) -> tuple[Machine, ...]:
        """All three."""
        return (self.starter, *self.workers)

    def start(self, job: str) -> "subprocess.Popen[bytes]":
        """Start a job of today."""
        tags = json.dumps({"dagster/partition": time.strftime("%Y-%m-%d", time.gmtime())})
        job_of_ours = ("-m", "pipelines.definitions", "-j", job)
        return self.starter.start(job, "dagster", "job", "execute", *job_of_ours, "--tags", tags)

    def run(self, job: str) -> bool:
        """Run a job of today; whether it succeeded."""
        return self.start(job).wait(PATIENCE) == 0

    def sync(self) -> None:
        """A sync, and what applies it, which must not fail."""
        for job in ("sync", "apply"):
            assert self.run(job), self.starter.said

    def command(self, *arguments: str) -> str:
        """What `entra-emply` says, in a process of the machine that starts runs."""
        name = f"command-{len(self.starter.processes)}"
        assert self.starter.start(name, "entra-emply", *arguments).wait(PATIENCE) in (0, 2), self.starter.said
        return (self.starter.folder / f"{name}.said").read_text()

    def start_waiting(self, job: str, method: str, path: str) -> "subprocess.Popen[bytes]":
        """Start a job, and return while one of its steps waits for the answer to such a request."""
        slow = {"method": method, "path": path, "times": 1, "fault": {"delay_ms": 30_000}}
        self.sandbox.put_faults(slow)
        started = self.start(job)

        def waits() -> bool:
            assert started.poll() is None, self.starter.said
            return self.sandbox.faults()[0]["times"] == 0

        until(waits, f"the request {method} {path}")
        return started

    def worker_of(self, step: str) -> Machine:
        """The machine that a step was given to last; where the step is under way, it runs nothing else."""
        *_, (event,) = self.server.execute(_BEGUN.format(step), self.database)
        (name,) = set(re.findall(r"(\w+)@", str(event)))
        return next(machine for machine in self.workers if machine.name == name)

    def steps(self) -> dict[str, str]:
        """The machine of each step that was begun, the last one's."""
        query = "SELECT DISTINCT step_key FROM event_logs WHERE event LIKE '%in celery worker%'"
        return {str(step): self.worker_of(str(step)).name for (step,) in self.server.execute(query, self.database)}


@contextmanager
def two_machines(folder: Path, sandbox: Sandbox, server: Server, variables: Mapping[str, str]) -> Iterator[Machines]:
    """Three machines: one that starts runs, and two whose workers run their steps."""
    database = server.create()
    address = server.url(database).replace("postgresql:", "postgresql+psycopg2:")
    ours = {**sandbox.environment, "DATABASE_URL": address, "ENTRA_EMPLY_EXECUTOR": "celery", **variables}
    with ExitStack() as stopped:
        machines = [Machine(folder / name, ours) for name in ("starter", "north", "south")]
        for machine in machines:
            stopped.callback(machine.stop)
        starter, *workers = machines
        for machine in workers:
            machine.start_worker()
        yield Machines(starter, tuple(workers), sandbox, server, database)
