#include "tasks/open.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/spool.hpp"
#include "registry/registry.hpp"

namespace aerotool::tasks {

std::unique_ptr<Model> open(const std::string& path, const ReadOptions& options, const Listener& listener,
                            Report& report) {
  std::unique_ptr<Model> model;
  listener.follow("reading " + (path == "-" ? std::string(io::kStandardInput) : path),
                  [&](io::Progress* progress) {
                    model = open_model(path,
                                       {.from = options.from,
                                        .follow_links = options.follow_links,
                                        .fetch = options.fetch,
                                        .key = options.key,
                                        .sha256 = options.sha256,
                                        .progress = progress,
                                        .note = listener.note},
                                       report);
                  });
  return model;
}

std::unique_ptr<Model> open(const std::string& path, const ReadOptions& options, const Listener& listener,
                            const std::vector<Code>& but) {
  Report report;
  auto model = open(path, options, listener, report);
  warn(listener, report, but);
  return model;
}

void warn(const Listener& listener, const Report& report, const std::vector<Code>& but) {
  for (const Finding& finding : report.findings()) {
    const bool told =
        finding.severity == Severity::warning && std::find(but.begin(), but.end(), finding.code) == but.end();
    if (told) listener.warn(describe(finding.where, finding.message));
  }
}

}  // namespace aerotool::tasks
