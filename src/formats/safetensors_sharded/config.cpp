#include "formats/safetensors_sharded/config.hpp"

#include <string_view>

#include "core/json_reader.hpp"
#include "core/text.hpp"
#include "formats/safetensors/message.hpp"
#include "io/beside.hpp"
#include "io/listing.hpp"

namespace aerotool::safetensors_sharded {
namespace {

constexpr std::string_view kName = "config.json";
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;

/// Finds one text among the members of the document.
class Handler {
 public:
  std::string problem;  // what parse_json asks for; nothing here stops it
  std::string model_type;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view) { return true; }
  bool string(std::string_view text) {
    if (depth_ == 1 && wanted_) model_type = text;
    return true;
  }
  bool key(std::string_view text) {
    wanted_ = text == "model_type";
    return true;
  }
  bool start_object() { return open(); }
  bool end_object() { return close(); }
  bool start_array() { return open(); }
  bool end_array() { return close(); }

 private:
  bool open() {
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  bool wanted_ = false;
};

std::string model_type_in(const io::Input& input) {
  if (input.size() > kMostBytes) {
    throw CorruptError({input.name(), {}, {}}, "has " + with_thousands(input.size()) + " bytes; at most " +
                                                   with_thousands(kMostBytes) + " are read");
  }
  Handler handler;
  const Bytes text = input.view(0, input.size());
  if (const auto problem = parse_json(text.text(), handler)) {
    throw CorruptError({input.name(), problem->offset, {}}, safetensors::shortened(problem->message));
  }
  return handler.model_type;
}

}  // namespace

std::string model_type_beside(const io::Input& index, Report& report) {
  const std::string path = io::directory_of(index.name()) + "/" + std::string(kName);
  if (io::type_of(path) == io::FileType::none) return {};
  try {
    return model_type_in(*io::open_beside(index, std::string(kName)));
  } catch (const IoError&) {
    // What the model is shall not hang on the machine's mood.
    throw;
  } catch (const Error& problem) {
    report.warning(Code::config, problem.where(),
                   problem.message() + " (the architecture is not taken from it)");
  }
  return {};
}

}  // namespace aerotool::safetensors_sharded
