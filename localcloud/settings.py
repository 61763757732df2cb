"""Facts about the laptop cloud that every part of it shares."""

REGION = "ap-southeast-1"
ACCOUNT_ID = "123456789012"

ACCESS_KEY_ID = "AKIALAPTOPCLOUD00000"
"""Names no real user; moto only needs the shape of a key id, twenty capitals and digits."""

SECRET_ACCESS_KEY = "laptop-cloud"  # noqa: S105 - no secret: requests are signed, never verified
