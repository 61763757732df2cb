"""How long a cutover takes, and what clients see of it, beside the same steps in bare psycopg."""
