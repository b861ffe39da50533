"""Dagster's assets, a module a group of the lineage, and what they need of Dagster. `entra_emply` does the work."""
