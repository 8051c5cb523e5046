#include "formats/aeroset/parse.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"

namespace aerotool::aeroset {
namespace {

constexpr std::uint64_t kHighestMinor = 2;

class IndexReader {
 public:
  IndexReader(const std::string& path, Report& report) : path_(path), report_(report) {}

  SetIndex read(const Value& json) {
    SetIndex index;
    read_format(json, index);
    const Value* model = json.find("model");
    if (model == nullptr || model->type != ValueType::map) {
      fault("\"model\" is missing or not an object");
    } else {
      index.model_name = text(*model, "\"model\"", "name");
      index.architecture = text(*model, "\"model\"", "architecture");
    }
    if (const Value* url = json.find("base_url")) {
      url->type == ValueType::string ? void(index.base_url = url->text())
                                     : fault("\"base_url\" is not a string");
    }
    read_cache(json, index);
    read_parts(json, index);
    const Value* global = json.find("global_tidx");
    if (global == nullptr) throw CorruptError(where(), "\"global_tidx\" is missing", Code::index);
    if (!read_file(*global, "\"global_tidx\"", index.tensor_index))
      throw CorruptError(where(), "\"global_tidx\" does not name a file", Code::index);
    return index;
  }

 private:
  Where where() const { return {path_, {}, {}}; }
  void fault(const std::string& what) { report_.fault(Code::index, where(), what); }

  void read_format(const Value& json, SetIndex& index) {
    const Value* format = json.find("format");
    const Value* name = format != nullptr ? format->find("name") : nullptr;
    if (name == nullptr || name->type != ValueType::string || name->text() != kFormatName)
      throw CorruptError(where(), "is not the index of an AEROSET: its \"format\" does not say so",
                         Code::index);
    const Value* version = format->find("version");
    std::vector<std::uint64_t> numbers;
    if (version != nullptr && version->type == ValueType::array && version->array().count == 2) {
      for_each_element(version->array(), [&](const Value& number) {
        if (number.is_unsigned()) numbers.push_back(number.bits);
        return true;
      });
    }
    if (numbers.size() != 2)
      throw CorruptError(where(), "\"format\" has no version made of two numbers", Code::index);
    if (numbers[0] != 0 || numbers[1] < 1 || numbers[1] > kHighestMinor) {
      throw UnsupportedError(where(), "AEROSET version " + std::to_string(numbers[0]) + "." +
                                          std::to_string(numbers[1]) + "; versions 0.1 and 0.2 are read");
    }
    index.version_minor = numbers[1];
  }

  void read_cache(const Value& json, SetIndex& index) {
    const Value* cache = json.find("cache");
    if (cache == nullptr) return;
    const auto flag = [&](std::string_view key) {
      const Value* value = cache->find(key);
      return value != nullptr && value->type == ValueType::boolean && value->bits != 0;
    };
    index.cache = {flag("enabled"), flag("recommended")};
    if (cache->type != ValueType::map) fault("\"cache\" is not an object");
  }

  void read_parts(const Value& json, SetIndex& index) {
    const Value* parts = json.find("parts");
    if (parts == nullptr || parts->type != ValueType::array)
      throw CorruptError(where(), "\"parts\" is missing or not an array", Code::index);
    std::size_t number = 0;
    for_each_element(parts->array(), [&](const Value& item) {
      const std::string label = "part " + std::to_string(number++);
      SetPart part;
      if (!read_file(item, label, part)) {
        report_.unreadable(Code::index, where(), label + " does not name a file");
        return true;
      }
      read_shards(item, label, part);
      index.parts.push_back(std::move(part));
      return true;
    });
  }

  void read_shards(const Value& item, const std::string& label, SetPart& part) {
    const Value* shards = item.find("shards");
    bool sound = shards != nullptr && shards->type == ValueType::array;
    if (sound) {
      for_each_element(shards->array(), [&](const Value& id) {
        sound = sound && id.is_unsigned();
        part.shards.push_back(id.bits);
        return sound;
      });
    }
    if (sound) return;
    part.shards.clear();
    report_.unreadable(Code::index, where(), label + ": \"shards\" is missing or not an array of numbers");
  }

  /// False where it does not name a file.
  bool read_file(const Value& item, const std::string& label, SetFile& file) {
    const Value* path = item.find("path");
    if (path == nullptr || path->type != ValueType::string || path->text().empty()) return false;
    file.path = path->text();
    const Value* hash = item.find("sha256");
    Digest digest{};
    // Whatever is not as it is written may have been changed since.
    const bool lower =
        hash != nullptr && hash->type == ValueType::string &&
        std::none_of(hash->text().begin(), hash->text().end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (lower && from_hex(hash->text(), digest)) {
      file.sha256 = digest;
    } else {
      fault(label +
            (hash == nullptr ? " has no sha256" : ": sha256 is not 64 lower-case hexadecimal digits"));
    }
    const Value* size = item.find("size_bytes");
    if (size != nullptr && size->is_unsigned() && size->is_integer()) {
      file.size = size->bits;
    } else {
      fault(label + (size == nullptr ? " has no size_bytes" : ": size_bytes is not a number of bytes"));
    }
    return true;
  }

  std::string text(const Value& object, const std::string& label, std::string_view key) {
    const Value* value = object.find(key);
    if (value != nullptr && value->type == ValueType::string) return std::string(value->text());
    fault(label + " has no " + std::string(key));
    return {};
  }

  const std::string& path_;
  Report& report_;
};

}  // namespace

SetIndex read_set_index(std::string_view text, const std::string& path, Report& report) {
  Value json;
  if (const auto problem = read_json(text, ValueBuilder::kMaxMemory, json))
    throw CorruptError({path, problem->offset, {}}, problem->message, Code::index);
  if (json.type != ValueType::map) throw CorruptError({path, {}, {}}, "is not a JSON object", Code::index);
  return IndexReader(path, report).read(json);
}

}  // namespace aerotool::aeroset
