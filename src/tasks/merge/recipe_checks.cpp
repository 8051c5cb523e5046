#include "tasks/merge/recipe_checks.hpp"

#include <algorithm>
#include <charconv>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {

const Method& method_or_refusal(const std::string& name, const std::string& where) {
  if (const Method* method = method_named(name)) return *method;
  std::vector<std::string> known;
  std::string list;
  for (const std::string_view method : method_names()) {
    known.emplace_back(method);
    list += (list.empty() ? "" : ", ") + std::string(method);
  }
  throw RequestError(where + ": no method '" + escape_controls(shortened(name)) + "'; " +
                     did_you_mean(name, known) + "there are " + list);
}

std::string label_of(std::size_t model) {
  constexpr std::size_t kLetters = 26;
  if (model < kLetters) return std::string(1, static_cast<char>('A' + model));
  return std::to_string(model + 1);
}

std::optional<std::size_t> model_labelled(const std::string& label, std::size_t models) {
  std::size_t number = 0;
  if (label.size() == 1 && label[0] >= 'A' && label[0] <= 'Z') {
    number = static_cast<std::size_t>(label[0] - 'A');
  } else {
    const char* const end = label.data() + label.size();
    const auto parsed = std::from_chars(label.data(), end, number);
    if (label.empty() || parsed.ec != std::errc() || parsed.ptr != end || number == 0) return std::nullopt;
    --number;
  }
  if (number >= models) return std::nullopt;
  return number;
}

namespace {

/// Puts the base of a slice where its method wants it.
void place_base(Slice& slice, Recipe& recipe) {
  const auto found = std::ranges::find_if(
      slice.sources, [&](const SliceSource& source) { return source.model == recipe.base; });
  const bool listed = found != slice.sources.end();
  if (recipe.method->base == Method::Base::first) {
    if (listed) {
      std::rotate(slice.sources.begin(), found, found + 1);
    } else {
      SliceSource base{*recipe.base, 0, 0, {}};
      if (recipe.sliced) {
        base.from = slice.sources.front().from;
        base.to = slice.sources.front().to;
      }
      slice.sources.insert(slice.sources.begin(), std::move(base));
    }
    return;
  }
  if (recipe.method->base == Method::Base::none) return;
  if (listed) {
    slice.base = *found;
    slice.sources.erase(found);
  } else {
    slice.base = SliceSource{*recipe.base, 0, 0, {}};
    if (recipe.sliced) {
      slice.base->from = slice.sources.front().from;
      slice.base->to = slice.sources.front().to;
    }
  }
}

}  // namespace

void require_sound(Recipe& recipe) {
  const Method& method = *recipe.method;
  const std::string name(method.name);
  const auto enough = [&](const Slice& slice) {
    const std::size_t count = slice.sources.size();
    const bool too_few = count < method.fewest;
    if (!too_few && (method.most == 0 || count <= method.most)) return;
    const bool exactly = method.fewest == method.most;
    throw RequestError(name + " merges " + (exactly ? "" : (too_few ? "at least " : "at most ")) +
                       plural(too_few ? method.fewest : method.most, "model") +
                       (method.base == Method::Base::required ? " beside its base" : "") + ", not " +
                       std::to_string(count));
  };
  if (method.base == Method::Base::required && !recipe.base) throw RequestError(name + " needs a base model");
  for (Slice& slice : recipe.slices) {
    if (slice.sources.empty()) enough(slice);
    if (method.base == Method::Base::first && !recipe.base) recipe.base = slice.sources.front().model;
    if (recipe.base) place_base(slice, recipe);
    enough(slice);
  }
}

}  // namespace aerotool::tasks
