#include "tasks/compare/carried_hashes.hpp"

#include "transfer/checksum_check.hpp"

namespace aerotool::tasks {

CarriedHashes::CarriedHashes(const Model& model) : model_(model), hashed_runs_(model.hashed_runs()) {
  if (hashed_runs_.empty()) return;
  places_.resize(model.tensors().size());
  for (const HashedRun& run : hashed_runs_) {
    for (const HashedRun::Member& member : run.members) places_[member.tensor] = {&run, member.offset};
  }
}

std::optional<Digest> CarriedHashes::digest(std::size_t tensor) const {
  const Tensor& described = model_.tensors()[tensor];
  if (described.digest || places_.empty()) return described.digest;
  const HashedRun* run = places_[tensor].run;
  if (run == nullptr || run->length != described.size) return std::nullopt;
  return run->digest;
}

CarriedHashes::Answer CarriedHashes::compare(const CarriedHashes& a, std::size_t tensor_a,
                                             const CarriedHashes& b, std::size_t tensor_b) {
  using enum Answer;
  const auto digest_a = a.digest(tensor_a);
  const auto digest_b = b.digest(tensor_b);
  if (digest_a && digest_b) return *digest_a == *digest_b ? same : different;
  const auto checksum_a = checksum_of_bytes(a.model_, tensor_a);
  const auto checksum_b = checksum_of_bytes(b.model_, tensor_b);
  if (checksum_a && checksum_b && checksum_a->algorithm == checksum_b->algorithm) {
    if (checksum_a->value != checksum_b->value) return different;
    // Chance makes no two tensors of one SHA-256, and neither does anybody; of the others they do.
    if (resists_forgery(checksum_a->algorithm) && *checksum_a == *checksum_b) return same;
  }
  if (a.places_.empty() || b.places_.empty()) return unknown;
  const Place& place_a = a.places_[tensor_a];
  const Place& place_b = b.places_[tensor_b];
  const bool is_same = place_a.run != nullptr && place_b.run != nullptr && place_a.offset == place_b.offset &&
                       place_a.run->length == place_b.run->length &&
                       place_a.run->digest == place_b.run->digest;
  return is_same ? same : unknown;
}

}  // namespace aerotool::tasks
