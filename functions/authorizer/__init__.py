"""The authorizer function: verifies bearer tokens and says what their holders may call."""
