"""A made-up company."""

from sandbox.exchange import Row


def make_company(users: int, seed: int) -> Row:
    """Make nobody, for now."""
    _ = users, seed
    return {}
