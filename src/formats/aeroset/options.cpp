#include "formats/aeroset/options.hpp"

#include <limits>
#include <optional>

#include "core/error.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "formats/aero/write/options.hpp"
#include "formats/aeroset/layout.hpp"
#include "formats/aeroset/part_url.hpp"
#include "io/url.hpp"
#include "io/url_reference.hpp"

namespace aerotool::aeroset {
namespace {

std::uint64_t parse_part_shards(const std::string& text) {
  const std::uint64_t shards = parse_count(text, "--max-part-shards");
  if (shards == 0) throw UsageError("--max-part-shards takes at least 1");
  return shards;
}

std::string parse_base_url(const std::string& text) {
  if (!is_utf8(text)) throw UsageError("--base-url takes UTF-8 text");
  // Held to what a reader of the set holds it to, and to what it would pass over.
  std::string problem = io::parse_named_url(text).problem;
  if (problem.empty() && text.find('#') != std::string::npos) problem = "has a fragment";
  if (problem.empty())
    problem = join_part_url(std::nullopt, text, part_name(std::numeric_limits<std::size_t>::max())).problem;
  if (!problem.empty())
    throw UsageError("--base-url: '" + escape_controls(shortened(io::shown_url(text))) + "' " + problem);
  return text;
}

}  // namespace

const WriteOption<std::uint64_t>& max_part_shards() {
  static const auto option =
      write_option<parse_part_shards>({"max-part-shards",
                                       0,
                                       Option::Argument::required,
                                       "N",
                                       "at most this many shards in a part of a set (default: 4)",
                                       {}});
  return option;
}

const WriteOption<std::string>& base_url() {
  static const auto option =
      write_option<parse_base_url>({"base-url",
                                    0,
                                    Option::Argument::required,
                                    "URL",
                                    "record in a set's index where its parts are published",
                                    {}});
  return option;
}

const WriteOption<bool>& rebuild() {
  static const auto option =
      write_switch({"rebuild",
                    0,
                    Option::Argument::none,
                    "",
                    "build every file of a set anew, also those that are complete already",
                    {}});
  return option;
}

WriteOptionList write_options() {
  WriteOptionList options = {&max_part_shards(), &base_url(), &rebuild()};
  add_new(options, aero::write_options());
  return options;
}

}  // namespace aerotool::aeroset
