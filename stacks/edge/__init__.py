"""Layer edge: The payments API and the functions behind it."""
