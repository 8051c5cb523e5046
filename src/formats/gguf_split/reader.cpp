#include "formats/gguf_split/reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "formats/gguf/gaps.hpp"
#include "io/relative_path.hpp"
#include "model/missing_parts.hpp"

namespace aerotool::gguf_split {
namespace {

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // all of it where there is no slash
}

/// One of a part's numbers is there, of its type, and none below 0.
void check_number(const Where& where, const Metadata& metadata, std::string_view key, ValueType type,
                  Report& report) {
  const Value* value = metadata.find(key);
  if (value == nullptr) {
    report.doubt(Code::part, where, "has no " + std::string(key) + ", which every part of a split model has");
  } else if (value->type != type) {
    report.doubt(Code::part, where,
                 std::string(key) + " is of type " + std::string(name_of(value->type)) + ", not " +
                     std::string(name_of(type)));
  } else if (!value->is_unsigned()) {
    report.doubt(Code::part, where,
                 std::string(key) + " is " + std::to_string(static_cast<std::int64_t>(value->bits)));
  }
}

/// Holds what a part says of itself to what its name says.
void check_part(const Model& part, std::uint32_t number, std::uint32_t count, Report& report) {
  const Where where{part.path(), {}, {}};
  const Metadata metadata = part.metadata();
  check_number(where, metadata, gguf::kSplitNumberKey, ValueType::u16, report);
  check_number(where, metadata, gguf::kSplitCountKey, ValueType::u16, report);
  check_number(where, metadata, gguf::kSplitTensorsKey, ValueType::i32, report);
  const auto said = gguf::split_number(metadata, gguf::kSplitNumberKey);
  if (said && *said != number - 1) {
    report.doubt(Code::part, where,
                 "split.no is " + std::to_string(*said) + ", but by its name it is part " +
                     std::to_string(number) + ", whose split.no is " + std::to_string(number - 1));
  }
  const auto of = gguf::split_number(metadata, gguf::kSplitCountKey);
  if (of && *of != count) {
    report.doubt(
        Code::part, where,
        "split.count is " + std::to_string(*of) + ", but by its name it is one of " + std::to_string(count));
  }
}

}  // namespace

SplitModel::SplitModel(std::shared_ptr<io::Input> input, std::unique_ptr<gguf::GgufModel> first,
                       const NumberedName& name, Report& report) {
  // When judging, a file with faults of its own may lack tensors.
  bool whole = report.fault_count() == 0;
  inputs_.push_back(std::move(input));
  check_part(*first, 1, name.count, report);
  gguf::OtherTypes others;
  const auto read_part = [&](std::shared_ptr<io::Input> file, Report& to) {
    auto part = std::make_unique<gguf::GgufModel>(std::move(file), to);
    others.add(part->other_types());
    return part;
  };
  others.add(first->other_types());
  add_part(std::move(first));
  const std::vector<std::string> names = part_names(name);
  const std::vector<std::size_t> missing = missing_parts(path(), names);
  if (!missing.empty()) {
    whole = false;
    report.unreadable(Code::missing, {path(), {}, {}}, tell_missing(names, missing));
  }
  io::expect_beside(*inputs_.front(), {names.begin() + 1, names.end()});
  for (std::uint32_t number = 2; number <= name.count; ++number) {
    if (std::binary_search(missing.begin(), missing.end(), number - 1)) continue;
    // A name may tell of more files than anyone wants to be told of.
    if (report.full()) break;
    const std::uint64_t faults = report.fault_count();
    auto file = open_part(*inputs_.front(), names[number - 1], read_part, report);
    whole = whole && report.fault_count() == faults;
    if (!file) continue;
    inputs_.push_back(std::move(file));
    check_part(*parts().back(), number, name.count, report);
  }
  check_totals(whole, report);
  leave_out_twins(report);
  // Each part has reported its own when judging.
  if (!report.judging()) others.report(path(), report);
}

/// The parts agree on how many tensors there are, and where the model is whole, they are that many.
void SplitModel::check_totals(bool whole, Report& report) const {
  const auto said_by = [](const Model& part) {
    return gguf::split_number(part.metadata(), gguf::kSplitTensorsKey);
  };
  const auto total = said_by(*parts().front());
  if (!total) return;
  for (const auto& part : parts()) {
    const auto said = said_by(*part);
    if (!said || said == total) continue;
    report.doubt(Code::part, {part->path(), {}, {}},
                 "split.tensors.count is " + std::to_string(*said) + ", but the first part says " +
                     std::to_string(*total));
  }
  if (whole && *total != tensors().size()) {
    report.doubt(Code::part, {path(), {}, {}},
                 "split.tensors.count is " + std::to_string(*total) + ", but the parts hold " +
                     plural(tensors().size(), "tensor"));
  }
}

Overview SplitModel::overview() const {
  Overview overview = parts().front()->overview();
  add_files(overview);
  overview.shards = shards();
  // A file is one shard.
  for (Shard& shard : overview.shards) shard.name = file_name(shard.path);
  return overview;
}

Metadata SplitModel::metadata() const {
  Metadata metadata = parts().front()->metadata();
  gguf::erase_split_keys(metadata);
  return metadata;
}

Source SplitModel::source() const {
  Source source = parts().front()->source();
  if (source.metadata) gguf::erase_split_keys(*source.metadata);
  source.order.reset();
  source.head.reset();
  source.gaps.clear();
  const std::string version = parts().front()->overview().version;
  std::uint64_t gaps = 0;
  for (std::size_t i = 0; i < parts().size(); ++i) {
    const Model& model = *parts()[i];
    Source part = model.source();
    const Overview view = model.overview();
    if (view.version != version) part.head = inputs_[i]->view(0, view.shards.front().offset);
    for (const auto& gap : part.gaps) gaps += gap.second.size();
    if (gaps > gguf::kMaxGapBytes) {
      throw UnsupportedError(
          {model.path(), {}, {}},
          "more than " + human_size(gguf::kMaxGapBytes) +
              " of this part and those before it belong to no tensor, which is more than can be carried");
    }
    source.files.push_back(
        {file_name(model.path()), std::move(part.metadata), {}, std::move(part.head), std::move(part.gaps)});
  }
  for (std::size_t i = 0; i < tensors().size(); ++i) source.files[place_of(i).part].order.push_back(i);
  return source;
}

}  // namespace aerotool::gguf_split
