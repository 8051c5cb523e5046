// Archives of NumPy files: the zip around them, and what of a sparse object goes into them.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "encoding/zip/writer.hpp"
#include "formats/npy/sparse_archive.hpp"
#include "plan_fixture.hpp"

using namespace aerotool;
using npy::SparseArchive;
using zip::Member;

namespace {

constexpr std::uint64_t kLarge = 0xffffffff;

template <typename Number>
Number at(const std::string& text, std::size_t offset) {
  return load_le<Number>(bytes_of(text), offset);
}

Object object_of(Object::Kind kind, Shape shape, const std::vector<std::string>& roles) {
  Object object;
  object.name = "m";
  object.kind = kind;
  object.shape = std::move(shape);
  for (const std::string& role : roles) object.parts.push_back({role, object.parts.size()});
  return object;
}

Object csr(Shape shape) {
  return object_of(Object::Kind::csr, std::move(shape), {"indices", "indptr", "values"});
}

Object coo(Shape shape) {
  return object_of(Object::Kind::coo, std::move(shape), {"coords", "values"});
}

struct CsrModel : test::MadeUpModel {
  CsrModel(DTypeCode dtype, std::uint64_t rows, std::uint64_t count) {
    add("m.indices", dtype, {count}).add("m.indptr", dtype, {rows + 1});
    add("m.values", DTypeCode::f32, {count});
  }
};

std::string refusal(const Model& model, const Object& object) {
  try {
    static_cast<void>(SparseArchive(model, object));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

/// All that is not weights, one text behind the other.
std::string text_of(const SparseArchive& archive) {
  const std::vector<std::uint32_t> crcs(archive.pieces().size());
  std::string all;
  for (const PlacedText& text : archive.texts(crcs)) all += text.bytes;
  return all;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("zip: a member whose size has 32 bits") {
  const std::string header = zip::local_header({"a.npy", 7, kLarge - 1, 0x01020304});
  CHECK(header.substr(0, 4) == "PK\x03\x04");
  CHECK(at<std::uint16_t>(header, 4) == 20);
  CHECK(at<std::uint32_t>(header, 14) == 0x01020304);
  CHECK(at<std::uint32_t>(header, 18) == kLarge - 1);
  CHECK(at<std::uint32_t>(header, 22) == kLarge - 1);
  CHECK(header.substr(30) == "a.npy");
}

TEST_CASE("zip: a member whose size takes 64 bits") {
  const std::string header = zip::local_header({"a.npy", 7, kLarge, 0});
  CHECK(at<std::uint16_t>(header, 4) == 45);
  CHECK(at<std::uint32_t>(header, 18) == kLarge);
  CHECK(at<std::uint16_t>(header, 28) == 20);
  CHECK(header.substr(30, 9) == std::string("a.npy\1\0\x10\0", 9));
  CHECK(at<std::uint64_t>(header, 39) == kLarge);
  CHECK(at<std::uint64_t>(header, 47) == kLarge);
  CHECK(header.size() == 55);
}

TEST_CASE("zip: the directory") {
  const std::vector<zip::Member> members = {{"a", 0, 5, 9}, {"b", 36, 6, 10}};
  const std::string text = zip::directory(members, 73);
  CHECK(text.size() == 2 * 47 + 22);
  CHECK(text.substr(47, 4) == "PK\x01\x02");
  CHECK(at<std::uint32_t>(text, 47 + 42) == 36);
  CHECK(text.substr(94, 4) == "PK\x05\x06");
  CHECK(at<std::uint16_t>(text, 94 + 10) == 2);
  CHECK(at<std::uint32_t>(text, 94 + 12) == 94);
  CHECK(at<std::uint32_t>(text, 94 + 16) == 73);
}

TEST_CASE("zip: a directory behind 4 GiB has its place twice") {
  const std::vector<zip::Member> members = {{"a", 0, kLarge + 5, 0}, {"b", kLarge + 60, 6, 0}};
  const std::string text = zip::directory(members, kLarge + 97);
  // The first has two sizes of 64 bits, the second an offset.
  CHECK(at<std::uint16_t>(text, 30) == 20);
  CHECK(at<std::uint64_t>(text, 46 + 1 + 4) == kLarge + 5);
  const std::size_t second = 46 + 1 + 20;
  CHECK(at<std::uint16_t>(text, second + 30) == 12);
  CHECK(at<std::uint32_t>(text, second + 24) == 6);
  CHECK(at<std::uint32_t>(text, second + 42) == kLarge);
  CHECK(at<std::uint64_t>(text, second + 46 + 1 + 4) == kLarge + 60);
  const std::size_t end = second + 46 + 1 + 12;
  CHECK(text.substr(end, 4) == "PK\x06\x06");
  CHECK(at<std::uint64_t>(text, end + 40) == end);
  CHECK(at<std::uint64_t>(text, end + 48) == kLarge + 97);
  const std::size_t locator = end + 56;
  CHECK(text.substr(locator, 4) == "PK\x06\x07");
  CHECK(at<std::uint64_t>(text, locator + 8) == kLarge + 97 + end);
  CHECK(at<std::uint32_t>(text, locator + 20 + 16) == kLarge);
  CHECK(text.size() == locator + 20 + 22);
}

TEST_CASE("sparse archive: texts and pieces lie side by side, also behind 4 GiB") {
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{1} << 30}) {
    CAPTURE(count);
    const CsrModel model(DTypeCode::u64, 3, count);
    const Object object = csr({3, std::uint64_t{1} << 31});
    const SparseArchive archive(model, object);
    REQUIRE(archive.pieces().size() == 3);
    const std::vector<PlacedText> texts = archive.texts(std::vector<std::uint32_t>(3));
    std::uint64_t offset = 0;
    std::size_t next = 0;
    for (const PlacedText& text : texts) {
      CHECK(text.offset == offset);
      offset += text.bytes.size();
      if (next < 3 && archive.pieces()[next].offset == offset) offset += archive.pieces()[next++].size();
    }
    CHECK(next == 3);
    CHECK(offset == archive.size());
  }
}

TEST_CASE("sparse archive: indexes are signed where the same bytes say the same") {
  const auto types = [](DTypeCode dtype, std::uint64_t columns) {
    const CsrModel model(dtype, 3, 2);
    const Object object = csr({3, columns});
    return text_of(SparseArchive(model, object));
  };
  CHECK(holds(types(DTypeCode::u32, std::uint64_t{1} << 31), "<i4"));
  CHECK_FALSE(holds(types(DTypeCode::u32, std::uint64_t{1} << 31), "<u4"));
  CHECK(holds(types(DTypeCode::u32, (std::uint64_t{1} << 31) + 1), "<u4"));
  CHECK_FALSE(holds(types(DTypeCode::u64, std::uint64_t{1} << 60), "<u8"));
  CHECK(holds(types(DTypeCode::u16, 3), "<u2"));
  CHECK(holds(types(DTypeCode::i32, 3), "<i4"));
}

TEST_CASE("sparse archive: COO is a matrix with rows and columns, or an array") {
  test::MadeUpModel model;
  model.add("m.coords", DTypeCode::u8, {4}).add("m.values", DTypeCode::f32, {2});
  const Object matrix = coo({2, 4});
  const SparseArchive archive(model, matrix);
  CHECK(archive.pieces()[1].begin == 2);
  CHECK(holds(text_of(archive), "col.npy"));
  CHECK_FALSE(holds(text_of(archive), "_is_array"));
  test::MadeUpModel model_4;
  model_4.add("m.coords", DTypeCode::u8, {4}).add("m.values", DTypeCode::f32, {4});
  const Object row = coo({9});
  CHECK(holds(text_of(SparseArchive(model_4, row)), "'shape': (1, 4)"));
  CHECK(holds(text_of(SparseArchive(model_4, row)), "_is_array.npy"));
}

TEST_CASE("sparse archive: what is no such object, or not for SciPy") {
  const CsrModel model(DTypeCode::u64, 3, 2);
  CHECK(refusal(model, csr({3, 4})) == "no error");
  CHECK(holds(refusal(model, csr({3})), "is for matrices"));
  CHECK(holds(refusal(model, csr({4, 4})), "has 4 rows, and its part 'indptr' has 4 elements"));
  CHECK(holds(refusal(model, csr({3, (std::uint64_t{1} << 63)})), "can be counted"));
  CHECK(holds(refusal(CsrModel(DTypeCode::u64, 0, 2), csr({0, (std::uint64_t{1} << 63)})),
              "SciPy cannot count"));
  CHECK(holds(refusal(CsrModel(DTypeCode::f32, 3, 2), csr({3, 4})), "indexes are integers"));
  CHECK(holds(refusal(model, object_of(Object::Kind::csr, {3, 4}, {"indices", "values"})),
              "lacks a part: 'indptr'"));
  Object typed = csr({3, 4});
  typed.parts[2].type = "acme.type";
  CHECK(holds(refusal(model, typed), "'acme.type'"));

  test::MadeUpModel cells;
  cells.add("m.coords", DTypeCode::u64, {4}).add("m.values", DTypeCode::f16, {2});
  CHECK(holds(refusal(cells, coo({4, 4})), "COO of F16"));
  CHECK(holds(refusal(cells, coo({4, 4, 4})), "has 3 dimensions, and its part 'coords' has 4 elements"));
  CHECK(holds(refusal(cells, coo({})), "not for scalars"));
  CHECK(holds(refusal(cells, coo(Shape(65, 1))), "more dimensions"));
  cells.tensors()[1].dtype = DTypeCode::bf16;
  CHECK(holds(refusal(cells, coo({4, 4})), "NumPy has no type for BF16"));
  cells.tensors()[1].dtype = DTypeCode::i16;
  CHECK(holds(refusal(cells, coo({9})), "has indexes of 4 values, and its part 'values' has 2 elements"));
  cells.tensors()[1].shape = {1, 2};
  CHECK(holds(refusal(cells, coo({4, 4})), "is of rank 2"));
  cells.tensors()[1].shape = {3};
  CHECK(holds(refusal(cells, coo({4, 4})), "its part 'values': I16 [3]"));
}

TEST_CASE("sparse archive: places outside of the shape are found") {
  test::MadeUpModel model;
  model.add("m.coords", DTypeCode::u8, {4}).add("m.values", DTypeCode::f32, {2});
  // The bytes of the first tensor are 0, 1, 2, 3: the cells [0, 2] and [1, 3].
  const Object sound = coo({2, 4});
  CHECK_NOTHROW(SparseArchive(model, sound).require_sound_indexes());
  const Object narrow = coo({2, 3});
  CHECK_THROWS_AS(SparseArchive(model, narrow).require_sound_indexes(), CorruptError);
}
