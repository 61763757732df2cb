"""Amazon SQS: long polling that does not stop the rest of the cloud."""
