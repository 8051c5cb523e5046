#include "tasks/convert/rename.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "model/object.hpp"
#include "tasks/request_error.hpp"
#include "transfer/planned_objects.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::int64_t kMaxRegexMemory = std::int64_t{8} << 20;
constexpr std::size_t kMaxName = 65535;

bool is_punctuation(char c) {
  constexpr std::string_view kMarks = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~";
  return kMarks.find(c) != std::string_view::npos;
}

/// The text between delimiters, as sed reads it.
class Expression {
 public:
  explicit Expression(std::string_view text) : text_(text) {
    if (text.size() < 2 || text.front() != 's' || !is_punctuation(text[1]))
      refuse("is not s/REGEX/REPLACEMENT/");
    delimiter_ = text[1];
    at_ = 2;
    regex = part();
    replacement = part();
    flags = text.substr(at_);
    if (regex.empty()) refuse("has an empty regular expression");
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw UsageError("--rename " + shown(text_) + ": " + why);
  }

  std::string regex;  ///< where a backslash stands before a delimiter, it is left out if that is no operator
  std::string replacement;
  std::string_view flags;

 private:
  /// Up to the next delimiter, which is passed over.
  std::string part() {
    constexpr std::string_view kOperators = "$()*+.?[]^{|}";
    std::string part;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == delimiter_) {
        ++at_;
        return part;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        const bool is_plain = text_[at_] == delimiter_ &&
                              kOperators.find(delimiter_) == std::string_view::npos && delimiter_ != '&';
        if (!is_plain) part += c;
      }
      part += text_[at_];
    }
    refuse(std::string("has no closing ") + delimiter_);
  }

  std::string_view text_;
  char delimiter_ = '/';
  std::size_t at_ = 0;
};

/// The replacement as RE2 writes it.
std::string rewrite_of(const Expression& expression) {
  const std::string& replacement = expression.replacement;
  std::string rewrite;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c == '&') {
      rewrite += "\\0";
    } else if (c != '\\') {
      rewrite += c;
    } else {
      const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
      ++i;
      if ((next >= '0' && next <= '9') || next == '\\') {
        rewrite += c;
        rewrite += next;
      } else if (is_punctuation(next)) {
        rewrite += next;
      } else {
        expression.refuse("in the replacement only \\0 to \\9, \\\\ and marks may follow a backslash");
      }
    }
  }
  return rewrite;
}

void rename(const std::vector<Rename>& renames, const PlannedTensor& planned, std::string& name,
            std::vector<bool>& used) {
  const Where where{planned.path(), {}, planned.tensor().name};
  for (std::size_t i = 0; i < renames.size(); ++i) {
    if (!renames[i].apply(name)) continue;
    used[i] = true;
    if (name.empty()) throw RequestError(where, "--rename " + shown(renames[i].text()) + " leaves no name");
    if (name.size() > kMaxName) {
      throw RequestError(where, "--rename " + shown(renames[i].text()) + " makes a name of more than " +
                                    with_thousands(kMaxName) + " bytes");
    }
  }
}

const std::string& old_name(const PlannedTensor& planned) {
  return planned.model != nullptr ? planned.model->tensors()[planned.index].name : planned.tensor().name;
}

void require_unique(const std::vector<PlannedTensor>& tensors) {
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const std::string& name = tensors[i].tensor().name;
    if (tensors[i - 1].tensor().name != name) continue;
    throw RequestError({tensors[i].path(), {}, name}, "would be the name of both " +
                                                          shown(old_name(tensors[i - 1])) + " and " +
                                                          shown(old_name(tensors[i])));
  }
}

/// A part is called after its object; what the object is called then follows from its parts.
void require_objects(const Plan& plan) {
  for (const Model* model : plan.models) {
    if (model->objects().empty()) continue;
    std::vector<const std::string*> names(model->tensors().size());
    for (const PlannedTensor& planned : plan.tensors) {
      if (planned.model == model) names[planned.index] = &planned.tensor().name;
    }
    for (const Object& object : model->objects()) {
      std::vector<std::string_view> now;
      for (const Object::Part& part : object.parts) {
        if (names[part.tensor] != nullptr) now.emplace_back(*names[part.tensor]);
      }
      // What is left out is no object any more.
      if (now.size() != object.parts.size() || name_with_parts(object, model->tensors(), now)) continue;
      throw RequestError({model->path(), {}, object.name},
                         "--rename gives the parts of this object names that do not belong together: " +
                             shown(now.front()) + (now.size() > 1 ? ", " + shown(now.back()) : ""));
    }
  }
}

}  // namespace

Rename::Rename(std::string text) : text_(std::move(text)) {
  const Expression expression(text_);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexMemory);
  for (const char flag : expression.flags) {
    if (flag == 'g') {
      everywhere_ = true;
    } else if (flag == 'i' || flag == 'I') {
      options.set_case_sensitive(false);
    } else {
      expression.refuse("knows no flag " + shown(std::string(1, flag)) + "; there are g and i");
    }
  }
  const auto regex = std::make_shared<const re2::RE2>(expression.regex, options);
  if (!regex->ok()) expression.refuse("not a regular expression of RE2: " + one_line(regex->error()));
  rewrite_ = rewrite_of(expression);
  std::string problem;
  if (!regex->CheckRewriteString(rewrite_, &problem)) {
    expression.refuse("the replacement names a group that the regular expression, which has " +
                      plural(static_cast<std::uint64_t>(regex->NumberOfCapturingGroups()), "group") +
                      ", lacks");
  }
  regex_ = regex;
}

bool Rename::apply(std::string& name) const {
  if (everywhere_) return re2::RE2::GlobalReplace(&name, *regex_, rewrite_) != 0;
  return re2::RE2::Replace(&name, *regex_, rewrite_);
}

void rename_tensors(const std::vector<Rename>& renames, const Listener& listener, Plan& plan) {
  if (renames.empty()) return;
  std::vector<bool> used(renames.size());
  for (PlannedTensor& planned : plan.tensors) {
    std::string name = planned.tensor().name;
    rename(renames, planned, name, used);
    if (name != planned.tensor().name) planned = renamed(planned, std::move(name));
  }
  for (std::size_t i = 0; i < renames.size(); ++i) {
    if (!used[i]) listener.warn("--rename: no tensor's name matches " + shown(renames[i].text()));
  }
  const auto by_name = [](const PlannedTensor& a, const PlannedTensor& b) {
    return a.tensor().name < b.tensor().name;
  };
  if (!std::is_sorted(plan.tensors.begin(), plan.tensors.end(), by_name))
    std::stable_sort(plan.tensors.begin(), plan.tensors.end(), by_name);
  require_unique(plan.tensors);
  require_objects(plan);
}

}  // namespace aerotool::tasks
