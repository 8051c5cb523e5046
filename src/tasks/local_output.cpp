#include "tasks/local_output.hpp"

#include "io/url.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {

void require_local(const std::string& output) {
  if (!io::looks_like_url(output) && !output.starts_with("hf://")) return;
  throw RequestError({io::shown_url(output), {}, {}}, "is on a server; outputs are written to files here");
}

}  // namespace aerotool::tasks
