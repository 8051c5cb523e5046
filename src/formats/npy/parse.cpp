#include "formats/npy/parse.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::npy {
namespace {

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

/// Reads the one Python literal that a head is: nothing of it is evaluated.
class DictionaryParser {
 public:
  explicit DictionaryParser(std::string_view text) : rest_(text) {}

  Head parse() {
    Head head;
    expect('{', "its header is no dictionary");
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    while (!take('}')) {
      const std::string_view key = string("a key");
      expect(':', "no ':' follows the key " + quoted(key));
      bool* const seen = key == "descr"           ? &has_descr
                         : key == "fortran_order" ? &has_order
                         : key == "shape"         ? &has_shape
                                                  : nullptr;
      if (seen == nullptr) throw HeadProblem("its header has a key that no array has: " + quoted(key));
      if (*seen) throw HeadProblem("its header has the key " + quoted(key) + " twice");
      *seen = true;
      if (seen == &has_descr) {
        head.descr = descr();
      } else if (seen == &has_order) {
        head.is_fortran = boolean();
      } else {
        head.shape = shape();
      }
      if (take(',')) continue;
      expect('}', "neither ',' nor '}' follows the value of " + quoted(key));
      break;
    }
    skip_spaces();
    if (!rest_.empty()) throw HeadProblem("something follows the dictionary in its header");
    if (!has_descr || !has_order || !has_shape) {
      throw HeadProblem(std::string("its header has no '") +
                        (!has_descr   ? "descr"
                         : !has_order ? "fortran_order"
                                      : "shape") +
                        "'");
    }
    return head;
  }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n\f"), rest_.size())); }
  bool take(char wanted) {
    skip_spaces();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted, const std::string& otherwise) {
    if (!take(wanted)) throw HeadProblem(otherwise);
  }
  bool take_word(std::string_view word) {
    skip_spaces();
    if (!rest_.starts_with(word)) return false;
    const std::string_view behind = rest_.substr(word.size(), 1);
    if (!behind.empty() && std::string_view(" \t\r\n\f,}").find(behind[0]) == std::string_view::npos)
      return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string_view string(const std::string& what) {
    skip_spaces();
    const char quote = rest_.empty() ? '\0' : rest_[0];
    if (quote != '\'' && quote != '"') throw HeadProblem(what + " of its header is not a string");
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) throw HeadProblem(what + " of its header does not end");
    const std::string_view text = rest_.substr(1, end - 1);
    if (text.find_first_of("\\\n\r") != std::string_view::npos)
      throw HeadProblem(what + " of its header has an escape or a line's end in it");
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::string descr() {
    skip_spaces();
    if (rest_.starts_with('['))
      throw HeadProblem("its elements are structured (several fields each), which is not read",
                        Code::unsupported);
    return std::string(string("the value of 'descr'"));
  }

  bool boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    throw HeadProblem("'fortran_order' in its header is neither True nor False");
  }

  Shape shape() {
    expect('(', "'shape' in its header is no tuple");
    Shape shape;
    bool has_comma = false;
    while (!take(')')) {
      if (!shape.empty() && !has_comma)
        throw HeadProblem("neither ',' nor ')' follows a dimension in its header");
      if (shape.size() == kMaxRank)
        throw HeadProblem("has more than " + std::to_string(kMaxRank) + " dimensions", Code::shape);
      shape.push_back(dimension());
      has_comma = take(',');
    }
    if (shape.size() == 1 && !has_comma) throw HeadProblem("'shape' in its header is a number, not a tuple");
    return shape;
  }

  std::uint64_t dimension() {
    skip_spaces();
    if (rest_.starts_with('-')) throw HeadProblem("a dimension in its header is negative", Code::shape);
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view text = rest_.substr(0, digits);
    if (text.empty()) throw HeadProblem("a dimension in its header is no number");
    if (text.size() > 1 && text[0] == '0') throw HeadProblem("a dimension in its header begins with 0");
    std::uint64_t number = 0;
    for (const char digit : text) {
      const auto tens = checked_mul(number, 10);
      const auto next = tens ? checked_add(*tens, static_cast<std::uint64_t>(digit - '0')) : std::nullopt;
      if (!next) throw HeadProblem("a dimension in its header passes 2^64", Code::shape);
      number = *next;
    }
    rest_.remove_prefix(digits);
    // As Python 2 writes a long one.
    if (rest_.starts_with('L')) rest_.remove_prefix(1);
    return number;
  }

  std::string_view rest_;
};

}  // namespace

Head parse_dictionary(std::string_view text) {
  return DictionaryParser(text).parse();
}

Head read_head(std::uint64_t size, const Look& look) {
  constexpr std::size_t kVersionEnd = 8;
  const std::size_t known = static_cast<std::size_t>(std::min<std::uint64_t>(size, kVersionEnd + 4));
  const ByteSpan begin = look(0, known);
  if (!chars_of(begin).starts_with(kMagic)) throw HeadProblem("is no NumPy array");
  if (begin.size() < kVersionEnd + 2) throw HeadProblem("ends within its header", Code::short_file);
  const auto major = std::to_integer<unsigned>(begin[6]);
  const auto minor = std::to_integer<unsigned>(begin[7]);
  if (major < 1 || major > 3 || minor != 0) {
    throw HeadProblem("is of version " + std::to_string(major) + "." + std::to_string(minor) +
                          "; 1.0, 2.0 and 3.0 are read",
                      Code::unsupported);
  }
  const std::size_t width = major == 1 ? 2 : 4;
  if (begin.size() < kVersionEnd + width) throw HeadProblem("ends within its header", Code::short_file);
  const std::uint64_t length =
      width == 2 ? load_le<std::uint16_t>(begin, kVersionEnd) : load_le<std::uint32_t>(begin, kVersionEnd);
  const std::uint64_t dictionary = kVersionEnd + width;
  if (length > kMaxHeader) {
    throw HeadProblem("its header takes " + with_thousands(length) + " bytes; at most " +
                      with_thousands(kMaxHeader) + " are read");
  }
  if (length > size - dictionary) {
    throw HeadProblem("its header takes " + plural(length, "byte") + ", but only " +
                          with_thousands(size - dictionary) + " follow its length",
                      Code::short_file);
  }
  Head head = parse_dictionary(chars_of(look(dictionary, static_cast<std::size_t>(length))));
  head.data = dictionary + length;
  return head;
}

}  // namespace aerotool::npy
