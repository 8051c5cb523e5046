#include "tasks/merge/provenance.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace aerotool::tasks {
namespace {

/// {"A":"blake3:...","B":"blake3:..."}, always of the same length for as many models.
std::string text_of(const std::vector<Digest>& ids) {
  std::string text = "{";
  for (std::size_t i = 0; i < ids.size(); ++i)
    text += (i == 0 ? "\"" : ",\"") + label_of(i) + "\":\"blake3:" + to_hex(ids[i]) + "\"";
  return text + "}";
}

}  // namespace

std::function<void()> plan_provenance(const Recipe& recipe, std::vector<HashedModel*> models, Plan& plan) {
  // What holds the value sees what is filled in.
  const auto inputs = std::make_shared<std::string>(text_of(std::vector<Digest>(models.size())));
  auto& set = plan.edits.metadata.set;
  set.emplace_back("merge_method", Value::string(std::string(recipe.method->name)));
  set.emplace_back("merge_recipe", Value::string(recipe.text));
  set.emplace_back("merge_inputs", Value::string(Bytes{bytes_of(*inputs), inputs}));
  set.emplace_back("tensor_count", Value::string(std::to_string(plan.tensors.size())));
  return [inputs, models = std::move(models), jobs = plan.jobs] {
    std::vector<Digest> ids;
    for (HashedModel* model : models) ids.push_back(model->content_id(jobs));
    std::ranges::copy(text_of(ids), inputs->begin());
  };
}

}  // namespace aerotool::tasks
