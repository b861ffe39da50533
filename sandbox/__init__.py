"""Entra, Graph and Emply on this machine. Imports nothing of `assets` and `pipelines`."""
