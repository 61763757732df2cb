"""How long it takes to deploy the five layers: both engines, and plain `pulumi up`."""
