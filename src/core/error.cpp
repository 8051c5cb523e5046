#include "core/error.hpp"

#include <system_error>

#include "core/text.hpp"

namespace aerotool {

std::string describe(const Where& where, std::string_view message) {
  std::string line;
  if (!where.path.empty()) line += escape_controls(where.path) + ": ";
  if (!where.tensor.empty()) line += "tensor '" + escape_controls(shortened(where.tensor)) + "': ";
  if (where.offset) line += "at byte " + std::to_string(*where.offset) + ": ";
  line += message;
  return line;
}

Error::Error(Where where, std::string message)
    : std::runtime_error(describe(where, message)), where_(std::move(where)), message_(std::move(message)) {}

IoError system_error(std::string path, std::string_view action, int error_number) {
  if (path.empty()) path = "''";
  return {Where{.path = std::move(path), .offset = {}, .tensor = {}},
          "cannot " + std::string(action) + ": " + std::generic_category().message(error_number)};
}

}  // namespace aerotool
