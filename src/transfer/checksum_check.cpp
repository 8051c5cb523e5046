#include "transfer/checksum_check.hpp"

#include <utility>
#include <vector>

#include "transfer/source_check.hpp"

namespace aerotool {

std::optional<hash::Checksum> checksum_of_bytes(const Model& model, std::size_t tensor) {
  const auto range = model.stored_range(tensor);
  if (!range || !range->checksum) return std::nullopt;
  const bool is_of_bytes =
      range->encoding == StoredEncoding::raw || range->checksum->over == hash::Checksum::Over::decoded;
  return is_of_bytes ? range->checksum : std::nullopt;
}

ChecksumCheck::ChecksumCheck(Stored stored)
    : stored_(std::move(stored)),
      checksums_([this](std::size_t number, std::uint64_t offset, std::span<std::byte> out) {
        const StoredTensor tensor = stored_(number);
        tensor.model->read(tensor.index, offset, out);
      }) {}

void ChecksumCheck::expect(std::size_t number) {
  const StoredTensor stored = stored_(number);
  const auto checksum = checksum_of_bytes(*stored.model, stored.index);
  if (!checksum) return;
  checksums_.want(number, checksum->algorithm, stored.tensor().size);
}

void ChecksumCheck::judge() {
  std::vector<HitTensor> corrupt;
  for (std::size_t number = 0; number < checksums_.end(); ++number) {
    if (!checksums_.wants(number)) continue;
    const StoredTensor stored = stored_(number);
    const hash::Checksum expected = *checksum_of_bytes(*stored.model, stored.index);
    if (checksums_.finish(number).value == expected.value) continue;
    const Tensor& tensor = stored.tensor();
    corrupt.push_back({tensor.name, stored.model->path_of(stored.index), tensor.offset, tensor.size});
  }
  require_none(corrupt, "their hash is not the one that the file carries");
}

}  // namespace aerotool
