"""What the stacks share: naming, contracts, typed references and components."""
