// What adapter_config.json of the library PEFT says of an adapter (src/tasks/merge/adapter/ADAPTERS.md,
// "PEFT").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encoding/value.hpp"

namespace re2 {
class RE2;
}

namespace aerotool::tasks {

class PeftConfig {
 public:
  /// Of such an object; `path` names the file in messages. Throws CorruptError, and UnsupportedError for an
  /// adapter that is more than products of two matrices, or that came with another base.
  PeftConfig(const Value& said, std::string path);

  /// Of a module, by its name in the model that was adapted.
  std::uint64_t rank_of(const std::string& module) const;
  /// What the product of a module's matrices is multiplied by.
  double scale_of(const std::string& module) const;
  /// Whether square weights are stored as [in, out].
  bool fan_in_fan_out() const { return fan_in_fan_out_; }
  const std::string& path() const { return path_; }

 private:
  using Patterns = std::vector<std::pair<std::shared_ptr<const re2::RE2>, double>>;

  Patterns patterns(const Value& said, std::string_view key) const;

  std::string path_;
  double rank_ = 0;
  double alpha_ = 0;
  Patterns ranks_;
  Patterns alphas_;
  bool by_root_ = false;
  bool fan_in_fan_out_ = false;
};

}  // namespace aerotool::tasks
