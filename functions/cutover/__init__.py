"""The cutover: moves the traffic from one cluster to the other, once, in a bounded time."""
