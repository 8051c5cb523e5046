#include "tasks/patterns.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

using Texts = std::vector<std::string>;

/// Spells out {a,b}. What is left in each text is for fnmatch.
class Alternatives {
 public:
  explicit Alternatives(std::string_view pattern) : pattern_(pattern) {}

  Texts spell_out() {
    const std::size_t last_bracket = pattern_.rfind(']');
    for (std::size_t at = 0; at < pattern_.size();) {
      const char c = pattern_[at];
      std::size_t end = at + 1;
      if (c == '{') {
        if (open_.size() == kMaxNested) refuse("nests alternatives too deeply");
        open_.emplace_back();
      } else if (c == ',' && open_.size() > 1) {
        open_.back().emplace_back(1);
      } else if (c == '}' && open_.size() > 1) {
        close();
      } else {
        if (c == '\\') end = std::min(at + 2, pattern_.size());
        if (c == '[' && last_bracket != std::string_view::npos && at < last_bracket) end = end_of_set(at);
        const std::size_t run = pattern_.find_first_of("\\[{,}", end);
        if (c != '[' && c != '\\') end = std::min(run, pattern_.size());
        append(current(), {std::string(pattern_.substr(at, end - at))});
      }
      at = end;
    }
    // What is not closed is text.
    while (open_.size() > 1) append_as_text("");
    return std::move(current());
  }

 private:
  static constexpr std::size_t kMaxNested = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  /// The alternatives of a brace so far, each with all its spellings.
  struct Brace : std::vector<Texts> {
    Brace() : std::vector<Texts>(1, Texts(1)) {}
  };

  Texts& current() { return open_.back().back(); }

  [[noreturn]] void refuse(const char* why) const {
    throw RequestError("pattern '" + escape_controls(shortened(pattern_)) + "' " + why);
  }

  /// Behind the ] of a [...] that begins at `at`; behind the [ where nothing closes it.
  std::size_t end_of_set(std::size_t at) const {
    std::size_t i = at + 1;
    if (i < pattern_.size() && (pattern_[i] == '!' || pattern_[i] == '^')) ++i;
    for (bool first = true; i < pattern_.size(); first = false) {
      if (pattern_[i] == ']' && !first) return i + 1;
      const std::size_t named =
          pattern_.substr(i, 2) == "[:" ? pattern_.find(":]", i + 2) : std::string::npos;
      if (named != std::string::npos) {
        i = named + 2;
      } else {
        i += pattern_[i] == '\\' ? 2 : 1;
      }
    }
    return at + 1;
  }

  /// Every text followed by every tail.
  void append(Texts& texts, const Texts& tails) const {
    if (texts.size() * tails.size() > Pattern::kMaxAlternatives) refuse("has more than 1,000 alternatives");
    std::size_t bytes = 0;
    for (const std::string& text : texts) bytes += text.size() * tails.size();
    for (const std::string& tail : tails) bytes += tail.size() * texts.size();
    if (bytes > kMaxBytes) refuse("is too long with its alternatives spelled out");
    if (tails.size() == 1) {
      for (std::string& text : texts) text += tails.front();
      return;
    }
    Texts all;
    all.reserve(texts.size() * tails.size());
    for (const std::string& text : texts) {
      for (const std::string& tail : tails) all.push_back(text + tail);
    }
    texts = std::move(all);
  }

  void close() {
    if (open_.back().size() == 1) {
      append_as_text("}");
      return;
    }
    const Brace closed = std::move(open_.back());
    open_.pop_back();
    Texts tails;
    for (const Texts& alternative : closed) {
      tails.insert(tails.end(), alternative.begin(), alternative.end());
      if (tails.size() > Pattern::kMaxAlternatives) refuse("has more than 1,000 alternatives");
    }
    append(current(), tails);
  }

  /// A brace that stands for nothing but itself.
  void append_as_text(const char* end) {
    const Brace closed = std::move(open_.back());
    open_.pop_back();
    const char* before = "{";
    for (const Texts& part : closed) {
      append(current(), {before});
      append(current(), part);
      before = ",";
    }
    append(current(), {end});
  }

  std::string_view pattern_;
  std::vector<Brace> open_{1};  // the first is the whole pattern
};

}  // namespace

Pattern::Pattern(std::string text) : text_(std::move(text)) {
  if (text_.find('{') != std::string::npos) {
    alternatives_ = Alternatives(text_).spell_out();
  } else {
    alternatives_.push_back(text_);
  }
}

bool Pattern::matches(const std::string& name) const {
  if (name == text_) return true;
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const std::string& alternative) {
    return ::fnmatch(alternative.c_str(), name.c_str(), 0) == 0;
  });
}

bool Pattern::has_wildcards() const {
  return alternatives_.size() > 1 || text_.find_first_of("*?[") != std::string::npos;
}

std::vector<Pattern> patterns(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

bool matches_any(const std::vector<Pattern>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& p) { return p.matches(name); });
}

std::string wider_pattern(const std::vector<const Model*>& models, const Pattern& pattern) {
  if (pattern.has_wildcards() || pattern.text().empty()) return {};
  std::uint64_t inside = 0;
  for (const Model* model : models) {
    for (const Tensor& tensor : model->tensors()) {
      if (tensor.name.find(pattern.text()) != std::string::npos) ++inside;
    }
  }
  if (inside == 0) return {};
  return "; '*" + escape_controls(pattern.text()) + "*' matches " + with_thousands(inside);
}

std::string no_match(const std::vector<const Model*>& models, const std::vector<Pattern>& patterns) {
  std::string text = "no tensor matches";
  std::string wider;
  for (const Pattern& pattern : patterns) {
    text += (&pattern == &patterns.front() ? " '" : ", '") + escape_controls(pattern.text()) + "'";
    wider += wider_pattern(models, pattern);
  }
  return text + wider;
}

void warn_of_unmatched(const Listener& listener, const Model& model, const std::vector<Pattern>& patterns) {
  for (const Pattern& pattern : patterns)
    listener.warn(describe({model.path(), {}, {}}, no_match({&model}, {pattern})));
}

}  // namespace aerotool::tasks
