#include "formats/aeroset/options.hpp"

#include "core/error.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "formats/aero/write/options.hpp"

namespace aerotool::aeroset {
namespace {

std::uint64_t parse_part_shards(const std::string& text) {
  const std::uint64_t shards = parse_count(text, "--max-part-shards");
  if (shards == 0) throw UsageError("--max-part-shards takes at least 1");
  return shards;
}

std::string parse_base_url(const std::string& text) {
  if (!is_utf8(text)) throw UsageError("--base-url takes UTF-8 text");
  if (text.empty()) throw UsageError("--base-url takes a URL");
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
