"""Layer data: Both Aurora clusters, the route and the parameters."""
