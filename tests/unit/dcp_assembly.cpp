// Tensors put together of chunks that are cut in every way, and stored in every order.
#include <doctest/doctest.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "dcp_fixture.hpp"
#include "files.hpp"
#include "transfer/format.hpp"

namespace aerotool {
const Format& dcp_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;
using namespace aerotool::test::dcp_pickle;

namespace {

struct Box {
  Numbers begin;
  Numbers size;
};

struct Type {
  const char* dtype;
  const char* storage;
  std::uint64_t width;
};
constexpr Type kTypes[] = {{"uint8", "ByteStorage", 1},
                           {"bfloat16", "BFloat16Storage", 2},
                           {"float32", "FloatStorage", 4},
                           {"int64", "LongStorage", 8},
                           {"complex128", "ComplexDoubleStorage", 16}};

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t most) { return random_() % most; }

  /// Cuts a box in two, and those again.
  void cut(const Box& box, int times, std::vector<Box>& boxes) {
    const std::size_t dimension = box.size.empty() ? 0 : below(box.size.size());
    if (times == 0 || box.size.empty()) return boxes.push_back(box);
    const std::uint64_t at = below(box.size[dimension] + 1);
    Box first = box;
    Box second = box;
    first.size[dimension] = at;
    second.begin[dimension] += at;
    second.size[dimension] -= at;
    cut(first, times - 1, boxes);
    cut(second, times - 1, boxes);
  }

 private:
  std::mt19937 random_;
};

std::uint64_t volume(const Numbers& size) {
  return std::accumulate(size.begin(), size.end(), std::uint64_t{1}, std::multiplies<>());
}

Numbers strides_of(const Numbers& size) {
  Numbers strides(size.size(), 1);
  for (std::size_t i = size.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<std::uint64_t>(size[i], 1);
  return strides;
}

/// The elements of a box of a row-major tensor, in the order of `strides` of the box.
std::string elements_of(const std::string& whole, const Numbers& shape, const Box& box,
                        const Numbers& strides, std::uint64_t width) {
  std::string bytes(volume(box.size) * width, '\0');
  const Numbers steps = strides_of(shape);
  const Numbers inner = strides_of(box.size);
  for (std::uint64_t i = 0; i < volume(box.size); ++i) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      const std::uint64_t at = i / inner[j] % box.size[j];
      from += (box.begin[j] + at) * steps[j];
      to += at * strides[j];
    }
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(from * width), width,
                bytes.begin() + static_cast<std::ptrdiff_t>(to * width));
  }
  return bytes;
}

/// Strides of elements that lie with the last dimension first.
Numbers columns_first(const Numbers& size) {
  Numbers strides(size.size(), 1);
  for (std::size_t i = 1; i < size.size(); ++i)
    strides[i] = strides[i - 1] * std::max<std::uint64_t>(size[i - 1], 1);
  return strides;
}

void check(Maker& maker, const Numbers& shape, int cuts, bool may_be_columns) {
  const Type& type = kTypes[maker.below(std::size(kTypes))];
  CAPTURE(type.dtype);
  std::string whole(volume(shape) * type.width, '\0');
  for (char& byte : whole) byte = static_cast<char>(maker.below(256));
  std::vector<Box> boxes;
  maker.cut({Numbers(shape.size(), 0), shape}, cuts, boxes);
  std::vector<std::string> files(3, std::string(maker.below(64), 'x'));
  std::string chunks;
  std::string items = "}(";
  for (const Box& box : boxes) {
    // As torch has it, one item is enough for what is empty and begins in one place.
    if (volume(box.size) == 0) continue;
    const Numbers strides =
        may_be_columns && maker.below(3) == 0 ? columns_first(box.size) : strides_of(box.size);
    const std::string item =
        saved_tensor(type.storage, box.size, strides, elements_of(whole, shape, box, strides, type.width),
                     volume(box.size));
    const std::size_t file = maker.below(files.size());
    chunks += chunk_of(box.begin, box.size);
    items += place_of("w", box.begin) +
             item_of("__" + std::to_string(file) + "_0.distcp", files[file].size(), item.size());
    files[file] += item;
  }
  const TemporaryDirectory directory;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].size() < 64) continue;  // nothing but what stands before the first item
    write_file(directory.file("__" + std::to_string(i) + "_0.distcp"), files[i]);
  }
  write_file(directory.file(".metadata"),
             index_of("}(" + short_text("w") + tensor_of(type.dtype, shape, chunks) + "u", items + "u"));
  Report report(Report::Mode::judge);
  const auto model = dcp_format().open(io::Input::open(directory.file(".metadata")), report);
  for (const Finding& finding : report.findings()) REQUIRE(finding.message == "");
  REQUIRE(model->tensors().size() == 1);
  REQUIRE(model->tensors()[0].size == whole.size());
  std::string read(whole.size(), '\0');
  model->read(0, 0, std::as_writable_bytes(std::span(read)));
  CHECK(read == whole);
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t begin = maker.below(whole.size() + 1);
    std::string part(maker.below(whole.size() - begin + 1), '\0');
    model->read(0, begin, std::as_writable_bytes(std::span(part)));
    CHECK(part == whole.substr(begin, part.size()));
  }
  CHECK(model->check({.level = CheckLevel::full}, report));
  for (const Finding& finding : report.findings()) CHECK(finding.message == "");
}

}  // namespace

TEST_CASE("a tensor is the same however it is cut into chunks and however these are stored") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Maker maker(seed);
    Numbers shape;
    for (std::uint64_t i = maker.below(5); i > 0; --i) shape.push_back(1 + maker.below(9));
    check(maker, shape, static_cast<int>(maker.below(5)), true);
  }
}

TEST_CASE("many chunks beside each other are put together in windows") {
  Maker maker(7);
  // 64 columns of a few bytes each, and rows that several windows take.
  for (const Numbers& shape : {Numbers{700, 300}, Numbers{90, 40, 30}}) check(maker, shape, 6, false);
}

namespace {

std::string bytes_of_tensor(const Model& model) {
  REQUIRE(model.tensors().size() == 1);
  std::string bytes(model.tensors()[0].size, '\0');
  model.read(0, 0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string compressed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

}  // namespace

TEST_CASE("an item that is a zstd frame is unpacked, and nothing that is larger than its tensor could need") {
  const std::string whole = "zstandard!!!";
  const std::string transform = short_text("transform_descriptors") + "]" + short_text("stream.zstd/1") + "a";
  const auto write = [&](const TemporaryDirectory& directory, const std::string& item) {
    write_file(directory.file("__0_0.distcp"), item);
    write_file(
        directory.file(".metadata"),
        index_of("}(" + short_text("w") + tensor_of("uint8", {12}, chunk_of({0}, {12})) + "u",
                 "}(" + place_of("w", {0}) + item_of("__0_0.distcp", 0, item.size(), transform) + "u"));
  };
  const TemporaryDirectory directory;
  Report report;
  write(directory, compressed(saved_tensor("ByteStorage", {12}, {1}, whole, 12)));
  CHECK(bytes_of_tensor(*dcp_format().open(io::Input::open(directory.file(".metadata")), report)) == whole);
  for (const std::string& item : {compressed(std::string(3 << 20, 'x')), std::string("no frame of zstd")}) {
    write(directory, item);
    const auto model = dcp_format().open(io::Input::open(directory.file(".metadata")), report);
    CHECK_THROWS_AS(bytes_of_tensor(*model), CorruptError);
  }
}

TEST_CASE("the indexes of processes that do not speak to each other are one") {
  const TemporaryDirectory directory;
  for (std::uint64_t rank = 0; rank < 3; ++rank) {
    const std::string part =
        saved_tensor("ByteStorage", {2}, {1}, std::string(2, static_cast<char>('a' + rank)), 2);
    const std::string both = saved_tensor("ByteStorage", {3}, {1}, "xyz", 3);
    const std::string file = "__" + std::to_string(rank) + "_0.distcp";
    write_file(directory.file(file), part + both);
    // What each of them has is stored by each of them.
    write_file(directory.file("__" + std::to_string(rank) + ".metadata"),
               index_of("}(" + short_text("w") + tensor_of("uint8", {6}, chunk_of({2 * rank}, {2})) +
                            short_text("same") + tensor_of("uint8", {3}, chunk_of({0}, {3})) + "u",
                        "}(" + place_of("w", {2 * rank}) + item_of(file, 0, part.size()) +
                            place_of("same", {0}) + item_of(file, part.size(), both.size()) + "u"));
  }
  for (const char* const name : {"__0.metadata", "__2.metadata"}) {
    Report report(Report::Mode::judge);
    const auto model = dcp_format().open(io::Input::open(directory.file(name)), report);
    for (const Finding& finding : report.findings()) CHECK(finding.message == "");
    REQUIRE(model->tensors().size() == 2);
    std::string bytes(6, '\0');
    model->read(0, 0, std::as_writable_bytes(std::span(bytes)));
    CHECK(bytes == "aabbcc");
    bytes.resize(3);
    model->read(1, 0, std::as_writable_bytes(std::span(bytes)));
    CHECK(bytes == "xyz");
  }
  std::filesystem::remove(directory.file("__1.metadata"));
  Report report;
  CHECK_THROWS_AS(dcp_format().open(io::Input::open(directory.file("__0.metadata")), report), CorruptError);
}
