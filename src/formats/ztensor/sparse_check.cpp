#include "formats/ztensor/sparse_check.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/rules.hpp"
#include "model/sparse_data.hpp"

namespace aerotool::ztensor {
namespace {

/// Nothing where the object lacks it, or it cannot be read, which is told elsewhere.
std::optional<IndexPart> index_part(const CheckedFile& file, const Object& object, std::string_view role) {
  const auto part = std::ranges::find(object.parts, role, &Object::Part::role);
  // One whose elements are not whole, or are something else.
  if (part != object.parts.end() && !part->type.empty()) return std::nullopt;
  const auto tensor = part_of(object, role);
  if (!tensor || !file.files[file.table.parts[*tensor].file]) return std::nullopt;
  const Tensor& described = file.table.tensors[*tensor];
  if (!is_index_type(described.dtype) || described.shape.size() != 1) return std::nullopt;
  const auto open = [&file, tensor = *tensor] { return reader_of(file.files, file.table, tensor); };
  return IndexPart{open, described.shape[0], described.dtype.code()};
}

std::string problem_of(const CheckedFile& file, const Object& object) {
  if (object.layout == kCsr1 || object.layout == kCsr2) {
    const auto indptr = index_part(file, object, "indptr");
    const auto indices = index_part(file, object, "indices");
    if (!indptr || !indices || object.shape.size() != 2) return {};
    if (indptr->count != checked_add(object.shape[0], 1)) return {};
    return csr_data_problem(*indptr, *indices, object.shape[1]);
  }
  if (object.layout == kCoo1 || object.layout == kCoo2) {
    const auto coords = index_part(file, object, "coords");
    if (!coords || object.shape.empty() || coords->count % object.shape.size() != 0) return {};
    return coo_data_problem(*coords, object.shape);
  }
  return {};
}

}  // namespace

void check_sparse(const CheckedFile& file, Report& report) {
  for (const Object& object : file.table.objects) {
    try {
      const std::string problem = problem_of(file, object);
      if (problem.empty()) continue;
      report.fault(code_of(Rule::layout_data),
                   {file.files.front()->name(), {}, std::string(shortened(object.name))},
                   said(Rule::layout_data, problem));
    } catch (const ContentError&) {
      // What cannot be decoded has been told.
    }
  }
}

}  // namespace aerotool::ztensor
