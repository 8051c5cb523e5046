// What holds of every recipe, wherever it comes from.
#pragma once

#include <string>

#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"

namespace aerotool::tasks {

/// Throws RequestError that names `where` and what is like it.
const Method& method_or_refusal(const std::string& name, const std::string& where);

/// Puts the base where its method wants it, and holds the number of models to the method. Throws
/// RequestError.
void require_sound(Recipe& recipe);

/// Throws RequestError where a seed is given and nothing is random.
void require_seed_used(const MergeRequest& request, const Method& method);

}  // namespace aerotool::tasks
