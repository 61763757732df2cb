"""Values that are made to be confused, for each type that is hashed without its text, and more."""

import struct
from datetime import UTC, datetime

from hypothesis import strategies as st

from functions.data_validation import expressions
from functions.data_validation.samples import Sample
from functions.data_validation.tables import Column, Kind


def sample_of(base: str, sql_type: str | None = None, modifier: int = -1) -> Sample:
    column = Column("v", base, Kind.BASE, base, modifier, None)
    return Sample(column, sql_type or expressions.builtin(base), ())


def folded(bits: int, low: int, high: int) -> st.SearchStrategy[list[int]]:
    """Whole numbers in families whose halves have the same exclusive or, and their neighbours."""
    numbers = st.integers(low, high)
    return st.builds(
        lambda number, mask: [
            one
            for one in (
                number,
                -number,
                ~number,
                number ^ (mask << bits | mask),
                number ^ ~(mask << bits | mask),
                number + (1 << bits),
                (number << bits) | (number >> bits),
            )
            if low <= one <= high
        ],
        numbers | st.integers(max(low, -5), 5),
        st.integers(0, (1 << bits) - 1),
    )


def written(families: st.SearchStrategy[list[int]]) -> st.SearchStrategy[list[str]]:
    return families.map(lambda numbers: [str(number) for number in numbers])


def moments(low: int, high: int) -> st.SearchStrategy[list[str]]:
    """Moments whose microseconds since 2000, which is what is stored, fold alike."""
    epoch = datetime(2000, 1, 1, tzinfo=UTC).timestamp()

    def moment(microseconds: int) -> str:
        seconds, fraction = divmod(microseconds, 1_000_000)
        whole = datetime.fromtimestamp(epoch + seconds, UTC)
        return f"{whole:%Y-%m-%d %H:%M:%S}.{fraction:06d}".rjust(26, "0")

    return folded(32, low, high).map(lambda several: [moment(one) for one in several])


def clocks() -> st.SearchStrategy[list[str]]:
    def clock(microseconds: int) -> str:
        seconds, fraction = divmod(microseconds, 1_000_000)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"

    return folded(32, 0, 86_400_000_000).map(lambda several: [clock(one) for one in several])


def floats(form: str, bits: str) -> st.SearchStrategy[list[str]]:
    """Any pattern of bits, as the shortest text that stands for it."""
    size = struct.calcsize(form) * 8
    return st.integers(0, (1 << size) - 1).map(
        lambda pattern: [
            repr(struct.unpack(form, struct.pack(bits, one))[0])
            for one in (pattern, pattern ^ 1 << (size - 1), pattern ^ 1)
        ]
    )


def texts() -> st.SearchStrategy[list[str]]:
    """Text with blanks, quotes and NULL-like words, and what differs from it by little."""
    characters = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
    words = st.text(characters, max_size=20) | st.sampled_from(["NULL", "<null>", "\\N", "{}", ""])
    return words.map(lambda word: [word, f"{word} ", f" {word}", word.strip(), word.swapcase()])


def limited_texts() -> st.SearchStrategy[list[str]]:
    return texts().map(lambda several: [word[:8].rstrip(" ") for word in several])


def octets(size: int | None = None) -> st.SearchStrategy[list[str]]:
    several = st.binary(min_size=size or 0, max_size=size or 20)
    return several.map(lambda value: [f"\\x{value.hex()}", f"\\x{value[::-1].hex()}"])


def numerics() -> st.SearchStrategy[list[str]]:
    """Numbers that differ by sign and scale only."""
    decimals = st.decimals(allow_nan=False, allow_infinity=False, places=None)
    small = decimals.filter(lambda number: abs(number.adjusted()) < 60)
    return small.map(lambda number: [f"{number:f}", f"{-number:f}"] + [
        f"{sign}{number.copy_abs():f}{'' if '.' in f'{number:f}' else '.'}0" for sign in ("", "-")
    ])  # fmt: skip


def addresses() -> st.SearchStrategy[list[str]]:
    return st.ip_addresses().flatmap(
        lambda address: st.integers(0, address.max_prefixlen).map(
            lambda length: [str(address), f"{address}/{length}"]
        )
    )


def intervals() -> st.SearchStrategy[list[str]]:
    part = st.integers(-400, 400)
    return st.tuples(part, part, st.integers(-(10**12), 10**12)).map(
        lambda parts: [
            f"{parts[0]} mon {parts[1]} day {parts[2]} microsecond",
            f"{parts[0] + 1} mon {parts[1] - 30} day {parts[2]} microsecond",
            f"{parts[0]} mon {parts[1] + 1} day {parts[2] - 86_400_000_000} microsecond",
        ]
    )


LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
CENTURIES = 3_000 * 366 * 86_400 * 1_000_000
STRATEGIES: dict[str, tuple[Sample, st.SearchStrategy[list[str]]]] = {
    "int2": (sample_of("int2"), written(folded(8, -32768, 32767))),
    "int4": (sample_of("int4"), written(folded(16, -(1 << 31), (1 << 31) - 1))),
    "int8": (sample_of("int8"), written(folded(32, LOWEST, HIGHEST))),
    "oid": (sample_of("oid"), written(folded(16, 0, (1 << 32) - 1))),
    "pg_lsn": (
        sample_of("pg_lsn"),
        folded(32, 0, (1 << 64) - 1).map(lambda n: [f"{i >> 32:X}/{i & 0xFFFFFFFF:X}" for i in n]),
    ),
    "money": (
        sample_of("money"),
        folded(32, 0, HIGHEST).map(lambda n: [f"{i // 100}.{i % 100:02}" for i in n]),
    ),
    "date": (sample_of("date"), st.dates().map(lambda day: [day.isoformat()])),
    "time": (sample_of("time"), clocks()),
    "timetz": (
        sample_of("timetz"),
        clocks().map(lambda several: [one + zone for one in several for zone in ("+00", "-1")]),
    ),
    "timestamp": (sample_of("timestamp"), moments(-(CENTURIES // 2), CENTURIES)),
    "timestamptz": (sample_of("timestamptz"), moments(-(CENTURIES // 2), CENTURIES)),
    "interval": (sample_of("interval"), intervals()),
    "float4": (sample_of("float4"), floats("<f", "<I")),
    "float8": (sample_of("float8"), floats("<d", "<Q")),
    "numeric": (sample_of("numeric"), numerics()),
    "uuid": (sample_of("uuid"), octets(16).map(lambda several: [one[2:] for one in several])),
    "bytea": (sample_of("bytea"), octets()),
    "macaddr": (sample_of("macaddr"), octets(6).map(lambda several: [one[2:] for one in several])),
    "macaddr8": (sample_of("macaddr8"), octets(8).map(lambda several: [x[2:] for x in several])),
    "inet": (sample_of("inet"), addresses()),
    "text": (sample_of("text"), texts()),
    "varchar": (sample_of("varchar"), texts()),
    "name": (sample_of("name"), limited_texts()),
    "bpchar": (sample_of("bpchar"), texts()),
    "character": (sample_of("bpchar", "character(8)", 12), limited_texts()),
    "bit": (sample_of("varbit"), st.text("01", max_size=70).map(lambda bits: [bits, f"{bits}0"])),
}  # fmt: skip
