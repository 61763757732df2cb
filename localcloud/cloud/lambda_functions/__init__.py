"""AWS Lambda: runs a function's own zip in warm processes, which moto does only with Docker."""
