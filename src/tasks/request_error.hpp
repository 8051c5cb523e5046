// What a task throws where it could do what is asked for, and must not or need not.
#pragma once

#include <string>
#include <utility>

#include "core/error.hpp"

namespace aerotool::tasks {

/// What is asked for does not fit what is there: a name that no tensor has, an output that is an input.
class RequestError : public Error {
 public:
  using Error::Error;
  explicit RequestError(std::string message) : Error({}, std::move(message)) {}
};

}  // namespace aerotool::tasks
