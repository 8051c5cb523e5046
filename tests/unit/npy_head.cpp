// Heads of .npy files, by the grammar of our own.
#include "formats/npy/parse.hpp"

#include <doctest/doctest.h>

#include <string>

#include "formats/npy/array.hpp"
#include "formats/npy/types.hpp"

using namespace aerotool;
using namespace aerotool::npy;

namespace {

std::string problem_of(std::string_view dictionary) {
  try {
    parse_dictionary(dictionary);
  } catch (const HeadProblem& problem) {
    return problem.what();
  }
  return "none";
}

std::string type_problem(std::string_view descr) {
  Types types;
  try {
    types.of(descr);
  } catch (const HeadProblem& problem) {
    return problem.what();
  }
  return "none";
}

std::string with_shape(const std::string& shape) {
  return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

}  // namespace

TEST_CASE("npy head: literals as NumPy, MLX and Python 2 write them") {
  const Head head = parse_dictionary("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }      \n");
  CHECK(head.descr == "<f4");
  CHECK(head.is_fortran);
  CHECK(head.shape == Shape{2, 3});
  CHECK(parse_dictionary("{\"shape\" : ( 3L , ),\t'fortran_order':False,'descr':'|u1'}").shape == Shape{3});
  CHECK(parse_dictionary(with_shape("()")).shape.empty());
  CHECK(parse_dictionary(with_shape("(2, 3, )")).shape == Shape{2, 3});
  CHECK(parse_dictionary(with_shape("(18446744073709551615,)")).shape == Shape{UINT64_MAX});
}

TEST_CASE("npy head: nothing else is taken") {
  CHECK(problem_of("") == "its header is no dictionary");
  CHECK(problem_of("{}") == "its header has no 'descr'");
  CHECK(problem_of(with_shape("(3)")) == "'shape' in its header is a number, not a tuple");
  CHECK(problem_of(with_shape("(,)")) == "a dimension in its header is no number");
  CHECK(problem_of(with_shape("(2 3)")) == "neither ',' nor ')' follows a dimension in its header");
  CHECK(problem_of(with_shape("(2,,3)")) == "a dimension in its header is no number");
  CHECK(problem_of(with_shape("(-1, 4)")) == "a dimension in its header is negative");
  CHECK(problem_of(with_shape("(03,)")) == "a dimension in its header begins with 0");
  CHECK(problem_of(with_shape("(1.5,)")) == "neither ',' nor ')' follows a dimension in its header");
  CHECK(problem_of(with_shape("(18446744073709551616,)")) == "a dimension in its header passes 2^64");
  CHECK(problem_of(with_shape("[2]")) == "'shape' in its header is no tuple");
  CHECK(problem_of(with_shape("tuple([2])")) == "'shape' in its header is no tuple");
  CHECK(problem_of(with_shape("(2,)") + "x") == "something follows the dictionary in its header");
  CHECK(problem_of("{'descr': '<f4', 'descr': '<f4'}") == "its header has the key 'descr' twice");
  CHECK(problem_of("{'descr': '<f4', 'other': 1}") == "its header has a key that no array has: 'other'");
  CHECK(problem_of("{'descr': '<f4', 'fortran_order': Falsehood}") ==
        "'fortran_order' in its header is neither True nor False");
  CHECK(problem_of("{'descr': '\\x3cf4'}") ==
        "the value of 'descr' of its header has an escape or a line's end in it");
  CHECK(problem_of("{'descr': [('a', '<f4')]}") ==
        "its elements are structured (several fields each), which is not read");
  CHECK(problem_of("{'descr': '<f4") == "the value of 'descr' of its header does not end");
  std::string dimensions;
  for (int i = 0; i < 65; ++i) dimensions += "1,";
  CHECK(problem_of(with_shape("(" + dimensions + ")")) == "has more than 64 dimensions");
}

TEST_CASE("npy head: types") {
  Types types;
  CHECK(types.of("<f4").dtype.name() == "F32");
  CHECK(types.of("f4").swapped == 1);
  CHECK(types.of(">f4").swapped == 4);
  CHECK(types.of(">c8").swapped == 4);
  CHECK(types.of(">i1").swapped == 1);
  CHECK(types.of("|V2").dtype.name() == "BF16");
  CHECK(types.of(">V2").swapped == 1);
  CHECK(types.of("?").dtype.name() == "BOOL");
  const ArrayType opaque = types.of("|V7");
  CHECK(opaque.dtype.is_packed());
  CHECK(opaque.dtype.packed().codec == "numpy");
  CHECK(opaque.width == 7);
  CHECK(types.of("<V7").dtype == opaque.dtype);
  CHECK(type_problem("|O").ends_with("'|O': Python objects, which are a pickle and not read"));
  CHECK(type_problem("<U3").ends_with("text, which is not read"));
  CHECK(type_problem("<M8[ns]").ends_with("times, which are not read"));
  CHECK(type_problem("<f16").ends_with("floats of the x87, which are not read"));
  for (const char* descr : {"", "<", "V", "V0", "V01", "V123456", "V1x", "<f3", "f4x", "<<f4", "x4"})
    CHECK(type_problem(descr).find("has elements of the type '") == 0);
}

TEST_CASE("npy head: sizes that pass all bounds") {
  Types types;
  const std::string dictionary = with_shape("(4294967296, 4294967296)");
  std::string file = "\x93NUMPY\x01";
  file += '\0';
  file += static_cast<char>(dictionary.size());
  file += '\0';
  file += dictionary;
  const Look look = [&](std::uint64_t offset, std::size_t length) {
    return bytes_of(file).subspan(offset, length);
  };
  CHECK_THROWS_AS(read_array(file.size(), look, types), HeadProblem);
}
