#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";

/// What the name of a piece says: "m.gguf.part1of2" is number 1 of 2 of "m.gguf".
struct Piece {
  std::string_view name;
  std::string_view whole;   ///< the file that was split
  std::string_view style;   ///< what stands between its name and the number
  std::string_view number;  ///< digits, or letters
  std::string_view total;   ///< digits, where the name says it

  bool of_same_file(const Piece& other) const {
    return whole == other.whole && style == other.style && total == other.total &&
           consists_of_digits() == other.consists_of_digits();
  }
  bool before(const Piece& other) const {
    if (number.size() != other.number.size()) return number.size() < other.number.size();
    return number < other.number;
  }
  bool consists_of_digits() const { return number.find_first_not_of(kDigits) == std::string_view::npos; }
};

/// Takes the characters of one of the kinds from the front.
std::string_view take(std::string_view& text, std::string_view kind) {
  const std::string_view taken = text.substr(0, std::min(text.find_first_not_of(kind), text.size()));
  text.remove_prefix(taken.size());
  return taken;
}

bool skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

/// The number behind `mark`, and the total behind that: "1of2", "-00001-of-00002", "aa".
std::optional<Piece> piece_behind(std::string_view name, std::string_view mark) {
  constexpr std::size_t kMaxLetters = 2;
  constexpr std::size_t kMaxDigits = 9;
  const std::size_t at = name.rfind(mark);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  std::string_view rest = name.substr(at + mark.size());
  Piece piece{.name = name, .whole = name.substr(0, at), .style = {}, .number = {}, .total = {}};
  if (!skip(rest, "-")) skip(rest, "_");
  piece.style = name.substr(at, name.size() - rest.size() - at);
  piece.number = take(rest, kDigits);
  const bool letters = piece.number.empty();
  if (letters) piece.number = take(rest, kLetters);
  if (piece.number.empty() || piece.number.size() > (letters ? kMaxLetters : kMaxDigits)) return std::nullopt;
  if (rest.empty()) return piece;
  if (letters || !(skip(rest, "of") || skip(rest, "-of-") || skip(rest, "_of_"))) return std::nullopt;
  piece.total = take(rest, kDigits);
  if (piece.total.empty() || !rest.empty()) return std::nullopt;
  return piece;
}

std::optional<Piece> piece_named(std::string_view name) {
  for (const std::string_view mark : {".part", "-part", "-split"}) {
    if (const auto piece = piece_behind(name, mark)) return piece;
  }
  // split -d and archivers: "m.gguf.001"
  constexpr std::size_t kEnding = 4;
  if (name.size() <= kEnding || name[name.size() - kEnding] != '.') return std::nullopt;
  const std::string_view number = name.substr(name.size() - kEnding + 1);
  if (number.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  return Piece{name, name.substr(0, name.size() - kEnding), ".", number, {}};
}

/// "cat m.gguf.part1of2 m.gguf.part2of2 > m.gguf", of pieces in their order.
std::string join_command(const std::vector<Piece>& pieces) {
  constexpr std::size_t kMaxNamed = 4;
  std::string command = "cat";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces.size() > kMaxNamed && i == kMaxNamed - 1) {
      command += " ...";
      i = pieces.size() - 1;
    }
    command += " " + escape_controls(shortened(pieces[i].name));
  }
  return command + " > " + escape_controls(shortened(pieces.front().whole));
}

std::vector<std::string> names_beside(const File& file) {
  try {
    return file.beside();
  } catch (const IoError&) {
    return {};  // what it is can be told without
  }
}

}  // namespace

Answer piece_of_download(const File& file) {
  const auto piece = piece_named(file.name());
  if (!piece) return std::nullopt;
  const std::vector<std::string> names = names_beside(file);
  std::vector<Piece> pieces;
  for (const std::string& name : names) {
    const auto other = piece_named(name);
    if (other && other->of_same_file(*piece)) pieces.push_back(*other);
  }
  std::ranges::sort(pieces, [](const Piece& a, const Piece& b) { return a.before(b); });
  const std::string what = "is a piece of a split download; ";
  if (pieces.size() < 2)
    return what + "the others are missing beside it: download them, then join them with cat";
  return what + "join the pieces first: " + join_command(pieces);
}

Answer unfinished_download(const File& file) {
  static constexpr std::string_view kEndings[] = {".incomplete", ".part",       ".partial",  ".download",
                                                  ".crdownload", ".opdownload", ".filepart", ".!ut",
                                                  ".!qb",        "-partial",    ".aria2"};
  const auto ending = std::ranges::find_if(kEndings, [&](auto known) { return file.named(known); });
  if (ending == std::end(kEndings)) return std::nullopt;
  if (*ending == ".aria2")
    return "is what aria2 notes of an unfinished download; finish it, or download the file again";
  return "is an unfinished download (" + std::string(*ending) + "); finish it, or download the file again";
}

bool is_unfinished_name(std::string_view name) {
  File file;
  file.path = name;
  return piece_named(name) || unfinished_download(file);
}

}  // namespace aerotool::foreign
