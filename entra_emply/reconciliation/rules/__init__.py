"""The rules, a module a letter of rules.md. Pure functions over frames."""
