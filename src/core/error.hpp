// The families of failure that a user can meet. Each carries where it happened; its what() is one line
// that names the file and that a person can act on.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/finding_code.hpp"

namespace aerotool {

/// The place a message is about. Empty parts are left out of the line.
struct Where {
  std::string path;
  std::optional<std::uint64_t> offset;  ///< byte offset in `path`
  std::string tensor;
};

/// "path: tensor 'name': message", with control characters of path and names escaped, and
/// long names cut.
std::string describe(const Where& where, std::string_view message);

class Error : public std::runtime_error {
 public:
  Error(Where where, std::string message);
  const Where& where() const noexcept { return where_; }
  /// The message without the place.
  const std::string& message() const noexcept { return message_; }

 private:
  Where where_;
  std::string message_;
};

/// The command line asks for something that makes no sense.
class UsageError : public Error {
 public:
  explicit UsageError(std::string message) : Error({}, std::move(message)) {}
};

/// Bytes could not be read or written.
class IoError : public Error {
 public:
  using Error::Error;
};

/// An IoError for a failed system call: "cannot open: No such file or directory".
IoError system_error(std::string path, std::string_view action, int error_number);

/// What is wrong with bytes that could be read: to validate, a fault with a code.
class ContentError : public Error {
 public:
  Code code() const noexcept { return code_; }

 protected:
  ContentError(Where where, std::string message, Code code)
      : Error(std::move(where), std::move(message)), code_(code) {}

 private:
  Code code_;
};

/// The bytes are not what their format says.
class CorruptError : public ContentError {
 public:
  CorruptError(Where where, std::string message, Code code = Code::malformed)
      : ContentError(std::move(where), std::move(message), code) {}
};

/// The bytes are well formed, but this program does not handle what they ask for.
class UnsupportedError : public ContentError {
 public:
  UnsupportedError(Where where, std::string message, Code code = Code::unsupported)
      : ContentError(std::move(where), std::move(message), code) {}
};

/// A signal asked the program to stop. Not an Error: nothing is printed for it.
class Interrupted : public std::exception {
 public:
  explicit Interrupted(int signal_number) : signal_number_(signal_number) {}
  int signal_number() const noexcept { return signal_number_; }
  const char* what() const noexcept override { return "interrupted"; }

 private:
  int signal_number_;
};

}  // namespace aerotool
