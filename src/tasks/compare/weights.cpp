#include "tasks/compare/weights.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "io/pipeline.hpp"
#include "tasks/compare/carried_hashes.hpp"
#include "tasks/compare/checked_reader.hpp"
#include "tasks/compare/comparable_numbers.hpp"
#include "tasks/compare/whole_files.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
// A region takes as much memory as a tensor does.
constexpr std::size_t kRegionsAtOnce = std::size_t{1} << 14;

/// A tensor that is in both models.
struct Pair {
  std::size_t a = 0;  ///< index into Model::tensors()
  std::size_t b = 0;
};

bool same_form(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.size == b.size;
}

double share_of(const TensorDifference& difference) {
  if (difference.a == nullptr || difference.a->size == 0) return 0;
  return static_cast<double>(difference.bytes.changed) / static_cast<double>(difference.a->size);
}

ByteDifference compare_bytes(ByteSpan a, ByteSpan b, std::optional<NumberKind> kind) {
  ByteDifference found;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return found;
  for (std::size_t i = 0; i < a.size(); ++i) found.changed += a[i] != b[i] ? 1 : 0;
  found.first = static_cast<std::uint64_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (kind) {
    const std::uint64_t element = found.first - found.first % width_of(*kind);
    found.bits_a = element_bits(*kind, a.subspan(element));
    found.bits_b = element_bits(*kind, b.subspan(element));
  }
  return found;
}

/// Appends what was found in the runs of a tensor in their order, whatever order they come in: so sums do not
/// depend on the number of threads. Holds as many as are ahead of their turn.
class InOrder {
 public:
  void add(std::uint64_t begin, std::uint64_t end, const NumericDifference& found) {
    waiting_.push_back({begin, end, found});
    for (auto next = find_next(); next != waiting_.end(); next = find_next()) {
      total_.append(next->found);
      reached_ = next->end;
      waiting_.erase(next);
    }
    if (waiting_.empty()) waiting_ = {};
  }
  const NumericDifference& total() const { return total_; }

 private:
  struct Run {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    NumericDifference found;
  };
  std::vector<Run>::iterator find_next() {
    return std::find_if(waiting_.begin(), waiting_.end(),
                        [this](const Run& run) { return run.begin == reached_; });
  }

  std::vector<Run> waiting_;
  std::uint64_t reached_ = 0;
  NumericDifference total_;
};

/// Goes through the tensors that have to be read.
class Reading {
 public:
  Reading(const Model& a, const Model& b, const std::vector<Pair>& pairs,
          const std::optional<ComparableNumbers>& numbers)
      : a_(a, numbers_of(pairs, &Pair::a)),
        b_(b, numbers_of(pairs, &Pair::b)),
        states_(pairs.size()),
        numbers_(numbers ? pairs.size() : 0) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      State& state = states_[i];
      state.bytes_too = same_form(a_.tensor(i), b_.tensor(i));
      if (numbers) numbers_[i].blocks = numbers->of(pairs[i].a, pairs[i].b);
    }
  }

  void run(const CompareOptions& options) {
    std::vector<io::Region> others = a_.other_regions();
    for (io::Region& region : b_.other_regions()) others.push_back(std::move(region));
    if (options.progress != nullptr) {
      for (std::size_t i = 0; i < states_.size(); ++i) options.progress->total += a_.tensor(i).size;
      for (const io::Region& region : others) options.progress->total += region.length;
      options.progress->total += a_.files_size() + b_.files_size();
    }
    a_.expect_reads();
    b_.expect_reads();
    const unsigned jobs = jobs_for_reading(b_.model(), jobs_for_reading(a_.model(), options.jobs));
    for (std::size_t first = 0; first < states_.size(); first += kRegionsAtOnce)
      run_some(first, std::min(kRegionsAtOnce, states_.size() - first), jobs, options.progress);
    io::run(others, {.jobs = options.jobs, .progress = options.progress, .in_order = {}});
    a_.judge();
    b_.judge();
    a_.verify_files(options.jobs, options.progress);
    b_.verify_files(options.jobs, options.progress);
  }

  /// After run(): what differs in a tensor; nothing where it is the same.
  std::optional<TensorDifference> difference(std::size_t number) const {
    const State& state = states_[number];
    if (state.bytes_too && state.bytes.changed == 0) return std::nullopt;
    TensorDifference difference;
    difference.kind = state.bytes_too ? TensorDifference::Kind::bytes : TensorDifference::Kind::form;
    difference.a = &a_.tensor(number);
    difference.b = &b_.tensor(number);
    difference.bytes = state.bytes;
    if (blocks_of(number)) difference.numeric = numbers_[number].found.total();
    return difference;
  }

 private:
  struct State {
    bool bytes_too = false;  // dtype and shape are the same
    ByteDifference bytes;
  };
  struct Numbers {
    std::optional<BothBlocks> blocks;  // where they are compared
    InOrder found;
  };

  /// Nothing where numbers are not compared.
  std::optional<BothBlocks> blocks_of(std::size_t number) const {
    return numbers_.empty() ? std::nullopt : numbers_[number].blocks;
  }

  static std::vector<std::size_t> numbers_of(const std::vector<Pair>& pairs, std::size_t Pair::*side) {
    std::vector<std::size_t> numbers;
    numbers.reserve(pairs.size());
    for (const Pair& pair : pairs) numbers.push_back(pair.*side);
    return numbers;
  }

  void run_some(std::size_t first, std::size_t count, unsigned jobs, io::Progress* progress) {
    std::vector<io::Region> regions(count);
    for (std::size_t i = first; i < first + count; ++i) {
      io::Region& region = regions[i - first];
      region.length = a_.tensor(i).size;
      if (const auto blocks = blocks_of(i)) region.unit = blocks->unit_a();
      region.read = [this, i](std::uint64_t offset, std::span<std::byte> out) { a_.read(i, offset, out); };
      region.visit = [this, i](std::uint64_t offset, ByteSpan bytes) { look(i, offset, bytes); };
    }
    io::run(regions, {.jobs = jobs, .progress = progress, .in_order = {}});
  }

  /// `bytes` stand at `offset` in the tensor of A.
  void look(std::size_t number, std::uint64_t offset, ByteSpan bytes) {
    std::vector<std::byte> buffer = take_buffer();
    const std::optional<BothBlocks> blocks = blocks_of(number);
    // Where B's numbers take more bytes, they come in several steps.
    const std::size_t unit_a = blocks ? blocks->unit_a() : 1;
    const std::size_t unit_b = blocks ? blocks->unit_b() : 1;
    const std::size_t step = kBufferBytes / std::max(unit_a, unit_b) * unit_a;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const ByteSpan run_a = bytes.subspan(at, std::min(step, bytes.size() - at));
      const auto in_b = [&](std::uint64_t in_a) {
        return blocks ? blocks->b.bytes_of(blocks->a.elements_of(in_a)) : in_a;
      };
      const std::span<std::byte> run_b = std::span(buffer).first(in_b(run_a.size()));
      b_.read(number, in_b(offset + at), run_b);
      look_at_run(number, offset + at, run_a, run_b);
    }
    const std::lock_guard lock(mutex_);
    buffers_.push_back(std::move(buffer));
  }

  /// One that no other thread has. Not thread_local: the C library ends the process where there is no memory
  /// to register its destructor.
  std::vector<std::byte> take_buffer() {
    {
      const std::lock_guard lock(mutex_);
      if (!buffers_.empty()) {
        std::vector<std::byte> buffer = std::move(buffers_.back());
        buffers_.pop_back();
        return buffer;
      }
    }
    return std::vector<std::byte>(kBufferBytes);
  }

  void look_at_run(std::size_t number, std::uint64_t offset, ByteSpan a, ByteSpan b) {
    State& state = states_[number];
    ByteDifference bytes;
    if (state.bytes_too) bytes = compare_bytes(a, b, number_kind(a_.tensor(number).dtype));
    std::optional<NumericDifference> numbers;
    if (const auto blocks = blocks_of(number))
      numbers = compare_numbers(blocks->a, a, blocks->b, b, blocks->a.elements_of(offset));
    const std::lock_guard lock(mutex_);
    if (bytes.changed != 0) {
      bytes.first += offset;
      bytes.changed += state.bytes.changed;
      const bool earlier = state.bytes.changed == 0 || bytes.first < state.bytes.first;
      if (earlier) {
        state.bytes = bytes;
      } else {
        state.bytes.changed = bytes.changed;
      }
    }
    if (numbers) numbers_[number].found.add(offset, offset + a.size(), *numbers);
  }

  CheckedReader a_;
  CheckedReader b_;
  std::mutex mutex_;                             // of the buffers, and of what is found
  std::vector<std::vector<std::byte>> buffers_;  // that no thread has
  std::vector<State> states_;
  std::vector<Numbers> numbers_;  // beside the states; empty where they are not asked for
};

const std::string& name_of(const TensorDifference& difference) {
  return difference.a != nullptr ? difference.a->name : difference.b->name;
}

/// `kinds_first`: also of what has numbers.
void sort_by_change(std::vector<TensorDifference>& tensors, bool kinds_first) {
  const auto change = [](const TensorDifference& difference) {
    return difference.numeric ? difference.numeric->gravity() : 0.0;
  };
  std::sort(tensors.begin(), tensors.end(), [&](const TensorDifference& x, const TensorDifference& y) {
    const bool both_have_numbers = x.numeric.has_value() && y.numeric.has_value();
    const bool one_has_numbers = x.numeric.has_value() != y.numeric.has_value();
    if (!kinds_first && one_has_numbers) return y.numeric.has_value();
    if (x.kind != y.kind && (kinds_first || !both_have_numbers)) return x.kind < y.kind;
    if (one_has_numbers) return y.numeric.has_value();
    const std::tuple more_x(change(x), share_of(x));
    const std::tuple more_y(change(y), share_of(y));
    return more_x != more_y ? more_x > more_y : name_of(x) < name_of(y);
  });
}

bool carries_hash(const Model& model, std::size_t tensor) {
  return model.tensors()[tensor].digest || model.stored_range(tensor);
}

/// Finds the tensors of a model by name, in logarithmic time whatever the names are: names that were made to
/// have one hash are sorted, too.
class ByName {
 public:
  /// Of the tensors from `first` on.
  ByName(const std::vector<Tensor>& tensors, std::size_t first) : tensors_(tensors) {
    entries_.reserve(tensors.size() - first);
    for (std::size_t i = first; i < tensors.size(); ++i) entries_.push_back({hash_of(tensors[i].name), i});
    std::sort(entries_.begin(), entries_.end(), [&](const Entry& x, const Entry& y) {
      return x.hash != y.hash ? x.hash < y.hash : name_of(x) < name_of(y);
    });
  }

  std::optional<std::size_t> find(const std::string& name) const {
    const std::size_t hash = hash_of(name);
    const auto entry = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& before) {
      return before.hash != hash ? before.hash < hash : name_of(before) < name;
    });
    if (entry == entries_.end() || name_of(*entry) != name) return std::nullopt;
    return entry->index;
  }

 private:
  struct Entry {
    std::size_t hash = 0;
    std::size_t index = 0;
  };
  static std::size_t hash_of(const std::string& name) { return std::hash<std::string>{}(name); }
  const std::string& name_of(const Entry& entry) const { return tensors_[entry.index].name; }

  const std::vector<Tensor>& tensors_;
  std::vector<Entry> entries_;
};

/// How many tensors from the first on have the same names in both.
std::size_t common_start(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  const auto same = [](const Tensor& x, const Tensor& y) { return x.name == y.name; };
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same).first -
                                  a.begin());
}

/// What is known of a pair that is not read.
void compare_unread(const Pair& pair, const Model& a, const Model& b, CarriedHashes::Answer by_hashes,
                    WholeFiles& files, WeightDifference& found) {
  const Tensor& tensor_a = a.tensors()[pair.a];
  const Tensor& tensor_b = b.tensors()[pair.b];
  if (!same_form(tensor_a, tensor_b)) {
    found.tensors.push_back({TensorDifference::Kind::form, &tensor_a, &tensor_b, {}, {}});
  } else if (by_hashes == CarriedHashes::Answer::different) {
    found.tensors.push_back({TensorDifference::Kind::hash, &tensor_a, &tensor_b, {}, {}});
  } else if (tensor_a.offset == tensor_b.offset && files.same(a.file_of(pair.a), b.file_of(pair.b))) {
    ++found.by_hash;
  } else {
    ++found.not_compared;
    found.not_compared_bytes += tensor_a.size;
  }
}

/// Sorts out what can be told without reading weights; returns what has to be read.
std::vector<Pair> pair_up(const Model& a, const Model& b, const CompareOptions& options,
                          const std::optional<ComparableNumbers>& numbers, WeightDifference& found) {
  const std::vector<Tensor>& tensors_a = a.tensors();
  const std::vector<Tensor>& tensors_b = b.tensors();
  std::optional<CarriedHashes> hashes_a;
  std::optional<CarriedHashes> hashes_b;
  if (!options.full) {
    hashes_a.emplace(a);
    hashes_b.emplace(b);
  }
  const bool unread = !options.full && !(is_here(a) && is_here(b));
  WholeFiles files(options.jobs, options.progress);
  const std::size_t in_step = common_start(tensors_a, tensors_b);
  const ByName by_name(tensors_b, in_step);
  std::vector<bool> is_in_both(tensors_b.size());
  std::vector<Pair> to_read;
  for (std::size_t i = 0; i < tensors_a.size(); ++i) {
    const Tensor& tensor_a = tensors_a[i];
    const auto other = i < in_step ? std::optional(i) : by_name.find(tensor_a.name);
    if (!other) {
      found.tensors.push_back({TensorDifference::Kind::only_in_a, &tensor_a, nullptr, {}, {}});
      continue;
    }
    const Pair pair = {i, *other};
    is_in_both[pair.b] = true;
    const Tensor& tensor_b = tensors_b[pair.b];
    ++found.in_both;
    found.in_both_bytes += tensor_a.size;
    auto by_hashes = CarriedHashes::Answer::unknown;
    if (!same_form(tensor_a, tensor_b)) {
      if (!numbers || !numbers->of(pair.a, pair.b)) {
        found.tensors.push_back({TensorDifference::Kind::form, &tensor_a, &tensor_b, {}, {}});
        continue;
      }
    } else {
      if (!options.full) by_hashes = CarriedHashes::compare(*hashes_a, pair.a, *hashes_b, pair.b);
      if (by_hashes == CarriedHashes::Answer::same) {
        ++found.by_hash;
        continue;
      }
      // What has no bytes and no hash has nothing to read, and nothing to be held to.
      if (tensor_a.size == 0 && (unread || !(carries_hash(a, pair.a) || carries_hash(b, pair.b)))) continue;
    }
    if (unread) {
      compare_unread(pair, a, b, by_hashes, files, found);
    } else {
      to_read.push_back(pair);
    }
  }
  for (std::size_t i = in_step; i < tensors_b.size(); ++i) {
    if (is_in_both[i]) continue;
    found.tensors.push_back({TensorDifference::Kind::only_in_b, nullptr, &tensors_b[i], {}, {}});
  }
  return to_read;
}

}  // namespace

std::uint64_t WeightDifference::count(TensorDifference::Kind kind) const {
  return static_cast<std::uint64_t>(
      std::count_if(tensors.begin(), tensors.end(),
                    [kind](const TensorDifference& difference) { return difference.kind == kind; }));
}

std::uint64_t WeightDifference::same() const {
  const auto differ =
      static_cast<std::uint64_t>(std::ranges::count_if(tensors, [](const TensorDifference& difference) {
        return difference.a != nullptr && difference.b != nullptr;
      }));
  return in_both - differ - not_compared;
}

WeightDifference compare_weights(const Model& a, const Model& b, const CompareOptions& options) {
  WeightDifference found;
  std::optional<ComparableNumbers> numbers;
  if (options.numeric || options.dequantize) numbers.emplace(a, b, options.dequantize);
  const std::vector<Pair> to_read = pair_up(a, b, options, numbers, found);
  if (!to_read.empty()) {
    Reading reading(a, b, to_read, numbers);
    reading.run(options);
    for (std::size_t i = 0; i < to_read.size(); ++i) {
      if (auto difference = reading.difference(i)) found.tensors.push_back(*difference);
    }
  }
  sort_by_change(found.tensors, !options.dequantize);
  return found;
}

}  // namespace aerotool::tasks
