"""The engine: how both systems are read and written, what is decided, what is remembered. Plain Python; no Dagster."""
