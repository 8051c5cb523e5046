"""python -m aero [--any] FILE...: the faults of AERO files and sets; --any forgoes the rules for writing."""

import os
import sys

from . import Fault, check_file, check_set
from .aeroset import INDEX_NAME


def main(arguments: list[str]) -> int:
    paths = [argument for argument in arguments if argument != "--any"]
    faulty = False
    for path in paths:
        check = check_set if os.path.isdir(path) or os.path.basename(path) == INDEX_NAME else check_file
        try:
            check(path, as_written=len(paths) == len(arguments))
        except Fault as fault:
            print("\n".join(fault.faults))
            faulty = True
    return int(faulty)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
