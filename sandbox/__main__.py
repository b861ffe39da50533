"""`python -m sandbox`: the sandbox alone, in the foreground. Only arguments and messages."""

import argparse
import sys
from pathlib import Path

from sandbox.churn import SECONDS
from sandbox.server import Environment, run
from sandbox.settings import DELAYS, EMPLY_AUTHS, EMPLY_EVENTS, EMPLY_STYLES, SettingsError
from sandbox.state import ScenarioError


def main() -> int:
    """Read the arguments, serve, and tell a mistake in one line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Entra, Graph and Emply on this machine.")
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--scenario", type=Path, metavar="FILE", help="serve the people of this scenario (JSON)")
    people.add_argument("--users", type=int, metavar="N", help="serve a made-up company of N people")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed is another company")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="0 (the default): any")
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="write what a client needs, once ready")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="a PEM certificate to register on the app")
    parser.add_argument(
        "--churn", type=float, nargs="?", const=SECONDS, metavar="SECONDS", help="people join, move and leave meanwhile"
    )
    parser.add_argument("--emply-style", choices=EMPLY_STYLES, default="skip_take", help="how Emply lists and changes")
    parser.add_argument("--emply-auth", choices=EMPLY_AUTHS, default="key", help="Emply's key, or a token of API2")
    parser.add_argument(
        "--emply-events", choices=EMPLY_EVENTS, default="by_calendar", help="whether Emply has a list of all, too"
    )
    for name, what in DELAYS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=0, metavar="N", help=what)
    parser.add_argument("--die-with-parent", action="store_true", help="stop when the starting process is gone")
    try:
        run(**vars(parser.parse_args()), ready=_announce)
    except (ScenarioError, SettingsError, OSError) as error:
        mistake = f"{error.filename or 'the port'}: {error.strerror}" if isinstance(error, OSError) else error
        sys.stderr.write(f"sandbox: {mistake}\n")
        return 1
    except KeyboardInterrupt:
        # While a large company was still being made; once it serves, Ctrl-C is an orderly stop.
        return 130
    return 0


def _announce(environment: Environment) -> None:
    sys.stdout.write(f"Serving at {environment['SANDBOX_URL']}; trust {environment['CA_BUNDLE']}. Ctrl-C stops.\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
