"""Builds Resources/passwords/common.filter: a Bloom filter of well-known passwords, from lists in PyPI packages.

    .build/venv/bin/python Tests/Passwords/build_filter.py

The lists are those of zxcvbn (MIT) and Django (BSD-3-Clause). Sources/Identity/WordFilter.swift reads the result."""
import gzip
import pathlib

import django
from zxcvbn.frequency_lists import FREQUENCY_LISTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "Resources" / "passwords" / "common.filter"
BITS, HASHES = 1 << 20, 18
MASK = (1 << 64) - 1


def words():
    """Every listed password in lower case; shorter ones than four characters say nothing."""
    path = pathlib.Path(django.__file__).parent / "contrib" / "auth" / "common-passwords.txt.gz"
    listed = gzip.decompress(path.read_bytes()).decode().split() + list(FREQUENCY_LISTS["passwords"])
    return sorted({word.lower() for word in listed if len(word) >= 4 and word.isascii()})


def places(word):
    """Where a word's bits are: FNV-1a, mixed as in splitmix64, then double hashing."""
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    value ^= value >> 31
    first, step = value & 0xFFFFFFFF, value >> 32 | 1
    return [(first + number * step) % BITS for number in range(HASHES)]


def build(listed):
    bits = bytearray(BITS // 8)
    for word in listed:
        for place in places(word):
            bits[place // 8] |= 1 << place % 8
    return bytes(bits)


def contains(bits, word):
    return all(bits[place // 8] >> place % 8 & 1 for place in places(word))


if __name__ == "__main__":
    listed = words()
    TARGET.write_bytes(build(listed))
    print(f"{len(listed)} words, {TARGET.stat().st_size} bytes")
