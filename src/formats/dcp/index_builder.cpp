#include "formats/dcp/index_builder.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace aerotool::dcp {
namespace {

constexpr std::size_t kMaxKeys = 4'000'000;
constexpr std::uint64_t kMaxChunks = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxNumbers = std::uint64_t{1} << 26;
constexpr std::size_t kMaxTransforms = 255;

std::uint32_t number_of(std::unordered_map<std::string, std::uint32_t>& known, std::vector<std::string>& list,
                        std::string text, std::size_t most, std::string_view what) {
  const auto [found, is_new] = known.emplace(std::move(text), static_cast<std::uint32_t>(list.size()));
  if (is_new) {
    if (list.size() > most) throw TooMuch{"more than " + with_thousands(most) + " " + std::string(what)};
    list.push_back(found->first);
  }
  return found->second;
}

std::string text_of(const Shape& numbers) {
  std::string text = "[";
  for (const std::uint64_t number : numbers)
    text += (text.size() > 1 ? ", " : "") + std::to_string(static_cast<std::int64_t>(number));
  return text + "]";
}

}  // namespace

void IndexBuilder::require_room(std::uint64_t numbers) const {
  if (index_.numbers_.size() + place_numbers_.size() + numbers > kMaxNumbers)
    throw TooMuch{"chunks of more than " + with_thousands(kMaxNumbers) + " numbers"};
}

IndexBuilder::Chunk IndexBuilder::add_chunk(Numbers offsets, Numbers sizes) {
  require_room(2 * offsets.size());
  const Chunk chunk{index_.numbers_.size(), static_cast<std::uint32_t>(offsets.size())};
  for (const std::uint64_t number : offsets) index_.numbers_.push_back(number);
  for (const std::uint64_t number : sizes) index_.numbers_.push_back(number);
  return chunk;
}

std::uint32_t IndexBuilder::add_tensor(const torch::ElementType* type, std::string type_name, Numbers shape,
                                       std::span<const Chunk> chunks) {
  if (tensors_.size() == kMaxKeys) throw TooMuch{"more than " + with_thousands(kMaxKeys) + " tensors"};
  Tensor& tensor = tensors_.emplace_back();
  tensor.type = type;
  if (type == nullptr) tensor.type_name = std::move(type_name);
  tensor.shape.assign(shape.begin(), shape.end());
  const std::uint64_t each = 2 * tensor.shape.size();
  for (const Chunk& chunk : chunks) {
    if (chunk.rank != tensor.shape.size()) tensor.other_rank = chunk.rank;
  }
  if (tensor.other_rank == kNone && !chunks.empty()) {
    tensor.count = chunks.size();
    tensor.numbers = chunks.front().numbers;
    bool follow = true;
    for (std::size_t i = 0; i < chunks.size(); ++i)
      follow = follow && chunks[i].numbers == tensor.numbers + i * each;
    if (!follow) {
      require_room(chunks.size() * each);
      tensor.numbers = index_.numbers_.size();
      for (const Chunk& chunk : chunks) {
        for (std::uint64_t i = 0; i < each; ++i)
          index_.numbers_.push_back(index_.numbers_[chunk.numbers + i]);
      }
    }
  }
  return static_cast<std::uint32_t>(tensors_.size() - 1);
}

std::uint32_t IndexBuilder::id_of(std::string_view name) {
  const auto [found, is_new] = ids_.emplace(name, static_cast<std::uint32_t>(key_of_id_.size()));
  if (is_new) {
    if (key_of_id_.size() >= 2 * kMaxKeys)
      throw TooMuch{"more than " + with_thousands(2 * kMaxKeys) + " names"};
    key_of_id_.push_back(kNone);
  }
  return found->second;
}

bool IndexBuilder::add_key(std::string_view name, std::optional<std::uint32_t> tensor) {
  std::uint32_t& key = key_of_id_[id_of(name)];
  if (key != kNone) {
    if (!is_several_) return false;
    const bool is_tensor = tensor_of_key_[key] != kNone;
    if (tensor && is_tensor) more_.emplace_back(key, *tensor);
    return tensor.has_value() == is_tensor;
  }
  if (index_.keys.size() == kMaxKeys) throw TooMuch{"more than " + with_thousands(kMaxKeys) + " keys"};
  key = static_cast<std::uint32_t>(index_.keys.size());
  Key& added = index_.keys.emplace_back();
  added.name = name;
  added.is_tensor = tensor.has_value();
  tensor_of_key_.push_back(tensor.value_or(kNone));
  return true;
}

std::uint32_t IndexBuilder::add_place(std::string_view key, Numbers begin) {
  require_room(begin.size());
  if (place_ids_.size() == kMaxChunks) throw TooMuch{"more than " + with_thousands(kMaxChunks) + " items"};
  place_ids_.push_back(id_of(key));
  place_items_.push_back(kNone);
  for (const std::uint64_t number : begin) place_numbers_.push_back(number);
  place_ends_.push_back(static_cast<std::uint32_t>(place_numbers_.size()));
  return static_cast<std::uint32_t>(place_ids_.size() - 1);
}

void IndexBuilder::add_file(std::string_view name) {
  last_file_ = number_of(file_numbers_, index_.files, std::string(name), Index::kFileBits, "files");
}

std::uint32_t IndexBuilder::add_item(std::string_view file, std::uint64_t offset, std::uint64_t length,
                                     const std::string& transform) {
  if (index_.offsets_.size() == kMaxChunks)
    throw TooMuch{"more than " + with_thousands(kMaxChunks) + " items"};
  if (index_.files.empty() || index_.files[last_file_] != file) add_file(file);
  std::uint32_t how = 0;
  if (!transform.empty())
    how = number_of(transform_numbers_, index_.transforms, transform, kMaxTransforms, "transformations");
  index_.offsets_.push_back(offset);
  index_.lengths_.push_back(length);
  index_.places_.push_back(how << Index::kFileDigits | last_file_);
  return static_cast<std::uint32_t>(index_.offsets_.size() - 1);
}

void IndexBuilder::set_item(std::uint32_t place, std::uint32_t item) {
  place_items_[place] = item;
}

void IndexBuilder::add_path(std::string_view key, std::string wrapper) {
  index_.has_paths = true;
  const auto id = ids_.find(std::string(key));
  if (id == ids_.end() || key_of_id_[id->second] == kNone) return;
  index_.keys[key_of_id_[id->second]].wrapper =
      number_of(wrapper_numbers_, index_.wrappers, std::move(wrapper), kMaxKeys, "ways");
}

void IndexBuilder::add_tiled(std::string_view key) {
  const auto id = ids_.find(std::string(key));
  if (id == ids_.end() || key_of_id_[id->second] == kNone) return;
  index_.keys[key_of_id_[id->second]].is_tiled = true;
}

void IndexBuilder::begin_another() {
  is_several_ = true;
}

void IndexBuilder::sort_places() {
  const std::uint64_t count = place_ids_.size();
  id_begins_.assign(key_of_id_.size() + 1, 0);
  for (std::uint64_t i = 0; i < count; ++i) ++id_begins_[place_ids_[i] + 1];
  for (std::size_t i = 1; i < id_begins_.size(); ++i) id_begins_[i] += id_begins_[i - 1];
  std::vector<std::uint32_t> next = id_begins_;
  sorted_.resize(count);
  for (std::uint64_t i = 0; i < count; ++i) sorted_[next[place_ids_[i]]++] = static_cast<std::uint32_t>(i);
  for (std::size_t id = 0; id + 1 < id_begins_.size(); ++id) {
    std::sort(sorted_.begin() + id_begins_[id], sorted_.begin() + id_begins_[id + 1],
              [this](std::uint32_t a, std::uint32_t b) {
                const std::uint64_t rank = place_ends_[b] - begin_of(b);
                const std::uint64_t other = place_ends_[a] - begin_of(a);
                if (other != rank) return other < rank;
                for (std::uint64_t i = 0; i < rank; ++i) {
                  const std::uint64_t x = place_numbers_[begin_of(a) + i];
                  const std::uint64_t y = place_numbers_[begin_of(b) + i];
                  if (x != y) return x < y;
                }
                return a < b;
              });
  }
}

std::strong_ordering IndexBuilder::compare(std::uint32_t place, std::uint64_t numbers,
                                           std::size_t rank) const {
  const std::uint64_t begin = begin_of(place);
  const std::uint64_t other = place_ends_[place] - begin;
  if (other != rank) return other <=> std::uint64_t{rank};
  for (std::size_t i = 0; i < rank; ++i) {
    const auto order = place_numbers_[begin + i] <=> index_.numbers_[numbers + i];
    if (order != std::strong_ordering::equal) return order;
  }
  return std::strong_ordering::equal;
}

/// The chunks of several processes behind each other; of those that begin in one place the first one.
IndexBuilder::Tensor IndexBuilder::joined(std::span<const std::uint32_t> tensors) {
  Tensor all = tensors_[tensors.front()];
  if (tensors.size() == 1) return all;
  const std::size_t rank = all.shape.size();
  std::vector<std::uint64_t> chunks;  // where their numbers begin
  for (const std::uint32_t number : tensors) {
    const Tensor& tensor = tensors_[number];
    if (tensor.other_rank != kNone) all.other_rank = tensor.other_rank;
    if (tensor.shape.size() != rank) all.other_rank = static_cast<std::uint32_t>(tensor.shape.size());
    if (all.other_rank != kNone) return all;
    if (tensor.shape != all.shape || tensor.type != all.type || tensor.type_name != all.type_name) {
      // What no chunk can be part of.
      all.type = nullptr;
      all.type_name.clear();
      return all;
    }
    for (std::uint64_t i = 0; i < tensor.count; ++i) chunks.push_back(tensor.numbers + i * 2 * rank);
  }
  const auto same = [&](std::uint64_t a, std::uint64_t b) {
    for (std::size_t i = 0; i < 2 * rank; ++i) {
      if (index_.numbers_[a + i] != index_.numbers_[b + i]) return false;
    }
    return true;
  };
  std::ranges::sort(chunks, [&](std::uint64_t a, std::uint64_t b) {
    for (std::size_t i = 0; i < 2 * rank; ++i) {
      if (index_.numbers_[a + i] != index_.numbers_[b + i])
        return index_.numbers_[a + i] < index_.numbers_[b + i];
    }
    return a < b;
  });
  chunks.erase(std::unique(chunks.begin(), chunks.end(), same), chunks.end());
  require_room(chunks.size() * 2 * rank);
  all.numbers = index_.numbers_.size();
  all.count = chunks.size();
  for (const std::uint64_t chunk : chunks) {
    for (std::size_t i = 0; i < 2 * rank; ++i) index_.numbers_.push_back(index_.numbers_[chunk + i]);
  }
  return all;
}

void IndexBuilder::describe(Key& key, Tensor tensor) {
  key.type = tensor.type;
  key.shape = std::move(tensor.shape);
  if (tensor.other_rank != kNone) {
    key.problem =
        "has the shape " + text_of(key.shape) + ", and a chunk of " + plural(tensor.other_rank, "dimension");
    key.code = Code::shape;
    return;
  }
  if (key.type == nullptr) {
    key.problem = tensor.type_name.empty()
                      ? "is of two shapes or dtypes, as different processes say"
                      : "has the dtype " + shown(tensor.type_name) + ", which is not known";
    key.code = Code::dtype;
    return;
  }
  key.numbers = tensor.numbers;
  key.count = tensor.count;
}

void IndexBuilder::find_items(Key& key, std::span<const std::uint32_t> places) {
  key.first = index_.items_.size();
  const std::size_t rank = key.shape.size();
  const std::uint64_t count = key.is_tensor ? key.count : 1;
  std::uint64_t found = 0;
  for (std::size_t i = 1; i < places.size() && !is_several_; ++i) {
    const std::uint32_t before = places[i - 1];
    const std::uint64_t begin = begin_of(places[i]);
    bool same = place_ends_[before] - begin_of(before) == place_ends_[places[i]] - begin;
    for (std::uint64_t j = begin; same && j < place_ends_[places[i]]; ++j)
      same = place_numbers_[j] == place_numbers_[begin_of(before) + j - begin];
    if (!same || !key.problem.empty()) continue;
    key.problem = "has two items for what begins in one place";
    key.code = Code::duplicate;
  }
  for (std::uint64_t chunk = 0; chunk < count; ++chunk) {
    const std::uint64_t numbers = key.numbers + chunk * 2 * rank;
    const auto place = std::ranges::partition_point(places, [&](std::uint32_t candidate) {
      return compare(candidate, numbers, key.is_tensor ? rank : 0) == std::strong_ordering::less;
    });
    const bool is_there = place != places.end() &&
                          compare(*place, numbers, key.is_tensor ? rank : 0) == std::strong_ordering::equal;
    index_.items_.push_back(is_there ? place_items_[*place] : kNone);
    if (is_there) ++found;
  }
  if (found < places.size() && key.problem.empty() && !is_several_) {
    if (index_.unused == 0) index_.unused_example = key.name;
    index_.unused += places.size() - found;
  }
}

std::span<const std::uint32_t> IndexBuilder::places_of(std::uint32_t id) const {
  return std::span(sorted_).subspan(id_begins_[id], id_begins_[id + 1] - id_begins_[id]);
}

Index IndexBuilder::finish() {
  sort_places();
  std::ranges::stable_sort(more_);
  for (std::uint32_t id = 0; id < key_of_id_.size(); ++id) {
    const std::uint32_t number = key_of_id_[id];
    if (number == kNone) {
      index_.unused += places_of(id).size();
      continue;
    }
    Key& key = index_.keys[number];
    if (key.is_tensor) {
      std::vector<std::uint32_t> tensors = {tensor_of_key_[number]};
      for (auto more = std::ranges::lower_bound(more_, std::pair(number, std::uint32_t{0}));
           more != more_.end() && more->first == number; ++more)
        tensors.push_back(more->second);
      describe(key, joined(tensors));
    }
    find_items(key, places_of(id));
  }
  if (index_.unused > 0 && index_.unused_example.empty()) {
    const auto one = std::ranges::find_if(ids_, [this](const auto& name) {
      return key_of_id_[name.second] == kNone && !places_of(name.second).empty();
    });
    if (one != ids_.end()) index_.unused_example = one->first;
  }
  return std::move(index_);
}

}  // namespace aerotool::dcp
