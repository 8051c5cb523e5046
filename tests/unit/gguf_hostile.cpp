// Broken files end in an error or a model, never in anything else. To be run under the sanitizers.
#include <doctest/doctest.h>

#include "gguf_fixture.hpp"

namespace aerotool {
namespace {

using namespace gguf_test;

/// Everything a command may ask of a model.
void use_all(const Model& model) {
  (void)model.overview();
  const Metadata metadata = model.metadata();
  for (const auto& [key, value] : metadata.entries) {
    if (value.type == ValueType::array) for_each_element(value.array(), [](const Value&) { return true; });
  }
  for (std::size_t i = 0; i < model.tensors().size(); ++i) (void)tensor_bytes(model, i);
}

void survive(const std::string& bytes) {
  for (const Report::Mode mode : {Report::Mode::use, Report::Mode::judge}) {
    try {
      const Opened opened(bytes, mode);
      use_all(*opened.model);
      // Whatever could be used comes back as it was.
      if (mode == Report::Mode::use) CHECK(restore(*opened.model) == bytes);
      (void)opened.model->source();
    } catch (const Error& error) {
      CHECK_FALSE(error.message().empty());
    }
  }
  (void)gguf_format().declared_size(bytes_of(bytes));
}

std::string small_file() {
  return GgufBytes()
      .header(3, 5)
      .key("general.alignment", 4)
      .u32(32)
      .key("general.name", 8)
      .string("small")
      .key("flag", 7)
      .number(1, 1)
      .key("list", 9)
      .u32(8)
      .u64(2)
      .string("x")
      .string("yz")
      .key("deep", 9)
      .u32(9)
      .u64(2)
      .u32(7)
      .u64(2)
      .number(1, 2)
      .u32(2)
      .u64(1)
      .number(7, 2)
      .info("w", {32, 2}, 2, 0)
      .info("e", {0}, 0, 64)
      .info("s", {}, 24, 64)
      .pad()
      .fill('w', 36)
      .pad()
      .fill('s', 1)
      .pad()
      .bytes();
}

TEST_CASE("gguf: the file that is broken below is sound") {
  CHECK(Opened(small_file(), Report::Mode::judge).report.fault_count() == 0);
  CHECK(restore(*Opened(small_file()).model) == small_file());
}

TEST_CASE("gguf: every truncation ends cleanly") {
  for (const std::string& whole :
       {small_file(), vector_bytes("vocab-only.gguf"), vector_bytes("aligned-128.gguf")}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      survive(whole.substr(0, length));
    }
  }
}

TEST_CASE("gguf: every flipped bit ends cleanly") {
  for (const std::string& whole : {small_file(), vector_bytes("vocab-only.gguf")}) {
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      CAPTURE(bit);
      std::string bytes = whole;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      survive(bytes);
    }
  }
}

TEST_CASE("gguf: a sparse file that claims billions of tensors is given up") {
  constexpr std::int64_t kSize = std::int64_t{40} << 30;
  const TemporaryFile file(GgufBytes().header(static_cast<std::uint64_t>(kSize) / 32, 0).bytes());
  REQUIRE(::truncate(file.path().c_str(), kSize) == 0);
  for (const Report::Mode mode : {Report::Mode::use, Report::Mode::judge}) {
    Report report(mode);
    CHECK_THROWS_AS(gguf_format().open(io::Input::open(file.path()), report), CorruptError);
  }
}

}  // namespace
}  // namespace aerotool
