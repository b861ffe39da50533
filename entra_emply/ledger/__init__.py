"""The ledger in PostgreSQL: the sync state, plans, attempts, approvals and history."""
