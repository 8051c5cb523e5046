#include "cli/traffic.hpp"

#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace aerotool::cli {

void tell(const io::UrlTraffic& traffic, const CommonOptions& options) {
  if (!traffic.note.empty() && (options.verbose || (traffic.keeps_weights && options.quiet == 0)))
    complain("warning: " + traffic.note);
  if (!options.verbose) return;
  complain(plural(traffic.requests, "request") + ", " + human_size(traffic.bytes) + " received, " +
           human_size(traffic.cached_bytes) + " from the cache, " +
           (traffic.retries == 1 ? "1 retry" : std::to_string(traffic.retries) + " retries"));
}

}  // namespace aerotool::cli
