#include "formats/gguf/render.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

class HeadRenderer {
 public:
  HeadRenderer(const std::string& path, const Sink& sink) : path_(path), sink_(sink) {
    buffer_.reserve(kBufferBytes);
  }

  void number(std::uint64_t bits, std::size_t width) {
    std::array<std::byte, 8> bytes{};
    store_le<std::uint64_t>(bytes, 0, bits);
    put(ByteSpan(bytes).first(width));
  }

  void string(std::string_view text) {
    number(text.size(), 8);
    put(bytes_of(text));
  }

  void type(ValueType type, const std::string& key) {
    if (type > ValueType::f64) {
      throw UnsupportedError(
          {path_, {}, {}},
          "metadata key '" + escape_controls(key) + "': GGUF has no type for " +
              (type == ValueType::null ? std::string("null or a mixed array") : std::string(name_of(type))));
    }
    number(static_cast<std::uint64_t>(type), 4);
  }

  void pair(const std::string& key, const Value& of_key) {
    string(key);
    type(of_key.type, key);
    value(of_key, key);
  }

  void value(const Value& value, const std::string& key) {
    switch (value.type) {
      case ValueType::string:
        string(value.text());
        break;
      case ValueType::array:
        array(value.array(), key);
        break;
      default:
        number(value.bits, packed_width(value.type));
    }
  }

  void info(const Tensor& tensor, std::uint64_t offset) {
    const auto type = ggml_id(tensor.dtype);
    if (!type) {
      throw UnsupportedError({path_, {}, tensor.name},
                             "GGUF has no type for " + escape_controls(tensor.dtype.name()));
    }
    string(tensor.name);
    number(tensor.shape.size(), 4);
    for (std::size_t i = tensor.shape.size(); i-- > 0;) number(tensor.shape[i], 8);
    number(*type, 4);
    number(offset, 8);
  }

  void put(ByteSpan bytes) {
    total_ += bytes.size();
    if (bytes.size() >= kBufferBytes) {
      flush();
      sink_(bytes);
      return;
    }
    if (buffer_.size() + bytes.size() > kBufferBytes) flush();
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }

  /// The end of the head; its size.
  std::uint64_t finish(std::uint64_t alignment) {
    const std::vector<std::byte> zeros(std::min<std::uint64_t>(alignment, kBufferBytes));
    for (std::uint64_t left = align_up(total_, alignment) - total_; left > 0;) {
      const auto piece = std::min<std::uint64_t>(left, zeros.size());
      put(ByteSpan(zeros).first(piece));
      left -= piece;
    }
    flush();
    return total_;
  }

 private:
  void array(const Array& array, const std::string& key) {
    type(array.element, key);
    number(array.count, 8);
    if (array.is_packed()) {
      put(array.packed.view);
      return;
    }
    for (const Value& item : array.items) value(item, key);
  }

  void flush() {
    if (!buffer_.empty()) sink_(buffer_);
    buffer_.clear();
  }

  const std::string& path_;
  const Sink& sink_;
  std::vector<std::byte> buffer_;
  std::uint64_t total_ = 0;
};

}  // namespace

void render_pair(const std::string& key, const Value& value, const std::string& path, const Sink& sink) {
  HeadRenderer out(path, sink);
  out.pair(key, value);
  static_cast<void>(out.finish(1));
}

std::uint64_t render_head(const HeadContent& content, const Sink& sink) {
  HeadRenderer out(content.path, sink);
  out.put(bytes_of(kMagic));
  out.number(content.version, 4);
  out.number(content.tensor_count, 8);
  out.number(content.metadata.entries.size(), 8);
  for (const auto& [key, value] : content.metadata.entries) out.pair(key, value);
  std::uint64_t offset = 0;
  for (std::uint64_t i = 0; i < content.tensor_count; ++i) {
    const Tensor& tensor = content.tensor(i);
    out.info(tensor, offset);
    auto end = checked_add(offset, tensor.size);
    if (end) end = checked_align(*end, content.alignment);
    if (!end)
      throw UnsupportedError({content.path, {}, tensor.name}, "the data section would exceed 2^64 bytes");
    offset = *end;
  }
  return out.finish(content.alignment);
}

}  // namespace aerotool::gguf
