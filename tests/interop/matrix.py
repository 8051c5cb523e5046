"""What was proven, as a matrix: a row for each dtype, a column for each format and direction."""

from collections.abc import Iterator
from contextlib import contextmanager

# Directions, in the order of their columns. The library wrote the file and ...
READ = "read"          # ... list and extract give what went in
AERO = "to AERO"       # ... converted to AERO, the independent reader finds it all
BACK = "back"          # ... converted to AERO and back, the library reads what it wrote
BYTES = "bytes"        # ... and the file is the same byte for byte
SET = "set"            # ... by way of an AEROSET and back: the same byte for byte
FOLDER = "folder"      # ... a folder of several files, by way of an AEROSET and back: the same files
VALUES = "values"      # ... the library's own dequantization of what came back is that of what went in
OTHER = "other"        # ... converted to the other format, that one's library reads the same values
# The tool wrote the file, and ...
WRITTEN = "written"    # ... the library reads what went in; by way of AERO it is the same byte for byte
DIRECTIONS = (READ, AERO, BACK, BYTES, SET, FOLDER, VALUES, OTHER, WRITTEN)

WORDS = {True: "yes", False: "NO", None: "."}
FORMATS = ("safetensors", "GGUF", "AERO", "PyTorch")


class Matrix:
    """Where the tests write down what they proved."""

    def __init__(self) -> None:
        self._proven: dict[tuple[str, str], dict[str, bool]] = {}  # by format and direction, then dtype
        self._dtypes: dict[str, None] = {}  # in the order of their rows

    def order(self, dtypes: list[str]) -> None:
        """Rows for these come in this order, after those of others that have one."""
        self._dtypes.update(dict.fromkeys(dtypes))

    @contextmanager
    def cell(self, format_name: str, dtypes: str | list[str], direction: str) -> Iterator[None]:
        """What the block asserts is proven for these dtypes, if it ends without an error and every other
        block for the same cell does."""
        assert format_name in FORMATS and direction in DIRECTIONS
        dtypes = [dtypes] if isinstance(dtypes, str) else dtypes
        column = self._proven.setdefault((format_name, direction), {})
        sound = False
        try:
            yield
            sound = True
        finally:
            self.order(dtypes)
            for dtype in dtypes:
                column[dtype] = column.get(dtype, True) and sound

    def add(self, other: "Matrix") -> None:
        """What another process proved, too."""
        self.order(list(other._dtypes))
        for column, proven in other._proven.items():
            mine = self._proven.setdefault(column, {})
            for dtype, sound in proven.items():
                mine[dtype] = mine.get(dtype, True) and sound

    def text(self) -> str:
        columns = [(name, direction) for name in FORMATS for direction in DIRECTIONS
                   if (name, direction) in self._proven]
        if not columns:
            return ""
        rows = [dtype for dtype in self._dtypes if any(dtype in self._proven[column] for column in columns)]
        width = max(map(len, ["dtype", *rows]))
        top = " " * width
        for name in FORMATS:
            directions = "  ".join(direction for owner, direction in columns if owner == name)
            if directions:
                top += "  " + name.ljust(len(directions))
        lines = [top, "  ".join(["dtype".ljust(width), *(direction for _, direction in columns)])]
        for dtype in rows:
            cells = [WORDS[self._proven[column].get(dtype)].ljust(len(column[1])) for column in columns]
            lines.append("  ".join([dtype.ljust(width), *cells]))
        return "".join(line.rstrip() + "\n" for line in lines)


MATRIX = Matrix()
