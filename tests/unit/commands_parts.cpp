// The parts of commands that can be told without running the binary.
#include <doctest/doctest.h>

#include "cli/table.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"
#include "formats/npy/npy.hpp"
#include "model/dtype.hpp"
#include "model/ggml_dtype.hpp"
#include "tasks/extract/file_name.hpp"

using namespace aerotool;

TEST_CASE("sizes: binary and decimal units") {
  CHECK(parse_size("4096", "--x") == 4096);
  CHECK(parse_size("4K", "--x") == 4096);
  CHECK(parse_size("4KiB", "--x") == 4096);
  CHECK(parse_size("2GiB", "--x") == std::uint64_t{2} << 30);
  CHECK(parse_size("5GB", "--x") == 5'000'000'000);
  for (const char* bad :
       {"", "K", "4k", "4 K", "-1", "1.5G", "4KiBs", "99999999999999999999", "20000000000G"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_size(bad, "--x"), UsageError);
  }
  CHECK_THROWS_WITH(parse_size("99999999T", "--x"), "--x: '99999999T' is too large");
  CHECK_THROWS_WITH(parse_size("99999999999999999999", "--x"), "--x: '99999999999999999999' is too large");
  CHECK_THROWS_WITH(parse_count("99999999999999999999", "--x"), "--x: '99999999999999999999' is too large");
}

TEST_CASE("file names: every tensor name has one of its own, and none leads out of a directory") {
  using tasks::file_name_of;
  CHECK(file_name_of("layer.0.weight") == "layer.0.weight");
  CHECK(file_name_of("../x") == "%2E.%2Fx");
  CHECK(file_name_of(".") == "%2E");
  CHECK(file_name_of("a/b c") == "a%2Fb%20c");
  CHECK(file_name_of("a%2Fb") == "a%252Fb");
  CHECK(file_name_of("größe") == "gr%C3%B6%C3%9Fe");
  CHECK(file_name_of("") == "%");
  CHECK(file_name_of(std::string_view("a\0b", 3)) == "a%00b");
  CHECK(file_name_of(std::string(200, 'x')) == std::string(200, 'x'));
  const std::string cut = file_name_of(std::string(300, 'x'));
  CHECK(cut.size() < 200);
  CHECK(cut != file_name_of(std::string(301, 'x')));
  CHECK(file_name_of(std::string(159, 'x') + std::string(100, '/')).find("%2%-") == std::string::npos);
}

TEST_CASE("npy: headers are padded to 64 bytes and name NumPy's types") {
  const std::string head = npy::header("<f4", {2, 3});
  CHECK(head.size() % 64 == 0);
  CHECK(head.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(head.substr(10).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
  CHECK(head.back() == '\n');
  CHECK(npy::header("<f4", {5}).find("'shape': (5,), }") != std::string::npos);
  CHECK(npy::header("<f4", {}).find("'shape': (), }") != std::string::npos);
  CHECK(npy::type_of(dtype_named("C64").value()) == "<c8");
  CHECK_FALSE(npy::type_of(DTypeCode::bf16));
  CHECK_FALSE(npy::type_of(ggml_dtype(12).value()));
}

TEST_CASE("tables: width is counted in code points") {
  CHECK(cli::display_width("größe") == 5);
  CHECK(cli::display_width("") == 0);
}
