#include "tasks/tree/folding.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace aerotool::tasks {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kJoints = "_-";

/// A label as what folds and what has to be the same: head, the varying text, tail.
struct Cut {
  std::string_view head;
  std::string_view varying;
  std::string_view tail;
};

Cut cut_at(std::string_view label, std::size_t begin, std::size_t end) {
  return {label.substr(0, begin), label.substr(begin, end - begin), label.substr(end)};
}

/// At the last number of the first part; nothing where there is none, or one that no integer holds.
std::optional<Cut> cut_at_number(std::string_view label) {
  constexpr std::size_t kMostDigits = 18;
  const std::string_view part = first_part(label);
  const std::size_t last = part.find_last_of(kDigits);
  if (last == std::string_view::npos) return std::nullopt;
  const std::size_t before = part.find_last_not_of(kDigits, last);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  if (last + 1 - begin > kMostDigits) return std::nullopt;
  return cut_at(label, begin, last + 1);
}

/// Before "_proj" of "gate_proj".
std::optional<Cut> cut_before_end(std::string_view label) {
  const std::size_t joint = first_part(label).find_last_of(kJoints);
  if (joint == std::string_view::npos || joint == 0) return std::nullopt;
  return cut_at(label, 0, joint);
}

/// Behind "attn_" of "attn_q".
std::optional<Cut> cut_behind_beginning(std::string_view label) {
  const std::size_t part = first_part(label).size();
  const std::size_t joint = first_part(label).find_first_of(kJoints);
  if (joint == std::string_view::npos || joint + 1 == part) return std::nullopt;
  return cut_at(label, joint + 1, part);
}

std::optional<Cut> cut_first_part(std::string_view label) {
  return cut_at(label, 0, first_part(label).size());
}

/// How much of two texts is the same at their fronts.
std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// Moves what all varying texts begin with, up to a joint, to the head.
void move_common_beginning(std::vector<Cut>& cuts) {
  std::size_t common = cuts.front().varying.size();
  for (const Cut& cut : cuts) common = std::min(common, common_length(cut.varying, cuts.front().varying));
  const std::size_t joint = cuts.front().varying.substr(0, common).find_last_of(kJoints);
  if (joint == std::string_view::npos) return;
  for (const Cut& cut : cuts) {
    if (cut.varying.size() == joint + 1) return;
  }
  for (Cut& cut : cuts) {
    cut.head = {cut.head.data(), cut.head.size() + joint + 1};
    cut.varying.remove_prefix(joint + 1);
  }
}

bool follows(std::string_view before, std::string_view after) {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::from_chars(before.data(), before.data() + before.size(), a);
  std::from_chars(after.data(), after.data() + after.size(), b);
  const bool padded = before.front() == '0' || after.front() == '0';
  return b == a + 1 && (!padded || before.size() == after.size());
}

/// "0..3,7" of 0, 1, 2, 3, 7.
std::string runs_of(const std::vector<std::string>& numbers) {
  std::string text;
  for (std::size_t begin = 0; begin < numbers.size();) {
    std::size_t end = begin + 1;
    while (end < numbers.size() && follows(numbers[end - 1], numbers[end])) ++end;
    if (end - begin == 2) end = begin + 1;  // "0,1" says it as well
    text.append(text.empty() ? "" : ",").append(numbers[begin]);
    if (end - begin > 1) text.append("..").append(numbers[end - 1]);
    begin = end;
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ",").append(word);
  return text;
}

class Folder {
 public:
  explicit Folder(std::span<const ModuleNode> siblings) : siblings_(siblings), taken_(siblings.size()) {}

  template <typename CutOf, typename TextOf>
  void fold(CutOf cut_of, TextOf text_of) {
    std::map<std::tuple<std::string_view, std::string_view, char, std::uint32_t>, std::vector<std::size_t>>
        groups;
    for (std::size_t i = 0; i < siblings_.size(); ++i) {
      if (taken_[i]) continue;
      const ModuleNode& node = siblings_[i];
      if (const auto cut = cut_of(node.label))
        groups[{cut->head, cut->tail, node.separator, node.kind}].push_back(i);
    }
    for (auto& [key, members] : groups) {
      if (members.size() > 1) take(std::move(members), cut_of, text_of);
    }
  }

  bool nothing_is_folded() const { return folds_.empty(); }

  std::vector<Fold> finish() {
    for (std::size_t i = 0; i < siblings_.size(); ++i) {
      if (!taken_[i]) folds_.push_back({{i}, std::string(siblings_[i].label), {}});
    }
    std::ranges::sort(folds_, {}, [](const Fold& fold) { return fold.members.front(); });
    return std::move(folds_);
  }

 private:
  template <typename CutOf, typename TextOf>
  void take(std::vector<std::size_t> members, CutOf cut_of, TextOf text_of) {
    std::vector<Cut> cuts;
    for (const std::size_t i : members) cuts.push_back(*cut_of(siblings_[i].label));
    // A name that is there twice stays on lines of its own.
    if (std::ranges::adjacent_find(cuts, {}, &Cut::varying) != cuts.end()) return;
    move_common_beginning(cuts);
    Fold fold;
    for (const Cut& cut : cuts) fold.folded.emplace_back(cut.varying);
    fold.name.append(cuts.front().head).append("{").append(text_of(fold.folded)).append("}");
    fold.name.append(cuts.front().tail);
    for (const std::size_t i : members) taken_[i] = true;
    fold.members = std::move(members);
    folds_.push_back(std::move(fold));
  }

  std::span<const ModuleNode> siblings_;
  std::vector<bool> taken_;
  std::vector<Fold> folds_;
};

}  // namespace

std::vector<Fold> folded_siblings(std::span<const ModuleNode> siblings, bool whole) {
  constexpr std::size_t kMostWords = 8;
  Folder folder(siblings);
  folder.fold(cut_at_number, runs_of);
  folder.fold(cut_before_end, joined);
  folder.fold(cut_behind_beginning, joined);
  if (whole && folder.nothing_is_folded() && siblings.size() <= kMostWords) {
    const auto same = [&](const ModuleNode& node) { return node.kind == siblings.front().kind; };
    if (std::ranges::all_of(siblings, same)) folder.fold(cut_first_part, joined);
  }
  return folder.finish();
}

}  // namespace aerotool::tasks
