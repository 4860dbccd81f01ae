"""Results for people: readings as coloured text in a terminal, and as a page for a browser."""
