"""Plans of examples, as `plan --offline` makes them: no network, no database, no environment, no Dagster."""
