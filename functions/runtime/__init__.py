"""What the functions share: settings, the route, secrets, database sessions and their errors."""
