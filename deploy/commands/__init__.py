"""What each command does; one module a verb, called by the tasks."""
