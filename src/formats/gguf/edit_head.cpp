#include "formats/gguf/edit_head.hpp"

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "core/checked.hpp"
#include "formats/gguf/parse.hpp"
#include "formats/gguf/render.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::uint64_t kPairCount = 4 + 4 + 8;  // magic, version and the number of tensors are before it
constexpr std::string_view kInfos = "the tensor infos";

void append_u64(std::string& out, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>((number >> shift) & 0xff);
}

class HeadEditor {
 public:
  HeadEditor(const Bytes& head, const Metadata& metadata, const NewNames& names, const std::string& path)
      : head_(head),
        metadata_(metadata),
        names_(names),
        path_(path),
        cursor_(path, head.size(), [&head](std::uint64_t length) {
          return Bytes{head.view.first(static_cast<std::size_t>(length)), head.owner};
        }) {}

  Bytes edit() {
    cursor_.skip(kPairCount - 8, kInfos);
    const std::uint64_t tensors = cursor_.count(1, kInfos);
    const std::uint64_t pairs = cursor_.count(kLeastPairBytes, kInfos);
    std::string written;
    const std::uint64_t count = edit_pairs(pairs, written);
    std::string out(head_.text().substr(0, kPairCount));
    append_u64(out, count);
    out += written;
    for (std::uint64_t i = 0; i < tensors; ++i) edit_info(out);
    pad(out);
    return Bytes::own(std::move(out));
  }

 private:
  /// Returns how many there are.
  std::uint64_t edit_pairs(std::uint64_t pairs, std::string& out) {
    std::uint64_t count = 0;
    std::unordered_map<std::string_view, const Value*> wanted_values;
    for (const auto& [key, value] : metadata_.entries) wanted_values.emplace(key, &value);
    std::unordered_set<std::string> there;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      const std::uint64_t begin = cursor_.position();
      Report report(Report::Mode::judge);
      const KeyValues pair = read_key_values(cursor_, 1, report);
      const auto& [key, value] = pair.metadata.entries.front();
      if (key == kAlignmentKey) alignment_ = value.bits;
      there.insert(key);
      const auto wanted = wanted_values.find(key);
      if (wanted == wanted_values.end()) continue;
      ++count;
      if (*wanted->second == value) {
        out += cursor_.since(begin).text();
      } else {
        render(key, *wanted->second, out);
      }
    }
    for (const auto& [key, value] : metadata_.entries) {
      if (there.contains(key)) continue;
      ++count;
      render(key, value, out);
    }
    return count;
  }

  void edit_info(std::string& out) {
    const Bytes name = cursor_.string(kInfos);
    const std::uint64_t begin = cursor_.position();
    cursor_.skip(std::uint64_t{cursor_.u32(kInfos)} * 8, kInfos);
    cursor_.skip(4 + 8, kInfos);
    const auto other = names_.find(std::string(name.text()));
    const std::string_view now = other == names_.end() ? name.text() : std::string_view(other->second);
    append_u64(out, now.size());
    out += now;
    out += cursor_.since(begin).text();
  }

  /// A file without data may end before its data section would begin.
  void pad(std::string& out) const {
    const std::uint64_t end = cursor_.position();
    if (!is_power_of_two(alignment_) || head_.size() < align_up(end, alignment_)) return;
    // What is there instead of zeros stays, as far as there is room for it.
    const std::size_t padded = align_up(out.size(), alignment_);
    out += head_.text().substr(end, padded - out.size());
    out.resize(padded, '\0');
  }

  void render(const std::string& key, const Value& value, std::string& out) const {
    render_pair(key, value, path_, [&](ByteSpan bytes) { out += chars_of(bytes); });
  }

  const Bytes& head_;
  const Metadata& metadata_;
  const NewNames& names_;
  const std::string& path_;
  Cursor cursor_;
  std::uint64_t alignment_ = kDefaultAlignment;
};

}  // namespace

Bytes edited_head(const Bytes& head, const Metadata& metadata, const NewNames& names,
                  const std::string& path) {
  return HeadEditor(head, metadata, names, path).edit();
}

}  // namespace aerotool::gguf
