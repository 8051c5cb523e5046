#include "formats/safetensors/render.hpp"

#include <array>
#include <charconv>

#include "core/bytes.hpp"
#include "core/checked.hpp"

namespace aerotool::safetensors {
namespace {

constexpr std::uint64_t kAlignment = 8;

/// Counts what is emitted and keeps nothing.
class Counter {
 public:
  void put(std::string_view text) { count_ += text.size(); }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

/// Hands on what is emitted in large runs.
class Buffer {
 public:
  explicit Buffer(const HeadSink& sink) : sink_(sink) {}
  void put(std::string_view text) {
    run_ += text;
    if (run_.size() >= kRun) flush();
  }
  void flush() {
    sink_(run_);
    run_.clear();
  }

 private:
  static constexpr std::size_t kRun = 64 << 10;
  const HeadSink& sink_;
  std::string run_;
};

template <typename Out>
void put_number(Out& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// Only quotes, backslashes and controls below 0x20 are escaped, with the short forms where there are any.
template <typename Out>
void put_string(Out& out, std::string_view text) {
  out.put("\"");
  std::size_t plain = 0;  // where the run begins that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.put(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out.put("\\\"");
        break;
      case '\\':
        out.put("\\\\");
        break;
      case '\b':
        out.put("\\b");
        break;
      case '\t':
        out.put("\\t");
        break;
      case '\n':
        out.put("\\n");
        break;
      case '\f':
        out.put("\\f");
        break;
      case '\r':
        out.put("\\r");
        break;
      default: {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const std::array<char, 6> escape = {'\\', 'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]};
        out.put({escape.data(), escape.size()});
      }
    }
  }
  out.put(text.substr(plain));
  out.put("\"");
}

template <typename Out>
void put_entry(Out& out, const Tensor& tensor, std::uint64_t begin) {
  put_string(out, tensor.name);
  out.put(R"(:{"dtype":)");
  put_string(out, tensor.dtype.name());
  out.put(R"(,"shape":[)");
  bool first = true;
  for (const std::uint64_t dimension : tensor.shape) {
    if (!first) out.put(",");
    first = false;
    put_number(out, dimension);
  }
  out.put(R"(],"data_offsets":[)");
  put_number(out, begin);
  out.put(",");
  put_number(out, begin + tensor.size);
  out.put("]}");
}

/// Compact JSON, __metadata__ first, then the tensors in data order.
template <typename Out>
void put_json(Out& out, const std::optional<HeadMetadata>& metadata, HeadTensors tensors) {
  out.put("{");
  bool first = true;
  if (metadata) {
    out.put(R"("__metadata__":{)");
    for (const auto& [key, value] : *metadata) {
      if (!first) out.put(",");
      first = false;
      put_string(out, key);
      out.put(":");
      put_string(out, value);
    }
    out.put("}");
    first = false;
  }
  std::uint64_t begin = 0;
  for (const Tensor* tensor : tensors) {
    if (!first) out.put(",");
    first = false;
    put_entry(out, *tensor, begin);
    begin += tensor->size;
  }
  out.put("}");
}

std::uint64_t json_size(const std::optional<HeadMetadata>& metadata, HeadTensors tensors) {
  Counter counter;
  put_json(counter, metadata, tensors);
  return counter.count();
}

}  // namespace

void render_head(const std::optional<HeadMetadata>& metadata, HeadTensors tensors, const HeadSink& sink) {
  const std::uint64_t unpadded = json_size(metadata, tensors);
  const std::uint64_t length = align_up(unpadded, kAlignment);
  std::array<std::byte, 8> length_bytes{};
  store_le(length_bytes, 0, length);
  Buffer out(sink);
  out.put(chars_of(ByteSpan(length_bytes)));
  put_json(out, metadata, tensors);
  out.put(std::string(static_cast<std::size_t>(length - unpadded), ' '));
  out.flush();
}

std::string render_head(const std::optional<HeadMetadata>& metadata, HeadTensors tensors) {
  std::string head;
  render_head(metadata, tensors, [&](std::string_view run) { head += run; });
  return head;
}

std::uint64_t head_size(const std::optional<HeadMetadata>& metadata, HeadTensors tensors) {
  return 8 + align_up(json_size(metadata, tensors), kAlignment);
}

}  // namespace aerotool::safetensors
