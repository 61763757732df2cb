"""How a database of the laptop cloud is reached."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DatabaseAddress:
    """One database as one user; `certificate_authority` is PEM text that verifies the server."""

    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)
    certificate_authority: str = field(repr=False)
