"""The rules of reconciliation a second time, row by row: what the vectorised rules of `assets/` are compared with.

But for vectorised.py, which puts those rules behind the same interface, nothing in here imports `assets`: the two have
only the page of the rules in common.
"""
