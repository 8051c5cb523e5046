// What every merge of tensors is: numbers that are computed from those of several tensors of one size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/scratch.hpp"
#include "transfer/value_source.hpp"

namespace aerotool::merging {

using Values = std::shared_ptr<const ValueSource>;

/// Calls `with` with numbers of a source: floats where they are exact, which are half of the bytes.
template <typename With>
void with_numbers(const ValueSource& source, std::uint64_t first, std::size_t count, With with) {
  if (source.fits_f32()) {
    Scratch<float> numbers(count);
    source.read(first, numbers.span());
    with(std::span<const float>(numbers.span()));
  } else {
    Scratch<double> numbers(count);
    source.read(first, numbers.span());
    with(std::span<const double>(numbers.span()));
  }
}

/// Doubles, of which each is rounded once by who writes them (transforms/cast.hpp). They depend on nothing
/// but the numbers of the sources: not on threads, vectors or how they are asked for.
class MergedValues : public ValueSource {
 public:
  /// All of one count; at least one.
  explicit MergedValues(std::vector<Values> sources);

  std::uint64_t count() const final { return sources_.front()->count(); }
  bool fits_f32() const final { return false; }
  void read(std::uint64_t first, std::span<float> out) const final;
  void read(std::uint64_t first, std::span<double> out) const final;
  std::uint64_t unit() const final;
  const std::string& path() const final { return sources_.front()->path(); }
  std::vector<StoredTensor> inputs() const final;

 protected:
  const ValueSource& source(std::size_t number) const { return *sources_[number]; }
  std::size_t sources() const { return sources_.size(); }

 private:
  /// What read() does, of no more elements than a core's cache holds.
  virtual void merge(std::uint64_t first, std::span<double> out) const = 0;

  std::vector<Values> sources_;
};

}  // namespace aerotool::merging
