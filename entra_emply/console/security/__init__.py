"""Who may do what in the console, and what a browser is allowed: sessions, forms, sign-in, limits, headers."""
