// Tensors whose type GGUF does not define: of a fork, removed, or unknown. They hide nothing of the others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "model/dtype.hpp"
#include "model/report.hpp"

namespace aerotool::gguf {

/// Which types they are. Owns those whose blocks are not known: it lives as long as the tensors do, and its
/// types stay where they are when it is moved.
class OtherTypes {
 public:
  OtherTypes() = default;
  OtherTypes(OtherTypes&&) = default;
  OtherTypes& operator=(OtherTypes&&) = default;
  OtherTypes(const OtherTypes&) = delete;
  OtherTypes& operator=(const OtherTypes&) = delete;
  ~OtherTypes() = default;

  bool empty() const { return uses_.empty(); }
  /// False where there are more types than anyone would make.
  bool note(std::uint32_t id, std::string_view tensor);
  /// Counts the tensors of another file, too.
  void add(const OtherTypes& other);
  /// A type of that number without known blocks.
  DType unmeasured(std::uint32_t id);

  /// When judging a fault for each type, else one warning.
  void report(const std::string& path, Report& report) const;

  static constexpr std::size_t kMax = 1000;

 private:
  struct Use {
    std::uint64_t count = 0;
    std::string first;  // tensor
  };
  std::string summary() const;

  std::map<std::uint32_t, Use> uses_;
  std::map<std::uint32_t, PackedType> types_;
};

}  // namespace aerotool::gguf
