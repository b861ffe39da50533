"""Where things are kept: frames in files, everything else in PostgreSQL. What is kept is decided elsewhere."""
