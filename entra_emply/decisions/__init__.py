"""What an operator decides about a recorded plan: what can be undone of it, whom a choice of a department means."""
