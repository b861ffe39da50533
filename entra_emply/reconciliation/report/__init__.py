"""A plan as people read it: text, HTML. Nothing is decided here."""
