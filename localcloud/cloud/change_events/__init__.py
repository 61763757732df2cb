"""Events that Systems Manager and CloudWatch emit when a parameter or an alarm changes."""
