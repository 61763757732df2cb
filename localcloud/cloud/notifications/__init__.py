"""Amazon SNS: deliveries that moto makes with a canned event, or while the publisher waits."""
