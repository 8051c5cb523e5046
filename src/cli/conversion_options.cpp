#include "cli/conversion.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

/// Takes text that is UTF-8.
auto checked(const std::string& option) {
  return [option](const std::string& text) { return utf8(option, text); };
}

}  // namespace

const std::string& utf8(const std::string& option, const std::string& text) {
  if (!is_utf8(text)) throw UsageError(option + " takes UTF-8 text");
  return text;
}

Setting<ConversionOptions> dry_run_setting() {
  return {{"dry-run", 'n', Option::Argument::none, "", "print what would be written, and write nothing", {}},
          sets(&ConversionOptions::dry_run)};
}

Setting<ConversionOptions> json_of_result_setting() {
  return {{"json", 0, Option::Argument::none, "", "say what was written, as one JSON document", {}},
          sets(&ConversionOptions::json)};
}

Settings<ConversionOptions> format_settings(const WriteOptionList& of_formats) {
  Settings<ConversionOptions> settings;
  for (const AnyWriteOption* option : of_formats) {
    settings.push_back({option->description, [option](ConversionOptions& options, const Values& values) {
                          options.write.parse(*option, values.back());
                        }});
  }
  return settings;
}

Settings<ConversionOptions> output_settings() {
  using enum Option::Argument;
  return {{{"name", 0, required, "NAME", "call the model this", {}},
           sets(&ConversionOptions::name, checked("--name"))},
          {{"architecture", 0, required, "NAME", "give the model this architecture", {}},
           sets(&ConversionOptions::architecture, checked("--architecture"))},
          {{"force", 'f', none, "", "replace another model in the output directory", {}},
           sets(&ConversionOptions::force)},
          {{"no-side-files", 0, none, "", "leave out what lies beside the weights (config.json, ...)", {}},
           sets(&ConversionOptions::side_files, false)}};
}

Settings<ConversionOptions> write_settings(const WriteOptionList& of_formats) {
  using enum Option::Argument;
  Settings<ConversionOptions> settings = format_settings(of_formats);
  append(settings, output_settings());
  const Settings<ConversionOptions> of_plans = {
      {{"include", 0, required, "PATTERN", "only tensors that match; may be given several times", {}},
       sets(&ConversionOptions::include)},
      {{"exclude", 0, required, "PATTERN", "no tensors that match; may be given several times", {}},
       sets(&ConversionOptions::exclude)},
      {{"dtype", 0, required, "TYPE[:PATTERN]", "write floats as this type: bf16, f16, f32, ...", {}},
       sets(&ConversionOptions::dtypes)},
      {{"dequantize", 0, none, "", "decode quantized weights (to bf16, or as --dtype says)", {}},
       sets(&ConversionOptions::dequantize)},
      {{"strict", 0, none, "", "fail where a value is too large for its new type", {}},
       sets(&ConversionOptions::strict)},
      {{"rename", 0, required, "s/REGEX/NEW/", "give tensors other names; may be given several times", {}},
       [](ConversionOptions& options, const Values& values) {
         for (const std::string& text : values) options.renames.emplace_back(utf8("--rename", text));
       }},
      {{"set", 0, required, "KEY=VALUE", "set metadata; may be given several times", {}},
       [](ConversionOptions& options, const Values& values) {
         for (const std::string& text : values) options.set.emplace_back(text);
       }},
      {{"unset", 0, required, "PATTERN", "leave out metadata; may be given several times", {}},
       sets(&ConversionOptions::unset)}};
  append(settings, of_plans);
  return settings;
}

}  // namespace aerotool::cli
