"""AERO and AEROSET, read and written from the specification alone.

The suite holds aerotool to this package, so that it shares nothing with the tool: neither code nor tables.
"""

from .aerofile import AeroFile, check_file
from .aeroset import AeroSet, check_set
from .container import Chunk
from .faults import Fault
from .tensors import AeroTensor

__all__ = ["AeroFile", "AeroSet", "AeroTensor", "Chunk", "Fault", "check_file", "check_set"]
