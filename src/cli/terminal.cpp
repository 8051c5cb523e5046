#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "core/text.hpp"

namespace aerotool::cli {
namespace {

std::string command_name;

/// The value of a variable of the environment; empty where there is none.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::size_t width_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  constexpr std::size_t kUsual = 80;
  const std::string_view digits = variable("COLUMNS");
  unsigned short columns = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), columns);
  const bool is_number = result.ec == std::errc() && result.ptr == digits.data() + digits.size();
  return is_number && columns != 0 ? columns : kUsual;
}

}  // namespace

bool stdout_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}
bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

bool terminal_takes_orders() {
  const char* kind = std::getenv("TERM");
  return kind == nullptr || std::string_view(kind) != "dumb";
}

std::size_t stdout_width() {
  return width_of(STDOUT_FILENO);
}
std::size_t stderr_width() {
  return width_of(STDERR_FILENO);
}

bool locale_is_utf8() {
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = variable(name);
    if (!locale.empty()) break;
  }
  const auto same_letter = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (const std::string_view charset : {"utf-8", "utf8"}) {
    const auto* const found =
        std::search(locale.begin(), locale.end(), charset.begin(), charset.end(), same_letter);
    if (found != locale.end()) return true;
  }
  return false;
}

std::string styled(const CommonOptions& options, Style style, std::string_view text) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool allowed = (no_color == nullptr || *no_color == '\0') && terminal_takes_orders();
  const bool wanted =
      options.color == When::always || (options.color != When::never && allowed && stdout_is_terminal());
  const char* code = style == Style::bold       ? "\x1b[1m"
                     : style == Style::good     ? "\x1b[32m"
                     : style == Style::bad      ? "\x1b[31m"
                     : style == Style::doubtful ? "\x1b[33m"
                                                : nullptr;
  if (!wanted || code == nullptr) return std::string(text);
  return code + std::string(text) + "\x1b[0m";
}

void set_command_name(std::string_view name) {
  command_name = name;
}

void complain(std::string_view message) {
  std::string line = "aerotool: ";
  if (!command_name.empty()) line += command_name + ": ";
  line += one_line(message);
  line += '\n';
  // One write, so that lines of several processes do not mix.
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

void complain_of_memory() noexcept {
  std::array<char, 128> line{};
  const int length = std::snprintf(line.data(), line.size(), "aerotool: %s%snot enough memory\n",
                                   command_name.c_str(), command_name.empty() ? "" : ": ");
  static_cast<void>(std::fwrite(line.data(), 1, static_cast<std::size_t>(length), stderr));
}

}  // namespace aerotool::cli
