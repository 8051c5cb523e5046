// What the user's terminal can show, and messages on standard error.
#pragma once

#include <string>
#include <string_view>

#include "cli/common_options.hpp"

namespace aerotool::cli {

bool stdout_is_terminal();
bool stderr_is_terminal();

/// Whether a terminal understands orders such as a colour (TERM is not "dumb").
bool terminal_takes_orders();

/// Columns of the terminal behind standard output or standard error, else COLUMNS, else 80.
std::size_t stdout_width();
std::size_t stderr_width();

/// Whether text is UTF-8 in the user's locale (LC_ALL, else LC_CTYPE, else LANG).
bool locale_is_utf8();

enum class Style { plain, bold, good, bad, doubtful };

/// `text` in a style, where --color, NO_COLOR and the terminal allow it on standard output.
std::string styled(const CommonOptions& options, Style style, std::string_view text);

/// "aerotool: COMMAND: message" on standard error. main() sets the command's name first.
void set_command_name(std::string_view name);
void complain(std::string_view message);
/// Says that there is no memory, and takes none for that.
void complain_of_memory() noexcept;

}  // namespace aerotool::cli
