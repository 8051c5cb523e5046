import gguf_library
import pytest
import safetensors_library
from matrix import MATRIX
from tool import Tool


def pytest_addoption(parser):
    parser.addoption("--binary", required=True)


@pytest.fixture(scope="session")
def tool(pytestconfig):
    return Tool(pytestconfig.getoption("--binary"))


@pytest.fixture(scope="session")
def matrix():
    MATRIX.order([*reversed(safetensors_library.GEOMETRY), *gguf_library.GEOMETRY])
    return MATRIX
