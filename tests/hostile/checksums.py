"""XXH3-64 and XXH64 with seed 0, and CRC32C, from their specifications, for files of a few KiB."""

import functools
import struct

_MASK = (1 << 64) - 1
_P32_1, _P32_2, _P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
_P64_1, _P64_2, _P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P64_4, _P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MIX_1, _MIX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
_STRIPE = 64
_STRIPES_OF_BLOCK = (len(_SECRET) - _STRIPE) // 8


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _rotated(value: int, count: int) -> int:
    return (value << count | value >> (64 - count)) & _MASK


def _folded(a: int, b: int) -> int:
    product = a * b
    return (product ^ product >> 64) & _MASK


def _avalanche(value: int) -> int:
    value ^= value >> 37
    value = value * _MIX_1 & _MASK
    return value ^ value >> 32


def _avalanche_of_xxh64(value: int) -> int:
    value ^= value >> 33
    value = value * _P64_2 & _MASK
    value ^= value >> 29
    value = value * _P64_3 & _MASK
    return value ^ value >> 32


def _mixed(data: bytes, at: int, secret: int) -> int:
    return _folded(_u64(data, at) ^ _u64(_SECRET, secret), _u64(data, at + 8) ^ _u64(_SECRET, secret + 8))


def _of_at_most_16(data: bytes) -> int:
    size = len(data)
    if size > 8:
        low = _u64(data, 0) ^ _u64(_SECRET, 24) ^ _u64(_SECRET, 32)
        high = _u64(data, size - 8) ^ _u64(_SECRET, 40) ^ _u64(_SECRET, 48)
        swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
        return _avalanche((size + swapped + high + _folded(low, high)) & _MASK)
    if size > 3:
        value = _u32(data, size - 4) + (_u32(data, 0) << 32) ^ _u64(_SECRET, 8) ^ _u64(_SECRET, 16)
        value ^= _rotated(value, 49) ^ _rotated(value, 24)
        value = value * _MIX_2 & _MASK
        value ^= (value >> 35) + size
        value = value * _MIX_2 & _MASK
        return value ^ value >> 28
    if size > 0:
        value = data[0] << 16 | data[size // 2] << 24 | data[-1] | size << 8
        return _avalanche_of_xxh64(value ^ _u32(_SECRET, 0) ^ _u32(_SECRET, 4))
    return _avalanche_of_xxh64(_u64(_SECRET, 56) ^ _u64(_SECRET, 64))


def _of_at_most_240(data: bytes) -> int:
    size = len(data)
    value = size * _P64_1
    if size <= 128:
        for i in range((size - 1) // 32 + 1):
            value += _mixed(data, 16 * i, 32 * i) + _mixed(data, size - 16 * (i + 1), 32 * i + 16)
        return _avalanche(value & _MASK)
    for i in range(8):
        value += _mixed(data, 16 * i, 16 * i)
    value = _avalanche(value & _MASK)
    for i in range(8, size // 16):
        value += _mixed(data, 16 * i, 16 * (i - 8) + 3)
    return _avalanche((value + _mixed(data, size - 16, 119)) & _MASK)


def _accumulate(lanes: list[int], data: bytes, at: int, secret: int) -> None:
    words = struct.unpack_from("<8Q", data, at)
    for i, (word, key) in enumerate(zip(words, struct.unpack_from("<8Q", _SECRET, secret), strict=True)):
        lanes[i ^ 1] = (lanes[i ^ 1] + word) & _MASK
        key ^= word
        lanes[i] = (lanes[i] + (key & 0xFFFFFFFF) * (key >> 32)) & _MASK


def _of_more(data: bytes) -> int:
    lanes = [_P32_3, _P64_1, _P64_2, _P64_3, _P64_4, _P32_2, _P64_5, _P32_1]
    last = len(_SECRET) - _STRIPE
    for stripe in range((len(data) - 1) // _STRIPE):
        _accumulate(lanes, data, stripe * _STRIPE, 8 * (stripe % _STRIPES_OF_BLOCK))
        if stripe % _STRIPES_OF_BLOCK == _STRIPES_OF_BLOCK - 1:
            for i, key in enumerate(struct.unpack_from("<8Q", _SECRET, last)):
                lanes[i] = (lanes[i] ^ lanes[i] >> 47 ^ key) * _P32_1 & _MASK
    _accumulate(lanes, data, len(data) - _STRIPE, last - 7)
    value = len(data) * _P64_1
    for i in range(0, 8, 2):
        value += _folded(lanes[i] ^ _u64(_SECRET, 11 + 8 * i), lanes[i + 1] ^ _u64(_SECRET, 19 + 8 * i))
    return _avalanche(value & _MASK)


@functools.lru_cache(maxsize=4096)
def xxh3(data: bytes) -> int:
    if len(data) <= 16:
        return _of_at_most_16(data)
    return _of_at_most_240(data) if len(data) <= 240 else _of_more(data)


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * _P64_2) & _MASK, 31) * _P64_1 & _MASK


@functools.lru_cache(maxsize=4096)
def xxh64(data: bytes) -> int:
    lanes = [(_P64_1 + _P64_2) & _MASK, _P64_2, 0, -_P64_1 & _MASK]
    at = 0
    while at + 32 <= len(data):
        words = struct.unpack_from("<4Q", data, at)
        lanes = [_round(lane, word) for lane, word in zip(lanes, words, strict=True)]
        at += 32
    value = _P64_5
    if len(data) >= 32:
        value = sum(_rotated(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * _P64_1 + _P64_4) & _MASK
    value = (value + len(data)) & _MASK
    while at + 8 <= len(data):
        value = (_rotated(value ^ _round(0, _u64(data, at)), 27) * _P64_1 + _P64_4) & _MASK
        at += 8
    if at + 4 <= len(data):
        value = (_rotated(value ^ _u32(data, at) * _P64_1 & _MASK, 23) * _P64_2 + _P64_3) & _MASK
        at += 4
    for byte in data[at:]:
        value = _rotated(value ^ byte * _P64_5 & _MASK, 11) * _P64_1 & _MASK
    return _avalanche_of_xxh64(value)


def crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
