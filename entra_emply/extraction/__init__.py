"""Reading both systems for a plan: what is read, and in which order. How a list is read is in `connectors`."""
