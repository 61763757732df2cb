"""Components that more than one layer uses."""
