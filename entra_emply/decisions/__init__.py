"""What an operator decides about a recorded plan: which one, what can be undone of it, whom a department means."""
