#include "commands/diff/carried_hashes.hpp"

namespace aerotool::commands {

CarriedHashes::CarriedHashes(const Model& model) : model_(model), seals_(model.seals()) {
  if (seals_.empty()) return;
  places_.resize(model.tensors().size());
  for (const Seal& seal : seals_) {
    for (const Seal::Member& member : seal.members) places_[member.tensor] = {&seal, member.offset};
  }
}

std::optional<Digest> CarriedHashes::digest(std::size_t tensor) const {
  const Tensor& described = model_.tensors()[tensor];
  if (described.digest || places_.empty()) return described.digest;
  const Seal* seal = places_[tensor].seal;
  if (seal == nullptr || seal->length != described.size) return std::nullopt;
  return seal->digest;
}

bool CarriedHashes::same(const CarriedHashes& a, std::size_t tensor_a, const CarriedHashes& b,
                         std::size_t tensor_b) {
  const auto digest_a = a.digest(tensor_a);
  const auto digest_b = b.digest(tensor_b);
  if (digest_a && digest_b) return *digest_a == *digest_b;
  if (a.places_.empty() || b.places_.empty()) return false;
  const Place& place_a = a.places_[tensor_a];
  const Place& place_b = b.places_[tensor_b];
  return place_a.seal != nullptr && place_b.seal != nullptr && place_a.offset == place_b.offset &&
         place_a.seal->length == place_b.seal->length && place_a.seal->digest == place_b.seal->digest;
}

}  // namespace aerotool::commands
