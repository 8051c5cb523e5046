"""Checkpoints that would run something where a pickle is run, each in another way, and the ways past scanners
that are known. What they would run makes the file CANARY: the suite looks whether it is there."""

import struct

from case import Table
from torch_file import (
    APPEND,
    BUILD,
    EMPTY_DICT,
    EMPTY_LIST,
    EMPTY_TUPLE,
    FALSE,
    MARK,
    NEWOBJ,
    NEWOBJ_EX,
    NONE,
    POP,
    PROTO,
    REDUCE,
    SETITEM,
    STACK_GLOBAL,
    STOP,
    VALUES,
    Archive,
    Member,
    call,
    checkpoint,
    hooks,
    integer,
    legacy,
    many,
    mapping,
    members,
    name,
    pickle,
    tensor,
    text,
    whole,
)

CANARY = "CANARY"
TOUCH = text(f"touch {CANARY}")
PYTHON = text(f"open({CANARY!r}, 'w')")
SYSTEM = call("os", "system", TOUCH)

# Python's own and those of libraries that scanners knew too late, each with arguments that would do.
CALLS: dict[str, bytes] = {
    "os.system": SYSTEM,
    "posix.system": call("posix", "system", TOUCH),
    "nt.system": call("nt", "system", TOUCH),
    "os.popen": call("os", "popen", TOUCH),
    "os.execvp": call("os", "execvp", text("touch"), EMPTY_LIST + text("touch") + APPEND),
    "subprocess.Popen": call("subprocess", "Popen", many(text("touch"), text(CANARY))),
    "subprocess.check_output": call("subprocess", "check_output", many(text("touch"), text(CANARY))),
    "commands.getoutput": call("commands", "getoutput", TOUCH),
    "pty.spawn": call("pty", "spawn", many(text("touch"), text(CANARY))),
    "builtins.eval": call("builtins", "eval", PYTHON),
    "builtins.exec": call("builtins", "exec", PYTHON),
    "__builtin__.eval": call("__builtin__", "eval", PYTHON),
    "__builtin__.execfile": call("__builtin__", "execfile", text("x.py")),
    "builtins.open": call("builtins", "open", text(CANARY), text("w")),
    "builtins.compile": call("builtins", "compile", PYTHON, text("x"), text("exec")),
    "builtins.getattr": call("builtins", "getattr", name("os", "path"), text("join")),
    "builtins.__import__": call("builtins", "__import__", text("antigravity")),
    "importlib.import_module": call("importlib", "import_module", text("antigravity")),
    "runpy._run_code": call("runpy", "_run_code", PYTHON, EMPTY_DICT),
    "code.InteractiveInterpreter": call("code", "InteractiveInterpreter"),
    "timeit.timeit": call("timeit", "timeit", PYTHON),
    "pdb.run": call("pdb", "run", PYTHON),
    "cProfile.run": call("cProfile", "run", PYTHON),
    "trace.Trace": call("trace", "Trace"),
    "doctest.debug_script": call("doctest", "debug_script", PYTHON),
    "ctypes.CDLL": call("ctypes", "CDLL", text("libc.so.6")),
    "shutil.rmtree": call("shutil", "rmtree", text("nowhere")),
    "socket.create_connection": call("socket", "create_connection", many(text("127.0.0.1"), integer(9))),
    "urllib.request.urlopen": call("urllib.request", "urlopen", text("http://127.0.0.1:9/")),
    "webbrowser.open": call("webbrowser", "open", text("http://127.0.0.1:9/")),
    "pip.main": call("pip", "main", EMPTY_LIST),
    "pickle.loads": call("pickle", "loads", text("x")),
    "marshal.loads": call("marshal", "loads", text("x")),
    "torch.load": call("torch", "load", text("x.pt")),
    "torch.storage._load_from_bytes": call("torch.storage", "_load_from_bytes", text("x")),
    "torch.hub.load": call("torch.hub", "load", text("x"), text("y")),
    "numpy.load": call("numpy", "load", text("x.npy")),
    "numpy.f2py.crackfortran.myeval": call("numpy.f2py.crackfortran", "myeval", PYTHON),
    "functools.partial": call("functools", "partial", name("os", "system"), TOUCH),
    "operator.attrgetter": call("operator", "attrgetter", text("system")),
    "evil.unknown.function": call("evil.unknown", "function", integer(1)),
}


def stack(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + STACK_GLOBAL


def in_other_ways() -> dict[str, bytes]:
    """Roots of pickles, and what is said of each."""
    return {
        "stack-global": stack("posix", "system") + many(TOUCH) + REDUCE,
        "stack-global-of-memo": text("os") + b"q\0" + POP + text("system") + b"q\1" + POP + b"h\0h\1" + STACK_GLOBAL
        + many(TOUCH) + REDUCE,
        "dotted-name": stack("torch.serialization", "os.system") + many(TOUCH) + REDUCE,
        "dotted-name-of-builtins": stack("torch", "_utils.torch.os.system") + many(TOUCH) + REDUCE,
        "newobj": name("subprocess", "Popen") + many(many(text("touch"), text(CANARY))) + NEWOBJ,
        "newobj-ex": name("subprocess", "Popen") + many(many(text("touch"), text(CANARY))) + EMPTY_DICT + NEWOBJ_EX,
        "newobj-and-state": name("subprocess", "Popen") + EMPTY_TUPLE + NEWOBJ + mapping(args=TOUCH) + BUILD,
        "inst": MARK + TOUCH + b"ios\nsystem\n",
        "obj": MARK + name("os", "system") + TOUCH + b"o",
        "ext1": b"\x82\x01" + many(TOUCH) + REDUCE,
        "ext2": b"\x83\x01\x00" + many(TOUCH) + REDUCE,
        "ext4": b"\x84\x01\x00\x00\x00" + many(TOUCH) + REDUCE,
        "persid": b"Pos.system\n",
        "call-of-a-call": call("operator", "methodcaller", text("system"), TOUCH) + many(name("os", "path")) + REDUCE,
        "call-of-an-object": name("a", "B") + EMPTY_TUPLE + NEWOBJ + many(TOUCH) + REDUCE,
        "in-a-key": EMPTY_DICT + SYSTEM + NONE + SETITEM,
        "in-a-list": EMPTY_LIST + SYSTEM + APPEND,
        "thrown-away": SYSTEM + POP + mapping(w=tensor()),
        "behind-a-duplicate": SYSTEM + b"2" + POP + POP + mapping(w=tensor()),
        "in-hooks": mapping(
            w=call(
                "torch._utils", "_rebuild_tensor_v2", tensor(), integer(0), many(), many(), FALSE, SYSTEM
            )
        ),
        "in-arguments-of-a-dict": call("collections", "OrderedDict", EMPTY_LIST + many(text("w"), SYSTEM) + APPEND),
        "in-a-default": call("collections", "defaultdict", name("os", "system")),
        "in-metadata-of-a-dict": hooks() + mapping(_metadata=SYSTEM) + BUILD,
        "by-from-type": call(
            "torch._tensor", "_rebuild_from_type_v2", name("os", "system"), name("torch", "Tensor"), many(TOUCH), NONE
        ),
        "by-from-type-of-unknown": call(
            "torch._tensor", "_rebuild_from_type_v2", name("evil", "run"), name("torch", "Tensor"), many(TOUCH), NONE
        ),
        "by-reconstructor": call("copy_reg", "_reconstructor", name("a", "B"), name("evil", "Base"), TOUCH),
        "map-and-list": call("builtins", "list", call("builtins", "map", name("os", "system"), many(TOUCH))),
    }


def cases() -> Table:
    table = Table("pt")
    for called, made in CALLS.items():
        table.wrong(called.replace(".", "-"), called, checkpoint(mapping(w=tensor(), x=made)))
    for case, root in in_other_ways().items():
        table.wrong(case, "", checkpoint(root))
    # Past scanners, by what stands around the call.
    good = pickle(mapping(w=tensor()))
    bad = pickle(SYSTEM)
    rest = members(mapping(w=tensor()))[1:]
    table.wrong("payload-then-nonsense", "os.system", Archive(whole(PROTO + SYSTEM + b"\xff\xff")).bytes())
    table.wrong("payload-then-nothing", "os.system", Archive(whole(PROTO + SYSTEM)).bytes())
    table.wrong("second-pickle", "os.system", Archive(whole(good + bad)).bytes())
    table.wrong("second-data-pkl", "same name", Archive([*members(mapping(w=tensor())), Member("m/data.pkl", bad)]).bytes())
    table.wrong("other-local-name", "local header", Archive([Member("m/data.pkl", bad, local_name="m/x.txt"), *rest]).bytes())
    table.wrong("encrypted-flag", "encrypted", Archive([Member("m/data.pkl", bad, flags=1), *rest]).bytes())
    table.wrong("bad-crc", "CRC-32", Archive([Member("m/data.pkl", bad, crc=7), *rest]).bytes())
    table.wrong("7z", "7z", b"7z\xbc\xaf\x27\x1c" + bytes(58))
    table.wrong("protocol-0", "os.system", Archive(whole(b"cos\nsystem\n(Vtouch CANARY\ntR.")).bytes())
    table.wrong("no-proto", "os.system", Archive(whole(SYSTEM + STOP)).bytes())
    table.wrong("proto-late", "os.system", Archive(whole(SYSTEM + PROTO + STOP)).bytes())
    table.wrong("frame-too-long", "os.system",
                Archive(whole(b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + SYSTEM + STOP)).bytes())
    table.wrong("space-in-a-name", "os.system", Archive(whole(PROTO + b"cos\nsystem \n" + many(TOUCH) + REDUCE + STOP)).bytes())
    table.wrong("legacy", "os.system", legacy(mapping(w=tensor(), x=SYSTEM)))
    table.wrong("legacy-in-the-keys", "os.system", legacy(mapping(w=tensor()), keys=EMPTY_LIST + SYSTEM + APPEND, data=b""))
    table.wrong("bare-pickle", "", pickle(SYSTEM))
    table.wrong("in-constants", "", Archive([*members(SYSTEM), Member("m/constants.pkl", bad), Member("m/code/x.py", VALUES)]).bytes())
    return table
