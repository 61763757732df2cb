"""What the laptop cloud tells its users when a part of it fails."""


class LaptopCloudError(Exception):
    """A part of the laptop cloud failed; the message says which, its last log lines, what next."""
