// GGUF files made by hand, byte by byte, and opened from a temporary file.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "files.hpp"
#include "formats/gguf/format.hpp"
#include "formats/gguf/render.hpp"

namespace aerotool::gguf_test {

class GgufBytes {
 public:
  GgufBytes& number(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) bytes_ += static_cast<char>((value >> (8 * i)) & 0xff);
    return *this;
  }
  GgufBytes& u32(std::uint32_t value) { return number(value, 4); }
  GgufBytes& u64(std::uint64_t value) { return number(value, 8); }
  GgufBytes& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  GgufBytes& string(std::string_view text) { return u64(text.size()).raw(text); }
  GgufBytes& header(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
    return raw("GGUF").u32(version).u64(tensors).u64(pairs);
  }
  /// The value follows.
  GgufBytes& key(std::string_view key, std::uint32_t type) { return string(key).u32(type); }
  /// `dimensions` as in the file: the fastest-varying first.
  GgufBytes& info(std::string_view name, std::initializer_list<std::uint64_t> dimensions, std::uint32_t type,
                  std::uint64_t offset) {
    string(name).u32(static_cast<std::uint32_t>(dimensions.size()));
    for (const std::uint64_t dimension : dimensions) u64(dimension);
    return u32(type).u64(offset);
  }
  GgufBytes& pad(std::uint64_t alignment = 32) {
    bytes_.resize(align_up(bytes_.size(), alignment), '\0');
    return *this;
  }
  GgufBytes& fill(char c, std::size_t count) {
    bytes_.append(count, c);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

using test::TemporaryFile;

/// A file opened by the format; `report` holds what was found.
struct Opened {
  explicit Opened(std::string_view bytes, Report::Mode mode = Report::Mode::use) : file(bytes), report(mode) {
    model = gguf_format().open(io::Input::open(file.path()), report);
  }

  TemporaryFile file;
  Report report;
  std::unique_ptr<Model> model;
};

inline std::string vector_bytes(const std::string& name) {
  return test::data_bytes(name);
}

inline std::string render(const Model& model, const Source& source) {
  std::string out;
  gguf::render_head({.version = static_cast<std::uint32_t>(source.version.value()),
                     .alignment = source.alignment.value_or(gguf::kDefaultAlignment),
                     .metadata = source.metadata.value(),
                     .tensor_count = model.tensors().size(),
                     .tensor = [&](std::uint64_t i) -> const Tensor& { return model.tensors().at(i); }},
                    [&](ByteSpan bytes) { out += chars_of(bytes); });
  return out;
}

inline std::string tensor_bytes(const Model& model, std::size_t index) {
  std::string bytes(model.tensors().at(index).size, '\0');
  model.read(index, 0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

/// The file again, from nothing but the model's tensors and its Source.
inline std::string restore(const Model& model) {
  const Source source = model.source();
  std::string out = source.head ? std::string(source.head->text()) : render(model, source);
  std::string data;
  auto gap = source.gaps.begin();
  const auto put_gap = [&] {
    if (gap != source.gaps.end() && gap->first == data.size()) {
      data += gap->second.text();
      ++gap;
    } else {
      data.resize(align_up(data.size(), source.alignment.value_or(gguf::kDefaultAlignment)), '\0');
    }
  };
  put_gap();
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (model.tensors()[i].size == 0) continue;
    data += tensor_bytes(model, i);
    put_gap();
  }
  return out + data;
}

/// What the defect makes `open` say in both modes, or in use alone where the judge goes on.
inline std::string error_of(std::string_view bytes, Report::Mode mode = Report::Mode::use) {
  try {
    const Opened opened(bytes, mode);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

/// The messages of all faults that a judge finds, a line each.
inline std::string faults_of(std::string_view bytes) {
  const Opened opened(bytes, Report::Mode::judge);
  std::string lines;
  for (const Finding& finding : opened.report.findings()) {
    if (finding.severity == Severity::fault)
      lines += describe({{}, {}, finding.where.tensor}, finding.message) + "\n";
  }
  return lines;
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace aerotool::gguf_test
