#include "formats/gguf/rules_of_loaders.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/gguf/layout.hpp"
#include "formats/gguf/split.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::string_view kArchitectureKey = "general.architecture";

/// How many tensors have a name of some kind, and the first of them.
struct Names {
  std::uint64_t count = 0;
  std::string first;

  void add(const std::string& name) {
    if (count++ == 0) first = name;
  }
  /// ": 'a'" or ": 12 tensors, the first is 'a'"
  std::string text() const {
    const std::string name = "'" + escape_controls(shortened(first)) + "'";
    return count == 1 ? ": " + name : ": " + plural(count, "tensor") + ", the first is " + name;
  }
};

void warn_of_names(std::span<const Tensor> tensors, const std::string& path, Report& report) {
  Names longer;
  Names with_nul;
  std::uint64_t empty = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.name.size() > kLongestName) longer.add(tensor.name);
    if (tensor.name.find('\0') != std::string::npos) with_nul.add(tensor.name);
    if (tensor.name.empty()) ++empty;
  }
  const auto warn = [&](const std::string& message) {
    report.warning(Code::loader_name, {path, {}, {}}, message);
  };
  if (longer.count != 0)
    warn("tensor names of more than " + std::to_string(kLongestName) + " bytes, which ggml refuses" +
         longer.text());
  if (with_nul.count != 0) warn("tensor names that contain a NUL, which ggml cuts off" + with_nul.text());
  if (empty != 0) warn(plural(empty, "tensor") + (empty == 1 ? " has" : " have") + " an empty name");
}

/// Parts of a split model after the first have no metadata of the model.
void warn_of_architecture(const Metadata& metadata, const std::string& path, Report& report) {
  if (says_split(metadata) && split_number(metadata, kSplitNumberKey) != 0) return;
  const std::string key(kArchitectureKey);
  const Value* value = metadata.find(kArchitectureKey);
  std::string problem;
  if (value == nullptr) {
    problem = "there is no " + key + ", which GGUF requires";
  } else if (value->type != ValueType::string) {
    problem = key + " is of type " + std::string(name_of(value->type)) + ", not a string";
  } else if (value->text().empty()) {
    problem = key + " is empty";
  }
  if (!problem.empty()) report.warning(Code::loader_metadata, {path, {}, {}}, problem);
}

bool begins_with_magic(const io::Input& input, std::uint64_t offset) {
  return range_fits(offset, kMagic.size(), input.size()) &&
         input.view(offset, kMagic.size()).text() == kMagic;
}

}  // namespace

void warn_of_head(const ParsedHead& head, std::span<const Tensor> tensors, const std::string& path,
                  Report& report) {
  warn_of_names(tensors, path, report);
  warn_of_architecture(head.pairs.metadata, path, report);
}

void warn_of_end(const ParsedHead& head, std::span<const Tensor> tensors, const io::Input& input,
                 Report& report) {
  // A tensor that was left out may be what the file ends with.
  if (tensors.size() != head.tensor_count) return;
  std::uint64_t end = head.data_begin;
  for (const Tensor& tensor : tensors) end = std::max(end, tensor.offset + tensor.size);
  const std::uint64_t padded = head.data_begin + align_up(end - head.data_begin, head.alignment);
  if (input.size() < padded) {
    // Common and harmless: of interest to those alone who ask whether the file is sound.
    if (report.judging())
      report.warning(
          Code::padding, {input.name(), input.size(), {}},
          "the file ends without its last padding: " + plural(padded - input.size(), "zero") + " missing");
    return;
  }
  if (input.size() == padded) return;
  // The first file may lack its last padding.
  const std::uint64_t begin =
      !begins_with_magic(input, padded) && begins_with_magic(input, end) ? end : padded;
  std::string message = plural(input.size() - begin, "byte") + " behind the last tensor belong to nothing";
  if (begins_with_magic(input, begin)) {
    message += ": a second GGUF file begins at byte " + std::to_string(begin) +
               "; parts are joined by 'aerotool convert FIRST-PART OUTPUT', not by cat";
  } else if (!report.judging()) {
    return;
  }
  report.warning(Code::trailing, {input.name(), {}, {}}, message);
}

}  // namespace aerotool::gguf
