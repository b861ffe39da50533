"""What is remembered and done: PostgreSQL tables, plans, approvals, and applying a plan."""
