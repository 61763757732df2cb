"""AWS Step Functions: repairs of moto's interpreter, so that a deployed definition really runs."""
