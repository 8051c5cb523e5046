#include "commands/validate/values_json.hpp"

namespace aerotool::commands {

void print_values(const ValueFindings& values, cli::JsonOut& json) {
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  std::uint64_t zero = 0;
  for (const ValueFindings::OfTensor& tensor : values.found) {
    if (tensor.counts.nan != 0) ++nan;
    if (tensor.counts.infinite != 0) ++infinite;
    if (tensor.counts.all_zero) ++zero;
  }
  json.key("values");
  json.begin_object();
  json.member("tensors", values.tensors);
  json.member("tensors_with_nan", nan);
  json.member("tensors_with_infinities", infinite);
  json.member("tensors_all_zero", zero);
  json.objects_member("found", values.found, [&](const ValueFindings::OfTensor& tensor) {
    json.name_member("name", tensor.name);
    json.name_member("path", tensor.path);
    json.member("unit", tensor.unit);
    json.member("nan", tensor.counts.nan);
    if (tensor.counts.nan != 0) json.member("first_nan", tensor.counts.first_nan);
    json.member("infinite", tensor.counts.infinite);
    if (tensor.counts.infinite != 0) json.member("first_infinite", tensor.counts.first_infinite);
    json.key("all_zero");
    json.boolean(tensor.counts.all_zero);
  });
  json.end_object();
}

}  // namespace aerotool::commands
