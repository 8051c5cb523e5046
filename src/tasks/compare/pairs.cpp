#include "tasks/compare/pairs.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "tasks/compare/carried_hashes.hpp"
#include "tasks/compare/whole_files.hpp"

namespace aerotool::tasks {
namespace {

using Answer = CarriedHashes::Answer;
using Kind = TensorDifference::Kind;

bool carries_hash(const Model& model, std::size_t tensor) {
  return model.tensors()[tensor].digest || model.stored_range(tensor);
}

/// Finds the tensors of a model by name, in logarithmic time whatever the names are: names that were made to
/// have one hash are sorted, too.
class ByName {
 public:
  /// Of what is compared, from place `first` on.
  ByName(const ComparedModel& model, std::size_t first) : model_(model) {
    const auto& numbers = model.numbers();
    entries_.reserve(numbers.size() - first);
    for (std::size_t i = first; i < numbers.size(); ++i)
      entries_.push_back({hash_of(model.tensor(numbers[i]).name), i});
    std::sort(entries_.begin(), entries_.end(), [&](const Entry& x, const Entry& y) {
      return x.hash != y.hash ? x.hash < y.hash : name_of(x) < name_of(y);
    });
  }

  /// Its place among what is compared.
  std::optional<std::size_t> find(const std::string& name) const {
    const std::size_t hash = hash_of(name);
    const auto entry = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& before) {
      return before.hash != hash ? before.hash < hash : name_of(before) < name;
    });
    if (entry == entries_.end() || name_of(*entry) != name) return std::nullopt;
    return entry->place;
  }

 private:
  struct Entry {
    std::size_t hash = 0;
    std::size_t place = 0;
  };
  static std::size_t hash_of(const std::string& name) { return std::hash<std::string>{}(name); }
  const std::string& name_of(const Entry& entry) const {
    return model_.tensor(model_.numbers()[entry.place]).name;
  }

  const ComparedModel& model_;
  std::vector<Entry> entries_;
};

/// How many from the first on have the same names in both.
std::size_t common_start(const ComparedModel& a, const ComparedModel& b) {
  const std::size_t most = std::min(a.numbers().size(), b.numbers().size());
  std::size_t count = 0;
  while (count < most && a.tensor(a.numbers()[count]).name == b.tensor(b.numbers()[count]).name) ++count;
  return count;
}

class Pairing {
 public:
  Pairing(const ComparedModel& a, const ComparedModel& b, const CompareOptions& options,
          const std::optional<ComparableNumbers>& numbers, WeightDifference& found)
      : a_(a),
        b_(b),
        numbers_(numbers),
        found_(found),
        unread_(!options.full && !(is_here(a.model()) && is_here(b.model()))),
        files_(options.jobs, options.progress) {
    if (options.full) return;
    hashes_a_.emplace(a.model());
    hashes_b_.emplace(b.model());
  }

  std::vector<Pair> run() {
    const auto& in_a = a_.numbers();
    const auto& in_b = b_.numbers();
    const std::size_t in_step = common_start(a_, b_);
    const ByName by_name(b_, in_step);
    std::vector<bool> is_in_both(in_b.size());
    for (std::size_t i = 0; i < in_a.size(); ++i) {
      const Tensor& tensor = a_.tensor(in_a[i]);
      const auto other = i < in_step ? std::optional(i) : by_name.find(tensor.name);
      if (!other) {
        found_.tensors.push_back({.kind = Kind::only_in_a, .a = &tensor});
        continue;
      }
      is_in_both[*other] = true;
      ++found_.in_both;
      found_.in_both_bytes += tensor.size;
      consider({in_a[i], in_b[*other]});
    }
    for (std::size_t i = in_step; i < in_b.size(); ++i) {
      if (!is_in_both[i]) found_.tensors.push_back({.kind = Kind::only_in_b, .b = &b_.tensor(in_b[i])});
    }
    return std::move(to_read_);
  }

 private:
  void consider(Pair pair) {
    const std::vector<Pair> parts = parts_of(pair);
    const bool decoded = a_.is_decoded(pair.a) || b_.is_decoded(pair.b);
    const bool same = decoded ? !parts.empty() : same_form(a_.tensor(pair.a), b_.tensor(pair.b));
    Answer by_hashes = Answer::unknown;
    if (same) {
      by_hashes = decoded ? ask_hashes(parts) : ask_hashes(pair);
      if (by_hashes == Answer::same) {
        ++found_.by_hash;
        return;
      }
      // What has no bytes and no hash has nothing to read, and nothing to be held to.
      const bool empty = !decoded && a_.tensor(pair.a).size == 0;
      if (empty && (unread_ || !(carries_hash(a_.model(), pair.a) || carries_hash(b_.model(), pair.b))))
        return;
    }
    if (!same && (unread_ || !numbers_ || !numbers_->are(pair.a, pair.b))) {
      note(Kind::form, pair, decoded);
    } else if (!unread_) {
      pair.has_parts = !parts.empty();
      to_read_.push_back(pair);
      const std::size_t whole = to_read_.size() - 1;
      for (const Pair& part : parts) to_read_.push_back({.a = part.a, .b = part.b, .whole = whole});
    } else if (by_hashes == Answer::different) {
      note(Kind::hash, pair, decoded);
    } else if (decoded ? are_in_same_files(parts) : is_in_same_file(pair)) {
      ++found_.by_hash;
    } else {
      ++found_.not_compared;
      found_.not_compared_bytes += a_.tensor(pair.a).size;
    }
  }

  void note(Kind kind, const Pair& pair, bool decoded) {
    found_.tensors.push_back(
        {.kind = kind, .a = &a_.tensor(pair.a), .b = &b_.tensor(pair.b), .in_parts = decoded});
  }

  /// The tensors that hold both weights, where these are quantized alike; else none.
  std::vector<Pair> parts_of(const Pair& pair) const {
    std::vector<Pair> parts;
    if (!a_.is_decoded(pair.a) || !b_.is_decoded(pair.b)) return parts;
    const QuantizedWeight& weight_a = a_.weight(pair.a);
    const QuantizedWeight& weight_b = b_.weight(pair.b);
    if (weight_a.layout != weight_b.layout || weight_a.shape != weight_b.shape) return parts;
    if (weight_a.consumed.size() != weight_b.consumed.size()) return parts;
    for (std::size_t i = 0; i < weight_a.consumed.size(); ++i) {
      const Pair part = {weight_a.consumed[i], weight_b.consumed[i]};
      const Tensor& tensor_a = a_.tensor(part.a);
      const Tensor& tensor_b = b_.tensor(part.b);
      if (tensor_a.name != tensor_b.name || !same_form(tensor_a, tensor_b)) return {};
      parts.push_back(part);
    }
    return parts;
  }

  Answer ask_hashes(const Pair& pair) const {
    if (!hashes_a_) return Answer::unknown;
    return CarriedHashes::compare(*hashes_a_, pair.a, *hashes_b_, pair.b);
  }
  Answer ask_hashes(const std::vector<Pair>& parts) const {
    Answer all = Answer::same;
    for (const Pair& part : parts) {
      const Answer one = ask_hashes(part);
      if (one == Answer::different) return one;
      if (one == Answer::unknown) all = one;
    }
    return all;
  }

  bool is_in_same_file(const Pair& pair) {
    return a_.tensor(pair.a).offset == b_.tensor(pair.b).offset &&
           files_.same(a_.model().file_of(pair.a), b_.model().file_of(pair.b));
  }
  bool are_in_same_files(const std::vector<Pair>& parts) {
    return std::ranges::all_of(parts, [this](const Pair& part) { return is_in_same_file(part); });
  }

  const ComparedModel& a_;
  const ComparedModel& b_;
  const std::optional<ComparableNumbers>& numbers_;
  WeightDifference& found_;
  bool unread_;  // weights are not
  WholeFiles files_;
  std::optional<CarriedHashes> hashes_a_;
  std::optional<CarriedHashes> hashes_b_;
  std::vector<Pair> to_read_;
};

}  // namespace

bool same_form(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.size == b.size;
}

std::vector<Pair> pair_up(const ComparedModel& a, const ComparedModel& b, const CompareOptions& options,
                          const std::optional<ComparableNumbers>& numbers, WeightDifference& found) {
  return Pairing(a, b, options, numbers, found).run();
}

}  // namespace aerotool::tasks
