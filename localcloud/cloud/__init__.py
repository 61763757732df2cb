"""moto's server, extended: what a client of AWS would reach, on one loopback port."""
