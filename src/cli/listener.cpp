#include "cli/listener.hpp"

#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"

namespace aerotool::cli {

tasks::Listener listener(const CommonOptions& options) {
  tasks::Listener listener;
  if (options.quiet == 0) {
    listener.warn = [](const std::string& line) { complain("warning: " + line); };
    listener.note = [](const std::string& line) { complain("note: " + line); };
    if (options.verbose) listener.detail = [](const std::string& line) { complain(line); };
  }
  listener.follow = [&options](const std::string& name, const tasks::Listener::Work& work) {
    ProgressBar bar(options, name);
    work(bar.progress());
  };
  return listener;
}

}  // namespace aerotool::cli
