#include "formats/npy/sparse_archive.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/npy/npy.hpp"
#include "formats/npy/parse.hpp"
#include "hash/crc32.hpp"
#include "model/sparse_data.hpp"

namespace aerotool::npy {
namespace {

constexpr std::uint64_t kMaxDimension = INT64_MAX;  // SciPy counts in int64

/// NumPy's type of indexes below `end`. SciPy counts with signed integers, which it would have to make of
/// unsigned ones; of the same width they are the same bytes, where they are large enough.
std::string_view index_type(const DType& dtype, std::uint64_t end) {
  constexpr std::uint64_t kEndOfInt32 = std::uint64_t{1} << 31;
  if (dtype.code() == DTypeCode::u32 && end <= kEndOfInt32) return "<i4";
  if (dtype.code() == DTypeCode::u64) return "<i8";
  return *type_of(dtype);
}

std::string little_endian(const Shape& numbers) {
  std::string bytes(numbers.size() * sizeof(std::uint64_t), '\0');
  const std::span<std::byte> out = std::as_writable_bytes(std::span(bytes));
  for (std::size_t i = 0; i < numbers.size(); ++i) store_le(out, i * sizeof(std::uint64_t), numbers[i]);
  return bytes;
}

}  // namespace

SparseArchive::SparseArchive(const Model& model, const Object& object) : model_(model), object_(object) {
  require_shape();
  if (object.kind == Object::Kind::csr) {
    add_csr();
  } else {
    add_coo();
  }
  std::vector<zip::Member> entries;
  for (const Member& member : members_) entries.push_back(member.entry);
  const auto size = checked_add(directory_, zip::directory(entries, directory_).size());
  if (!size) refuse("is too large for an archive");
  size_ = *size;
}

void SparseArchive::require_shape() const {
  const Shape& shape = object_.shape;
  if (object_.kind == Object::Kind::csr && shape.size() != 2)
    refuse_corrupt("is CSR, which is for matrices, and its shape is " + to_string(shape));
  if (shape.empty()) refuse_corrupt("is COO, which is not for scalars");
  if (shape.size() > kMaxRank) refuse("has more dimensions than SciPy's 64");
  if (!element_count(shape)) refuse_corrupt("has more cells than can be counted: " + to_string(shape));
  if (std::ranges::any_of(shape, [](std::uint64_t dimension) { return dimension > kMaxDimension; }))
    refuse("has a dimension that SciPy cannot count: " + to_string(shape));
}

void SparseArchive::add_csr() {
  const std::size_t indices = index_part("indices");
  const std::size_t indptr = index_part("indptr");
  const Tensor& columns = model_.tensors()[indices];
  const Tensor& rows = model_.tensors()[indptr];
  const std::uint64_t count = columns.shape[0];
  if (rows.shape[0] != object_.shape[0] + 1) {
    refuse_corrupt("has " + plural(object_.shape[0], "row") + ", and its part 'indptr' has " +
                   plural(rows.shape[0], "element"));
  }
  add("indices", header(index_type(columns.dtype, object_.shape[1]), columns.shape),
      TensorPiece{indices, 0, columns.size});
  add("indptr", header(index_type(rows.dtype, count + 1), rows.shape), TensorPiece{indptr, 0, rows.size});
  add("format", header("|S3", {}) + "csr");
  add_shape_and_values(count);
}

void SparseArchive::add_coo() {
  const std::size_t coords = index_part("coords");
  const Tensor& places = model_.tensors()[coords];
  const std::uint64_t rank = object_.shape.size();
  if (places.shape[0] % rank != 0) {
    refuse_corrupt("has " + plural(rank, "dimension") + ", and its part 'coords' has " +
                   plural(places.shape[0], "element"));
  }
  const std::uint64_t count = places.shape[0] / rank;
  const std::string_view type = index_type(places.dtype, *std::ranges::max_element(object_.shape));
  const bool is_matrix = rank == 2;
  if (is_matrix) {
    const std::uint64_t size = places.size / rank;
    add("row", header(type, {count}), TensorPiece{coords, 0, size});
    add("col", header(type, {count}), TensorPiece{coords, size, places.size});
  } else {
    add("coords", header(type, {rank, count}), TensorPiece{coords, 0, places.size});
  }
  add("format", header("|S3", {}) + "coo");
  add_shape_and_values(count);
  // SciPy's matrices are of rank 2; of other ranks there are arrays.
  if (!is_matrix) add("_is_array", header("|b1", {}) + '\1');
}

void SparseArchive::add_shape_and_values(std::uint64_t count) {
  add("shape", header("<i8", {object_.shape.size()}) + little_endian(object_.shape));
  const std::size_t number = part("values");
  const Tensor& values = model_.tensors()[number];
  const std::string_view type = required_type(model_.path(), values);
  if (object_.kind == Object::Kind::coo && values.dtype.code() == DTypeCode::f16)
    refuse("is COO of F16, which SciPy does not have: extract its parts with --format npy");
  if (values.shape[0] != count) {
    refuse_corrupt("has indexes of " + plural(count, "value") + ", and its part 'values' has " +
                   plural(values.shape[0], "element"));
  }
  add("data", header(type, {count}), TensorPiece{number, 0, values.size});
}

void SparseArchive::add(std::string_view name, std::string head, std::optional<TensorPiece> piece) {
  Member member;
  member.entry.name = std::string(name) + ".npy";
  member.entry.offset = directory_;
  const std::uint64_t size_of_piece = piece ? piece->size() : 0;
  const auto size = checked_add(head.size(), size_of_piece);
  if (size) member.entry.size = *size;
  const std::uint64_t before = zip::local_header(member.entry).size() + head.size();
  const auto begin = checked_add(directory_, before);
  const auto end = begin ? checked_add(*begin, size_of_piece) : std::nullopt;
  if (!size || !end) refuse("is too large for an archive");
  if (piece) {
    member.piece = pieces_.size();
    piece->offset = *begin;
    pieces_.push_back(*piece);
  }
  member.head = std::move(head);
  members_.push_back(std::move(member));
  directory_ = *end;
}

std::vector<PlacedText> SparseArchive::texts(std::span<const std::uint32_t> crcs) const {
  std::vector<PlacedText> texts;
  std::vector<zip::Member> entries;
  for (const Member& member : members_) {
    zip::Member& entry = entries.emplace_back(member.entry);
    entry.crc = hash::crc32(bytes_of(member.head));
    if (member.piece)
      entry.crc = hash::crc32_joined(entry.crc, crcs[*member.piece], pieces_[*member.piece].size());
    texts.push_back({entry.offset, zip::local_header(entry) + member.head});
  }
  texts.push_back({directory_, zip::directory(entries, directory_)});
  return texts;
}

std::size_t SparseArchive::part(std::string_view role) const {
  const std::string named = "its part '" + std::string(role) + "'";
  const auto found = std::ranges::find(object_.parts, role, &Object::Part::role);
  if (found == object_.parts.end()) refuse_corrupt("lacks a part: '" + std::string(role) + "'");
  if (!found->type.empty()) {
    refuse(named + " has elements that NumPy does not have: '" + escape_controls(shortened(found->type)) +
           "'");
  }
  const Tensor& tensor = model_.tensors()[found->tensor];
  if (tensor.shape.size() != 1) refuse_corrupt(named + " is of rank " + std::to_string(tensor.shape.size()));
  if (const std::string problem = size_problem(tensor, tensor.dtype); !problem.empty())
    refuse_corrupt(named + ": " + problem);
  return found->tensor;
}

std::size_t SparseArchive::index_part(std::string_view role) const {
  const std::size_t number = part(role);
  const DType& dtype = model_.tensors()[number].dtype;
  if (model_.tensors()[number].shape[0] > kMaxDimension) refuse("is too large for SciPy");
  if (!is_index_type(dtype)) {
    refuse_corrupt("its part '" + std::string(role) + "' is " + escape_controls(dtype.name()) +
                   ", and indexes are integers");
  }
  return number;
}

void SparseArchive::require_sound_indexes() const {
  const auto indexes = [&](std::string_view role) {
    const std::size_t number = *part_of(object_, role);
    const Tensor& tensor = model_.tensors()[number];
    return IndexPart{[&model = model_, number] { return model.reader_of(number); }, tensor.shape[0],
                     tensor.dtype.code()};
  };
  const std::string problem = object_.kind == Object::Kind::csr
                                  ? csr_data_problem(indexes("indptr"), indexes("indices"), object_.shape[1])
                                  : coo_data_problem(indexes("coords"), object_.shape);
  if (!problem.empty()) refuse_corrupt(problem);
}

void SparseArchive::refuse(std::string_view why) const {
  throw UnsupportedError({model_.path(), {}, object_.name}, std::string(why));
}

void SparseArchive::refuse_corrupt(std::string_view why) const {
  throw CorruptError({model_.path(), {}, object_.name}, std::string(why));
}

}  // namespace aerotool::npy
