"""What is decided: settings, the join, the rules, the plan. Pure functions."""
