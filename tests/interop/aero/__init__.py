"""AERO and AEROSET, read and written from the specification alone.

The suite holds aerotool to this package, so that it shares nothing with the tool: neither code nor tables.
"""

from .aerofile import AeroFile, check_file
from .aeroset import AeroSet, check_set
from .container import Chunk
from .faults import Fault
from .oddities import ODDITIES, SET_ODDITIES
from .set_writer import write_set
from .tensors import AeroTensor
from .writer import NewTensor, write_file

__all__ = [
    "ODDITIES",
    "SET_ODDITIES",
    "AeroFile",
    "AeroSet",
    "AeroTensor",
    "Chunk",
    "Fault",
    "NewTensor",
    "check_file",
    "check_set",
    "write_file",
    "write_set",
]
