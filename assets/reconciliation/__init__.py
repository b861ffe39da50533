"""What is decided: settings, the join, the rules, the plan. Pure functions over frames; only `assets.py` knows Dagster."""
