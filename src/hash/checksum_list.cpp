#include "hash/checksum_list.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace aerotool::hash {
namespace {

constexpr std::uint8_t kDecoded = 0x40;

std::uint8_t kind_of(const Checksum& checksum) {
  const auto algorithm = static_cast<std::uint8_t>(checksum.algorithm);
  return checksum.over == Checksum::Over::decoded ? algorithm | kDecoded : algorithm;
}

}  // namespace

void ChecksumList::resize(std::size_t size) {
  kinds_.resize(size, kNone);
  values_.resize(size * width_);
}

void ChecksumList::set(std::size_t number, const Checksum& checksum) {
  const ByteSpan value = checksum.bytes();
  if (value.size() > width_) widen(value.size());
  kinds_[number] = kind_of(checksum);
  std::ranges::copy(value, std::span(values_).subspan(number * width_).begin());
}

Checksum ChecksumList::at(std::size_t number) const {
  Checksum checksum;
  checksum.algorithm = static_cast<Algorithm>(kinds_[number] & ~kDecoded);
  checksum.over = (kinds_[number] & kDecoded) != 0 ? Checksum::Over::decoded : Checksum::Over::stored;
  const ByteSpan value = std::span(values_).subspan(number * width_, width_of(checksum.algorithm));
  std::ranges::copy(value, checksum.value.begin());
  return checksum;
}

void ChecksumList::widen(std::size_t width) {
  std::vector<std::byte> values(kinds_.size() * width);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const ByteSpan value = std::span(values_).subspan(i * width_, width_);
    std::ranges::copy(value, std::span(values).subspan(i * width).begin());
  }
  values_ = std::move(values);
  width_ = width;
}

}  // namespace aerotool::hash
