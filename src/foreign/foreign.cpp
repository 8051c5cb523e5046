#include "foreign/foreign.hpp"

#include <algorithm>
#include <cctype>

#include "core/error.hpp"
#include "core/text.hpp"
#include "foreign/recognisers.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::foreign {
namespace {

/// Sure ones first: those at the end say something of nearly any content.
constexpr Answer (*kRecognisers[])(const File&) = {
    nothing,
    git_lfs_pointer,
    xet_pointer,
    ours,
    ggml,
    pickle,
    zip,
    magic,
    html,
    xml,
    json,
    protocol_buffers,
    plain_text,
    piece_of_download,
    unfinished_download,
    zeros,
};

/// The view holds what the functions of a File need as long as the input is there.
struct View {
  explicit View(const io::Input& input)
      : head(input.view(0, std::min<std::uint64_t>(input.size(), kHeadBytes))),
        file{input.name(), input.size(), head.view,
             [&input](std::uint64_t offset, std::uint64_t length) { return input.view(offset, length); },
             [&input] { return io::names_in(io::directory_of(input.name())); }} {}

  Bytes head;
  File file;
};

[[noreturn]] void throw_foreign(const io::Input& input, std::string what) {
  throw CorruptError({input.name(), {}, {}}, std::move(what), Code::foreign);
}

}  // namespace

bool File::named(std::string_view ending) const {
  const std::string_view whole = name();
  if (whole.size() < ending.size()) return false;
  return std::ranges::equal(whole.substr(whole.size() - ending.size()), ending, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  });
}

std::string first_words(std::string_view text) {
  constexpr std::size_t kMaxLooked = 1024;
  constexpr std::size_t kMaxShown = 100;
  std::string words;
  bool more = text.size() > kMaxLooked;
  for (const char c : text.substr(0, kMaxLooked)) {
    const bool space = std::string_view(" \t\r\n\f\v").find(c) != std::string_view::npos;
    if (!space) {
      words += c;
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.ends_with(' ')) words.pop_back();
  if (words.size() > kMaxShown) {
    std::size_t cut = kMaxShown;
    while (cut > kMaxShown - 4 && (static_cast<unsigned char>(words[cut]) & 0xc0) == 0x80) --cut;
    words.resize(cut);
    more = true;
  }
  return "'" + escape_controls(words) + (more ? "...'" : "'");
}

Answer recognise(const File& file) {
  for (const auto recogniser : kRecognisers) {
    if (Answer answer = recogniser(file)) return answer;
  }
  return std::nullopt;
}

std::optional<std::string> recognise(const io::Input& input) {
  return recognise(View(input).file);
}

void refuse(const io::Input& input, std::string_view expected) {
  const View view(input);
  if (const Answer other = ours(view.file)) throw_foreign(input, *other + ", not " + std::string(expected));
  if (Answer answer = recognise(view.file)) throw_foreign(input, std::move(*answer));
}

void refuse_unless_index(const io::Input& input) {
  const View view(input);
  const std::size_t first = view.file.text().find_first_not_of(" \t\r\n");
  const bool json =
      first != std::string_view::npos && (view.file.text()[first] == '{' || view.file.text()[first] == '[');
  if (json && !is_error_in_json(view.file)) return;
  if (Answer answer = recognise(view.file)) throw_foreign(input, std::move(*answer));
}

std::optional<std::string> unfinished(const io::Input& input) {
  const View view(input);
  if (Answer piece = piece_of_download(view.file)) return piece;
  return unfinished_download(view.file);
}

}  // namespace aerotool::foreign
