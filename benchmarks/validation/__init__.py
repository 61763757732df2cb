"""How fast and how exact data validation is, next to other tools and to what PostgreSQL needs."""
