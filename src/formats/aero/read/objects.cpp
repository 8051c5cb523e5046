#include "formats/aero/read/objects.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "formats/aero/layout.hpp"

namespace aerotool::aero {
namespace {

using Name = std::pair<std::string_view, std::string_view>;  // object, role

const Value* part_in(const MapItems& members) {
  const auto found = std::ranges::find_if(members, [](const auto& member) {
    return member.first.type == ValueType::string && member.first.text() == kPartKey;
  });
  return found == members.end() ? nullptr : &found->second;
}

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

/// The texts stay in the value.
bool read_name(const Value& value, std::vector<Value>& texts) {
  if (value.type != ValueType::array || value.array().count != 2) return false;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& text) {
    sound = sound && (text.type == ValueType::string || text.type == ValueType::binary);
    texts.push_back(text);
    return sound;
  });
  return sound;
}

}  // namespace

bool any_part(const TensorExtras& extras) {
  return std::ranges::any_of(extras, [](const auto& entry) { return part_in(entry.second) != nullptr; });
}

TensorExtras without_parts(TensorExtras extras) {
  for (auto& [tensor, members] : extras) {
    std::erase_if(members, [](const auto& member) {
      return member.first.type == ValueType::string && member.first.text() == kPartKey;
    });
  }
  std::erase_if(extras, [](const auto& entry) { return entry.second.empty(); });
  return extras;
}

std::vector<Object> join_objects(std::vector<Object> described, const TensorExtras& extras,
                                 const Where& where, Report& report) {
  std::map<std::pair<std::string, std::string>, std::size_t> tensors;
  for (const auto& [tensor, members] : extras) {
    const Value* part = part_in(members);
    if (part == nullptr) continue;
    std::vector<Value> texts;
    if (!read_name(*part, texts)) {
      report.fault(Code::metadata, where, "\"part\" of a TIDX entry is not [object, role]");
      continue;
    }
    if (!tensors.try_emplace({std::string(texts[0].text()), std::string(texts[1].text())}, tensor).second)
      report.fault(Code::metadata, where, "two tensors are the same part of " + quoted(texts[0].text()));
  }
  std::vector<Object> objects;
  std::size_t named = 0;
  for (Object& object : described) {
    bool is_whole = !object.parts.empty();
    for (Object::Part& part : object.parts) {
      const auto found = tensors.find({object.name, part.role});
      if (found == tensors.end()) {
        is_whole = false;
        break;
      }
      ++named;
      part.tensor = found->second;
    }
    if (is_whole) {
      objects.push_back(std::move(object));
    } else {
      report.fault(Code::metadata, where, "no tensors are the parts of the object " + quoted(object.name));
    }
  }
  if (named < tensors.size())
    report.fault(Code::metadata, where, "tensors are parts of objects that \"source\" does not describe");
  const std::string problem = problem_of(objects, SIZE_MAX);
  if (problem.empty()) return objects;
  report.fault(Code::metadata, where, problem);
  return {};
}

}  // namespace aerotool::aero
