// Options, each with what it sets in a struct. The words of a command line are looked up here, once; a
// command sees the struct alone.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/option.hpp"

namespace aerotool::cli {

/// All values that an option is given, in order: one at least, empty where it takes none.
using Values = std::vector<std::string>;

/// An option, and what its values set. `set` throws UsageError where they make no sense.
template <typename Options>
struct Setting {
  Option option;
  std::function<void(Options&, const Values&)> set;

  Setting(Option the_option, std::function<void(Options&, const Values&)> setter)
      : option(std::move(the_option)), set(std::move(setter)) {}
  /// What sets a part of the struct.
  template <typename Part>
  requires(std::derived_from<Options, Part> && !std::same_as<Options, Part>)
      Setting(const Setting<Part>& of_part)  // NOLINT(google-explicit-constructor): a part is of the whole
      : option(of_part.option), set(of_part.set) {}
};

template <typename Options>
using Settings = std::vector<Setting<Options>>;

template <typename Options, typename Part>
void append(Settings<Options>& settings, const Settings<Part>& more) {
  for (const Setting<Part>& setting : more) settings.push_back(setting);
}

// ---- what sets a member

template <typename Options>
auto sets(bool Options::*member, bool to = true) {
  return [member, to](Options& options, const Values&) { options.*member = to; };
}

/// The last one holds.
template <typename Options>
auto sets(std::string Options::*member) {
  return [member](Options& options, const Values& values) { options.*member = values.back(); };
}

/// All hold.
template <typename Options>
auto sets(std::vector<std::string> Options::*member) {
  return [member](Options& options, const Values& values) { options.*member = values; };
}

/// What `parse` makes of the last one.
template <typename Options, typename Member, typename Parse>
auto sets(Member Options::*member, Parse parse) {
  return [member, parse](Options& options, const Values& values) { options.*member = parse(values.back()); };
}

}  // namespace aerotool::cli
