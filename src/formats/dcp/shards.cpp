#include "formats/dcp/shards.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "formats/safetensors/reader.hpp"
#include "io/interrupt.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::dcp {
namespace {

constexpr std::string_view kSharding = "DCP_SHARDING_INFO";
constexpr std::string_view kBegins = "saved_offsets";
constexpr std::uint64_t kMostSharding = std::uint64_t{256} << 20;  // as values, in memory

/// "-00012" and so on: exactly so many digits behind a word, which is taken off.
std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view word) {
  constexpr std::size_t kDigits = 5;
  if (!text.starts_with(word)) return std::nullopt;
  const std::string_view digits = text.substr(word.size(), kDigits);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() != kDigits || error != std::errc() || end != digits.data() + kDigits) return std::nullopt;
  text.remove_prefix(word.size() + kDigits);
  return number;
}

class Shard {
 public:
  Shard(const std::shared_ptr<io::Input>& input, Report& report) : path_(input->name()) {
    // That it has parts of tensors is why it is read.
    Report found(report.judging() ? Report::Mode::judge : Report::Mode::use);
    model_ = std::make_unique<const safetensors::SafetensorsModel>(input, found);
    for (const Finding& finding : found.findings()) {
      if (finding.code == Code::part) continue;
      finding.severity == Severity::warning ? report.warning(finding.code, finding.where, finding.message)
                                            : report.fault(finding.code, finding.where, finding.message);
    }
    metadata_ = model_->metadata();
    const std::string_view text = metadata_.text(kSharding);
    if (text.empty()) refuse("has no " + std::string(kSharding) + ", which would say where its parts belong");
    if (const auto problem = read_json(text, kMostSharding, sharding_))
      refuse("has a " + std::string(kSharding) + " that is " + problem->message);
    if (sharding_.type != ValueType::map) refuse("has a " + std::string(kSharding) + " that is no object");
    for (const auto& [name, value] : sharding_.map()) {
      if (name.type == ValueType::string) begins_.emplace(name.text(), &value);
    }
  }

  void add_to(PartsBuilder& builder) const {
    for (const Tensor& tensor : model_->tensors()) {
      Part part;
      const torch::ElementType* type = torch::element_type_of(tensor.dtype);
      if (type != nullptr && type->values == 1)
        part.type = type;
      else
        part.type_name = tensor.dtype.name();
      part.size = tensor.shape;
      part.begin = begin_of(tensor);
      part.offset = tensor.offset;
      part.length = tensor.size;
      builder.add(tensor.name, std::move(part));
    }
  }

  /// But for what only one process's file can say.
  Metadata metadata() const {
    Metadata rest;
    for (const auto& [key, value] : metadata_.entries) {
      if (key != kSharding && key != "DCP_VERSION") rest.entries.emplace_back(key, value);
    }
    return rest;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw CorruptError({path_, {}, {}}, why); }

  Shape begin_of(const Tensor& tensor) const {
    const auto refuse_it = [&](const std::string& why) {
      throw CorruptError({path_, {}, shortened(tensor.name)}, "its " + std::string(kBegins) + " " + why,
                         Code::placement);
    };
    const auto found = begins_.find(tensor.name);
    const Value* const list = found == begins_.end() ? nullptr : found->second->find(kBegins);
    if (list == nullptr || list->type != ValueType::array) refuse_it("are not there");
    Shape begin;
    if (list->array().count != tensor.shape.size())
      refuse_it("are " + plural(list->array().count, "number") + ", of a shape of " +
                with_thousands(tensor.shape.size()));
    for_each_element(list->array(), [&](const Value& value) {
      if (!value.is_integer() || !value.is_unsigned()) refuse_it("are not numbers from 0 on");
      begin.push_back(value.bits);
      return true;
    });
    return begin;
  }

  std::string path_;
  std::unique_ptr<const safetensors::SafetensorsModel> model_;
  Metadata metadata_;
  Value sharding_;
  std::map<std::string, const Value*, std::less<>> begins_;
};

}  // namespace

std::optional<ShardName> shard_name(std::string_view name) {
  const auto process = take_number(name, "shard-");
  if (!process) return std::nullopt;
  const auto part = take_number(name, "-model-");
  if (!part) return std::nullopt;
  const auto count = take_number(name, "-of-");
  if (!count || name != ".safetensors") return std::nullopt;
  return ShardName{*process, *part, *count};
}

Parts parts_of_shards(const io::Input& named, Report& report) {
  const std::string& path = named.name();
  io::require_directory(path);
  const auto own = shard_name(std::string_view(path).substr(path.rfind('/') + 1));
  std::vector<std::string> names;
  std::set<std::uint32_t> parts;
  for (std::string& name : io::names_in(io::directory_of(path))) {
    const auto shard = shard_name(name);
    if (!shard || !own || shard->count != own->count) continue;
    parts.insert(shard->part);
    names.push_back(std::move(name));
  }
  sort_names(names);
  for (std::uint32_t part = 1; own && part <= own->count; ++part) {
    if (parts.contains(part)) continue;
    report.unreadable(Code::missing, {path, {}, {}},
                      "part " + std::to_string(part) + " of " + std::to_string(own->count) +
                          " is missing of all processes");
    break;
  }
  PartsBuilder builder;
  Metadata metadata;
  try {
    for (const std::string& name : names) {
      io::check_interrupt();
      const auto input = io::open_beside(named, name);
      const Shard shard(input, report);
      builder.begin_file(name, input->size());
      shard.add_to(builder);
      if (metadata.entries.empty()) metadata = shard.metadata();
    }
    Parts all = builder.finish();
    all.shown = "safetensors, distributed";
    all.metadata = std::move(metadata);
    return all;
  } catch (const TooMuch& problem) {
    throw UnsupportedError({path, {}, {}}, "the files have " + problem.what);
  }
}

}  // namespace aerotool::dcp
