// What a model may have to say to whoever opens it.
#pragma once

#include <string>
#include <vector>

namespace aerotool {

/// A Model that is this as well has lines that are worth knowing, with which nothing is wrong.
class Noted {
 public:
  Noted() = default;
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;
  virtual ~Noted() = default;

  virtual std::vector<std::string> notes() const = 0;
};

}  // namespace aerotool
