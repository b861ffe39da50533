"""What is known of one person: from the stored frames of the last run, or read again now."""
