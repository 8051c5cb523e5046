#include <algorithm>
#include <cctype>

#include "core/text.hpp"
#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kAgain = "; download the file again";

/// The text behind a byte order mark and white space.
std::string_view begin_of(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
         });
}

std::size_t find_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word[0]); at != std::string_view::npos; at = text.find(word[0], at + 1)) {
    if (starts_with_word(text.substr(at), word)) return at;
  }
  return std::string_view::npos;
}

/// Behind what may stand before the first element: the XML declaration and comments.
std::string_view first_element(std::string_view text) {
  text = begin_of(text);
  for (;;) {
    const bool comment = text.starts_with("<!--");
    if (!comment && !text.starts_with("<?")) return text;
    const std::string_view closing = comment ? "-->" : "?>";
    const std::size_t end = text.find(closing);
    if (end == std::string_view::npos) return {};
    text = begin_of(text.substr(end + closing.size()));
  }
}

/// What stands in <title>.
std::string_view title_of(std::string_view text) {
  const std::size_t tag = find_word(text, "<title");
  const std::size_t begin = tag == std::string_view::npos ? tag : text.find('>', tag);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + 1);
  const std::size_t end = find_word(text, "</title");
  return end == std::string_view::npos ? std::string_view{} : begin_of(text.substr(0, end));
}

/// Whether the head is UTF-8 without control characters, but for a last character that is cut.
bool is_text(const File& file) {
  std::string_view text = file.text();
  constexpr unsigned char kEscape = 0x1b;
  const auto control = [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value < 0x20 && value != kEscape && kSpace.find(c) == std::string_view::npos) || value == 0x7f;
  };
  if (text.empty() || std::ranges::any_of(text, control)) return false;
  constexpr std::size_t kMaxCut = 3;
  for (std::size_t cut = 0; cut <= std::min(kMaxCut, text.size() - 1); ++cut) {
    if (is_utf8(text.substr(0, text.size() - cut))) return true;
    if (file.head.size() == file.size) return false;
  }
  return false;
}

/// The first key of a JSON object, where it is plain.
std::string_view first_key(std::string_view object) {
  object = begin_of(object.substr(1));
  if (!object.starts_with('"')) return {};
  object.remove_prefix(1);
  return object.substr(0, std::min(object.find('"'), object.size()));
}

}  // namespace

Answer html(const File& file) {
  const std::string_view text = first_element(file.text());
  static constexpr std::string_view kBegins[] = {"<!doctype html", "<html", "<head",  "<body",
                                                 "<title",         "<meta", "<script"};
  if (std::ranges::none_of(kBegins, [&](auto begin) { return starts_with_word(text, begin); }))
    return std::nullopt;
  const std::string_view title = title_of(text);
  return "is an HTML page, not the file: " + first_words(title.empty() ? text : title) + std::string(kAgain);
}

Answer xml(const File& file) {
  const bool declared = begin_of(file.text()).starts_with("<?xml");
  const std::string_view text = first_element(file.text());
  if (text.starts_with("<Error")) {
    return "is a server's error message in XML, not the file: " + first_words(text) + std::string(kAgain);
  }
  if (starts_with_word(text, "<svg")) return "is an SVG image, not a model";
  if (!declared) return std::nullopt;
  return "is XML, not a model: " + first_words(text);
}

bool is_error_in_json(const File& file) {
  constexpr std::uint64_t kMaxBytes = std::uint64_t{64} * 1024;
  static constexpr std::string_view kKeys[] = {"error",      "errors",    "message",    "detail", "details",
                                               "error_code", "errorCode", "statusCode", "status", "code",
                                               "msg",        "reason",    "success"};
  const std::string_view text = begin_of(file.text());
  if (!text.starts_with('{') || file.size > kMaxBytes) return false;
  if (std::ranges::find(kKeys, first_key(text)) == std::end(kKeys)) return false;
  // What an index has to have.
  const Bytes whole = file.at(0, file.size);
  return whole.text().find("\"weight_map\"") == std::string_view::npos &&
         whole.text().find("\"AEROSET\"") == std::string_view::npos;
}

Answer json(const File& file) {
  const std::string_view text = begin_of(file.text());
  if (text.empty() || (text[0] != '{' && text[0] != '[') || !is_text(file)) return std::nullopt;
  if (is_error_in_json(file))
    return "is a server's error message in JSON, not the file: " + first_words(text) + std::string(kAgain);
  const bool array = text[0] == '[';
  const std::string_view next = begin_of(text.substr(1));
  const bool likely =
      next.empty() ||
      (array ? std::string_view("\"{[]-0123456789tfn") : "\"}").find(next[0]) != std::string_view::npos;
  if (!likely) return std::nullopt;
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("\"weight_map\"") && has(".bin\""))
    return "is an index of PyTorch checkpoints, which names the files of a model, and not one of them";
  if (has("\"weight_map\"") || has("\"AEROSET\""))
    return "is an index, which names the files of a model, and not one of them";
  return "is JSON, not a model: " + first_words(text);
}

Answer plain_text(const File& file) {
  constexpr std::string_view kMark16Le = "\xff\xfe";
  constexpr std::string_view kMark16Be = "\xfe\xff";
  const std::string_view head = file.text();
  const bool utf_16 = (head.starts_with(kMark16Le) || head.starts_with(kMark16Be)) && file.size % 2 == 0;
  if (utf_16 && std::ranges::count(head, '\0') * 3 > static_cast<std::ptrdiff_t>(head.size()))
    return "is text (in UTF-16), not a model";
  if (!is_text(file)) return std::nullopt;
  return "is text, not a model: " + first_words(begin_of(head));
}

}  // namespace aerotool::foreign
