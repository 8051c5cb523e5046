// What the vectors of tests/data say, and the hash that they have of a tensor.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "hash/sha256.hpp"
#include "model/model.hpp"

namespace aerotool::test {

/// Calls `check` with the name and the content of every entry of an object in a file of tests/data: `kind` is
/// its key there.
template <typename Check>
void for_each_vector(const std::string& expected, std::string_view kind, Check&& check) {
  Value all;
  REQUIRE_FALSE(read_json(data_bytes(expected), ValueBuilder::kMaxMemory, all));
  for (const auto& [file, content] : all.find(kind)->map()) {
    const std::string name(file.text());
    CAPTURE(name);
    check(name, content);
  }
}

/// The SHA-256 of a tensor that is read in steps of so many bytes, or at once.
inline std::string sha256_of(const Model& model, std::size_t tensor, std::size_t step = SIZE_MAX) {
  std::vector<std::byte> bytes(model.tensors()[tensor].size);
  for (std::size_t at = 0; at < bytes.size(); at += step)
    model.read(tensor, at, std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
  hash::Sha256 sha256;
  sha256.add(bytes);
  return to_hex(sha256.finish());
}

/// Whether `open`, which a report is given, or the full check of the model that it returns finds a fault.
template <typename Open>
bool has_faults(Open&& open) {
  Report report(Report::Mode::judge);
  try {
    const auto model = open(report);
    model->check({.level = CheckLevel::full, .values = true}, report);
  } catch (const ContentError&) {
    return true;
  }
  return report.fault_count() != 0;
}

}  // namespace aerotool::test
