// The entries of __metadata__, as texts in file order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors/render.hpp"
#include "model/metadata.hpp"

namespace aerotool::safetensors {

/// All texts in one run, eight bytes beside them an entry: a hostile header has millions.
class MetadataText {
 public:
  void add(std::string_view key, std::string_view value);

  /// The value of a key; empty where there is none.
  std::string_view find(std::string_view key) const;
  /// String values that share this run, and keep it alive.
  Metadata to_metadata() const;
  /// Views that hold as long as this object.
  HeadMetadata to_head() const;

 private:
  struct Entry {
    std::uint32_t key_end = 0;  // a header is far shorter than 4 GiB
    std::uint32_t value_end = 0;
  };

  template <typename Visit>
  void for_each(Visit visit) const;

  std::shared_ptr<std::string> text_ = std::make_shared<std::string>();
  std::vector<Entry> entries_;
};

}  // namespace aerotool::safetensors
