"""Layer network: VPCs, Transit Gateway, security groups and endpoints."""
