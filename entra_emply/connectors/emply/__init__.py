"""Emply People: operations, client and frames."""
