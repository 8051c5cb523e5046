#include "model/parted_model.hpp"

#include <utility>

namespace aerotool {

const std::string& PartedModel::path_of(std::size_t tensor) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->path_of(place.tensor);
}

void PartedModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  const Place& place = places_[tensor];
  parts_[place.part]->read(place.tensor, offset, out);
}

std::vector<Seal> PartedModel::seals() const {
  // The tensors of each part under their numbers here; those that were left out have none.
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::vector<std::size_t>> numbers(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part)
    numbers[part].assign(parts_[part]->tensors().size(), kNone);
  for (std::size_t i = 0; i < places_.size(); ++i) numbers[places_[i].part][places_[i].tensor] = i;
  std::vector<Seal> all;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    for (Seal& seal : parts_[part]->seals()) {
      std::erase_if(seal.members,
                    [&](const Seal::Member& member) { return numbers[part][member.tensor] == kNone; });
      for (Seal::Member& member : seal.members) member.tensor = numbers[part][member.tensor];
      all.push_back(std::move(seal));
    }
  }
  return all;
}

bool PartedModel::verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->verify_pages(place.tensor, begin, end);
}

void PartedModel::require_unchanged() const {
  for (const auto& part : parts_) part->require_unchanged();
}

std::vector<Shard> PartedModel::shards() const {
  std::vector<Shard> all;
  for (const auto& part : parts_) {
    for (Shard& shard : part->overview().shards) all.push_back(std::move(shard));
  }
  return all;
}

void PartedModel::add_part(std::unique_ptr<Model> part) {
  const auto& tensors = part->tensors();
  tensors_.reserve(tensors_.size() + tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors_.push_back(tensors[i]);
    tensors_.back().shard += shard_count_;
    places_.push_back({parts_.size(), i});
  }
  shard_count_ += static_cast<std::uint32_t>(part->overview().shards.size());
  parts_.push_back(std::move(part));
}

void PartedModel::arrange(const std::vector<std::size_t>& order) {
  std::vector<Tensor> tensors;
  std::vector<Place> places;
  tensors.reserve(order.size());
  places.reserve(order.size());
  for (const std::size_t i : order) {
    tensors.push_back(std::move(tensors_[i]));
    places.push_back(places_[i]);
  }
  tensors_ = std::move(tensors);
  places_ = std::move(places);
}

}  // namespace aerotool
