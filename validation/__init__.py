"""The command line of data validation: two databases by URL, or the deployed state machine."""
