"""A made-up company, the same for the same size and seed."""

from sandbox.company.tenant import make_company

__all__ = ["make_company"]
