"""What the pages show, as frames and plain values: nothing of HTTP, nothing of HTML. Only reads."""
