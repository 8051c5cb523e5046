#include "tasks/merge/recipe_checks.hpp"

#include <algorithm>

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
  throw RequestError(where + ": no method " + shown(name) + "; " + did_you_mean(name, known) + "there are " +
                     list);
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
    // Listed twice, it is not merged with itself; other layers of it are another source.
    std::erase_if(slice.sources, [&base = *slice.base](const SliceSource& source) {
      return source.model == base.model && source.from == base.from && source.to == base.to;
    });
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
                       (has_base_apart(method) ? " beside its base" : "") + ", not " + std::to_string(count));
  };
  if (has_base_apart(method) && !recipe.base) throw RequestError(name + " needs a base model");
  for (Slice& slice : recipe.slices) {
    if (slice.sources.empty()) enough(slice);
    if (method.base == Method::Base::first && !recipe.base) recipe.base = slice.sources.front().model;
    if (recipe.base) place_base(slice, recipe);
    enough(slice);
  }
}

void require_seed_used(const MergeRequest& request, const Method& method) {
  if (!request.seed || method.random) return;
  throw RequestError("--seed: " + (request.stack ? "--stack copies layers"
                                                 : std::string(method.name) + " takes no random numbers"));
}

}  // namespace aerotool::tasks
