"""Reads a snapshot: python3 solution.py FILE."""

import sys

POLYNOMIAL = 0x95AC9329AC4BC9B5


def crc64_table():
    """The table of Jones's polynomial, with bits reflected."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


def crc64(data):
    """The check sum at the end of a snapshot."""
    table, value = crc64_table(), 0
    for byte in data:
        value = table[(value ^ byte) & 255] ^ (value >> 8)
    return value


class Reader:
    """A place in the file. Whatever reaches beyond its end is an error."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            sys.exit(f"the file ends within a value, at {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def length(self):
        """A length, and whether it is the number of a special encoding instead."""
        first = self.take(1)[0]
        if first >> 6 == 0:
            return first & 63, False
        if first >> 6 == 1:
            return (first & 63) << 8 | self.take(1)[0], False
        if first == 0x80:
            return int.from_bytes(self.take(4), "big"), False
        if first == 0x81:
            return int.from_bytes(self.take(8), "big"), False
        return first & 63, True

    def string(self):
        length, is_special = self.length()
        if not is_special:
            return self.take(length)
        if length < 3:
            number = int.from_bytes(self.take(1 << length), "little", signed=True)
            return str(number).encode()
        if length == 3:
            packed, _ = self.length()
            plain, _ = self.length()
            return decompress(self.take(packed), plain)
        sys.exit(f"unknown encoding {length} at {self.at}")


def decompress(data, length):
    """LZF: literal runs, and copies of what came before."""
    out, at = bytearray(), 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            out += data[at : at + control + 1]
            at += control + 1
            continue
        count = control >> 5
        if count == 7:
            count += data[at]
            at += 1
        start = len(out) - ((control & 31) << 8 | data[at]) - 1
        at += 1
        if start < 0:
            sys.exit("a copy from before the beginning")
        for offset in range(count + 2):
            out.append(out[start + offset])
    if len(out) != length:
        sys.exit("a compressed string has another length")
    return bytes(out)


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    if data[:5] != b"REDIS" or len(data) < 18:
        sys.exit("not a snapshot")
    wanted = int.from_bytes(data[-8:], "little")
    if wanted and crc64(data[:-8]) != wanted:
        sys.exit("the check sum is wrong")
    reader, db = Reader(data), 0
    reader.at = 9
    while True:
        kind = reader.take(1)[0]
        if kind == 0xFF:
            return
        if kind == 0xFE:
            db, _ = reader.length()
        elif kind == 0xFB:
            reader.length(), reader.length()
        elif kind == 0xFA:
            reader.string(), reader.string()
        elif kind == 0xFC:
            reader.take(8)
        elif kind == 0xFD:
            reader.take(4)
        elif kind == 0xF8:
            reader.length()
        elif kind == 0xF9:
            reader.take(1)
        elif kind == 0:
            key, value = reader.string(), reader.string()
            print(db, key.decode("latin-1"), value.decode("latin-1"))
        else:
            sys.exit(f"a value of type {kind}: only strings are known")


main()
