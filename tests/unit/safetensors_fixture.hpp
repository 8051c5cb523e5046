// safetensors files made by hand and opened from a temporary file.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "files.hpp"
#include "transfer/format.hpp"

namespace aerotool {
const Format& safetensors_format();
}

namespace aerotool::safetensors_test {

/// The header's length, the header, and data that counts up from 0.
inline std::string file_of(std::string_view json, std::size_t data_size = 0) {
  std::array<std::byte, 8> length{};
  store_le(length, 0, std::uint64_t{json.size()});
  std::string bytes(chars_of(ByteSpan(length)));
  bytes += json;
  for (std::size_t i = 0; i < data_size; ++i) bytes += static_cast<char>(i & 0xff);
  return bytes;
}

using test::TemporaryFile;

/// A file opened by the format; `report` holds what was found.
struct Opened {
  explicit Opened(std::string_view bytes, Report::Mode mode = Report::Mode::use) : file(bytes), report(mode) {
    model = safetensors_format().open(io::Input::open(file.path()), report);
  }

  TemporaryFile file;
  Report report;
  std::unique_ptr<Model> model;
};

/// What a message is about, without the file's name, and the message.
inline std::string line_of(const Where& where, std::string_view message) {
  return describe({{}, where.offset, where.tensor}, message);
}

/// The line of the error that opening the file to use it ends in.
inline std::string error_of(std::string_view bytes) {
  try {
    const Opened opened(bytes);
  } catch (const Error& error) {
    return line_of(error.where(), error.message());
  }
  return "no error";
}

/// The lines of all that judging the file finds, and of the error where it ends in one.
inline std::string faults_of(std::string_view bytes) {
  const TemporaryFile file(bytes);
  Report report(Report::Mode::judge);
  std::string end;
  try {
    safetensors_format().open(io::Input::open(file.path()), report);
  } catch (const CorruptError& error) {
    end = line_of(error.where(), error.message()) + "\n";
  }
  std::string lines;
  for (const Finding& finding : report.findings()) lines += line_of(finding.where, finding.message) + "\n";
  return lines + end;
}

inline std::string vector_bytes(const std::string& name) {
  return test::data_bytes(name);
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace aerotool::safetensors_test
