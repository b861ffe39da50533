"""What `doctor` checks before a run: settings, credentials, permissions, operations, database. Nothing is changed."""
