#include "cli/listener.hpp"

#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"

namespace aerotool::cli {

tasks::Listener listener(const Arguments& arguments) {
  tasks::Listener listener;
  if (!arguments.has("quiet")) {
    listener.warn = [](const std::string& line) { complain("warning: " + line); };
    listener.note = [](const std::string& line) { complain("note: " + line); };
    if (arguments.has("verbose")) listener.detail = [](const std::string& line) { complain(line); };
  }
  listener.follow = [&arguments](const std::string& name, const tasks::Listener::Work& work) {
    ProgressBar bar(arguments, name);
    work(bar.progress());
  };
  return listener;
}

}  // namespace aerotool::cli
