// Whom a task tells what is worth knowing while it works. A command shows it on a terminal, a test collects
// it, and who wants to know nothing leaves the defaults.
#pragma once

#include <functional>
#include <string>

#include "io/progress.hpp"

namespace aerotool::tasks {

struct Listener {
  using Tell = std::function<void(const std::string& line)>;
  using Work = std::function<void(io::Progress* progress)>;

  Tell warn = [](const std::string&) {};
  Tell note = [](const std::string&) {};
  /// Takes what only those want to know who ask for more.
  Tell detail = [](const std::string&) {};
  /// Does a work that may last, and shows how far it is meanwhile. `name` is what is worked on, where that is
  /// worth a word.
  std::function<void(const std::string& name, const Work& work)> follow = [](const std::string&,
                                                                             const Work& work) {
    io::Progress progress;
    work(&progress);
  };
};

}  // namespace aerotool::tasks
