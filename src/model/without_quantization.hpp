// The configuration of a model whose weights are quantized no longer.
#pragma once

#include <string>
#include <string_view>

namespace aerotool {

/// The text of a config.json without what quantization_config() finds in it: the members quantization_config
/// and compression_config of the object itself and of its text_config. All other bytes stay, but for the
/// comma and the white space that such a member has to itself. Throws CorruptError where the text is not
/// JSON.
std::string without_quantization(std::string_view config_json);

}  // namespace aerotool
