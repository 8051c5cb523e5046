"""NumPy arrays: the head, its one literal, types, and the data behind it."""

from case import Table
from npz_file import npy, of


def cases() -> Table:
    t = Table("npy", prefix="npy-")
    good = npy()

    # ---- the head
    t.unreadable("empty", "is empty", b"")
    t.unreadable("magic-alone", "ends within its header", good[:6])
    t.unreadable("cut-in-the-length", "ends within its header", good[:9])
    t.unreadable("cut-in-the-header", "but only", good[:100])
    t.unreadable("version-0", "is of version 0.0", npy(version=(0, 0)))
    t.unreadable("version-1-1", "is of version 1.1", npy(version=(1, 1)))
    t.unreadable("version-4", "is of version 4.0", npy(version=(4, 0)))
    t.unreadable("header-of-no-bytes", "is no dictionary", npy(length=0))
    t.unreadable("header-past-the-end", "but only", npy(length=9_000))
    t.unreadable("header-over-the-cap", "at most 10,000", npy(length=60_000))
    t.unreadable("header-of-4-gib", "at most 10,000", npy(version=(2, 0), length=(1 << 32) - 1))
    t.sound("version-2", "", npy(version=(2, 0)))
    t.sound("version-3", "", npy(version=(3, 0)))

    # ---- the literal
    def literal(name: str, says: str, text: str) -> None:
        t.unreadable(name, says, npy(text))

    rest = "'fortran_order': False, 'shape': (2,)"
    literal("literal-is-a-list", "is no dictionary", "[]")
    literal("literal-is-empty", "has no 'descr'", "{}")
    literal("literal-is-code", "is no dictionary", "__import__('os').system('touch canary')")
    literal("literal-calls", "neither True nor False", "{'descr': '<f4', 'fortran_order': open('canary', 'w'), 'shape': (2,)}")
    literal("literal-sum", "follows the value", "{'descr': '<f4' + '', " + rest + "}")
    literal("literal-power", "follows a dimension", "{'descr': '<f4', 'fortran_order': False, 'shape': (2**9,)}")
    literal("literal-comprehension", "is no number", "{'descr': '<f4', 'fortran_order': False, 'shape': (x for x in [2])}")
    literal("literal-is-nested", "is no dictionary", "(" * 9_000)
    literal("literal-twice", "something follows", "{'descr': '<f4', " + rest + "}{}")
    literal("literal-does-not-end", "follows the value", "{'descr': '<f4', " + rest)
    literal("key-twice", "twice", "{'descr': '<f4', 'descr': '<f8', " + rest + "}")
    literal("key-missing", "has no 'shape'", "{'descr': '<f4', 'fortran_order': False}")
    literal("key-more", "that no array has", "{'descr': '<f4', 'x': 1, " + rest + "}")
    literal("key-no-string", "is not a string", "{1: '<f4', " + rest + "}")
    literal("string-does-not-end", "does not end", "{'descr")
    literal("string-with-an-escape", "has an escape", "{'des\\x63r': '<f4', " + rest + "}")
    literal("order-is-a-number", "neither True nor False", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}")
    literal("shape-is-a-number", "is no tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': 2}")
    literal("shape-is-in-parentheses", "is a number, not a tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}")
    literal("shape-is-a-list", "is no tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': [2]}")
    literal("dimension-negative", "is negative", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")
    literal("dimension-float", "follows a dimension", "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}")
    literal("dimension-octal", "begins with 0", "{'descr': '<f4', 'fortran_order': False, 'shape': (02,)}")
    literal("dimension-over-2-64", "passes 2^64", "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}")
    literal("dimensions-65", "more than 64 dimensions", "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1, " * 65 + ")}")
    t.unreadable("size-overflows", "", of(shape="(4294967296, 4294967296, 4)"))
    t.unreadable("size-2-63", "", of(shape="(2305843009213693952,)"))
    t.sound("literal-of-python-2", "", of(shape="(2L,)"))
    t.sound("literal-in-other-order", "", npy('{"shape":(2,),"fortran_order":False,"descr":"<f4"}'))

    # ---- types
    t.unreadable("type-of-objects", "are a pickle and not read", of("'|O'"))
    t.unreadable("type-structured", "structured", of("[('a', '<f4'), ('b', '<i4')]"))
    t.unreadable("type-of-text", "text, which is not read", of("'<U1'"))
    t.unreadable("type-of-times", "times, which are not read", of("'<M8[ns]'"))
    t.unreadable("type-of-the-x87", "floats of the x87", of("'<f16'"))
    t.unreadable("type-unknown", "which is not known", of("'<q9'"))
    t.unreadable("type-empty", "which is not known", of("''"))
    t.unreadable("type-of-no-bytes", "which is not known", of("'|V0'"))
    t.unreadable("type-of-many-bytes", "which is not known", of("'|V99999999999'"))
    t.sound("type-swapped", "", of("'>f4'"))
    t.sound("type-of-bytes", "", of("'|V4'"))

    # ---- the data
    t.unreadable("data-one-byte-short", "", good[:-1])
    t.unreadable("data-missing", "", good[:-8])
    t.unreadable("data-of-an-exabyte", "", of(shape="(1000000000000000000,)"))
    t.fault("data-and-more", "behind the array", good + b"x")
    t.sound("data-of-no-elements", "", of(shape="(0, 4)", data=b""))
    t.sound("data-by-columns", "", of("'>f2'", "True", "(2, 2)"))
    return t
