"""Emply People: operations, client, frames, assets."""
