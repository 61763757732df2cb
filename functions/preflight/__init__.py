"""Says before a migration what would lose or change its data, or make its cutover impossible."""
