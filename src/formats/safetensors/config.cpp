#include "formats/safetensors/config.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/text.hpp"
#include "encoding/json/reader.hpp"
#include "formats/safetensors/message.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::safetensors {
namespace {

constexpr std::string_view kName = "config.json";
constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20;

/// Finds what is wanted by the keys that lead to it.
class Handler {
 public:
  std::string problem;  // what parse_json asks for; nothing here stops it
  Config config;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view text) {
    if (at({"quantization", "bits"}) || at({kQuantization, "bits"}) || at_group("num_bits")) {
      const auto bits = parsed(text);
      if (bits && *bits <= kMaxBits && !config.quantization.bits)
        config.quantization.bits = static_cast<std::uint32_t>(*bits);
    }
    if (at({"quantization", "group_size"}) || at({kQuantization, "group_size"}) || at_group("group_size")) {
      if (!config.quantization.group_size) config.quantization.group_size = parsed(text);
    }
    return true;
  }
  bool string(std::string_view text) {
    if (at({"model_type"})) config.model_type = text;
    if (at({kQuantization, "quant_method"})) config.quantization.method = text;
    return true;
  }
  bool key(std::string_view text) {
    if (keys_.size() <= kDeepest) keys_.back() = text;
    return true;
  }
  bool start_object() { return open(); }
  bool end_object() { return close(); }
  bool start_array() { return open(); }
  bool end_array() { return close(); }

 private:
  static constexpr std::string_view kQuantization = "quantization_config";
  static constexpr std::size_t kDeepest = 5;  // no key that is wanted lies deeper
  static constexpr std::uint64_t kMaxBits = 64;

  bool open() {
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  bool at(std::initializer_list<std::string_view> path) const { return std::ranges::equal(keys_, path); }
  /// In a group of compressed-tensors, the first of which stands for all.
  bool at_group(std::string_view key) const {
    return keys_.size() == kDeepest && keys_[0] == kQuantization && keys_[1] == "config_groups" &&
           keys_[3] == "weights" && keys_[4] == key;
  }

  static std::optional<std::uint64_t> parsed(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  std::vector<std::string> keys_;  // of the objects and arrays that are open; an array's is empty
};

Config config_in(const io::Input& input) {
  if (input.size() > kMaxBytes) {
    throw CorruptError({input.name(), {}, {}}, "has " + with_thousands(input.size()) + " bytes; at most " +
                                                   with_thousands(kMaxBytes) + " are read");
  }
  Handler handler;
  const Bytes text = input.view(0, input.size());
  if (const auto problem = parse_json(text.text(), handler)) {
    throw CorruptError({input.name(), problem->offset, {}}, shortened(problem->message));
  }
  return handler.config;
}

}  // namespace

Config config_beside(const io::Input& weights, Report& report) {
  const std::string path = io::directory_of(weights.name()) + "/" + std::string(kName);
  if (io::type_of(path) == io::FileType::none) return {};
  try {
    return config_in(*io::open_beside(weights, std::string(kName)));
  } catch (const IoError&) {
    // What the model is shall not hang on the machine's mood.
    throw;
  } catch (const Error& problem) {
    report.warning(Code::config, problem.where(), problem.message() + " (it is ignored)");
  }
  return {};
}

}  // namespace aerotool::safetensors
