#include "tasks/set_plan/plan_file.hpp"

#include "core/error.hpp"
#include "io/listing.hpp"
#include "io/output.hpp"
#include "io/spool.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

/// Of a plan of ten million tensors.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

}  // namespace

ReadPlan read_plan(const std::string& path) {
  const auto input = io::open_input(path, {});
  if (input->size() > kMostBytes) throw CorruptError({input->name(), {}, {}}, "is too large for a plan");
  const Bytes bytes = input->view(0, input->size());
  ReadPlan plan;
  plan.path = input->name();
  plan.document = parse_plan(bytes.text(), plan.path);
  plan.id = plan_id(bytes.text());
  input->require_unchanged();
  const auto identity = io::identity_at(path);
  plan.is_piped = path == "-" || !identity || *identity != input->identity();
  return plan;
}

void write_plan(const std::string& path, const std::string& text) {
  if (io::type_of(path) == io::FileType::regular) {
    const auto there = io::Input::open(path);
    if (there->size() == text.size() && there->view(0, text.size()).text() == text) return;
    throw RequestError({path, {}, {}}, "another plan, or another file, is there; remove it or name another");
  }
  io::Output output = io::Output::to_path(path);
  output.write(bytes_of(text));
  output.commit();
}

}  // namespace aerotool::tasks
