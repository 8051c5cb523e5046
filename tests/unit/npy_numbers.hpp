// Arrays of the vectors that numpy saved.
#pragma once

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "files.hpp"

namespace aerotool::test {

/// The elements of a version 1 file, row by row; `descr` is numpy's name of their type, such as "<f4".
inline std::string npy_bytes(const std::string& name, std::string_view descr) {
  const std::string file = data_bytes(name);
  const std::size_t head = 10;
  if (!file.starts_with(std::string_view("\x93NUMPY\x01\x00", 8)) || file.size() < head) {
    throw std::runtime_error(name + " is no array of version 1");
  }
  const std::size_t length = load_le<std::uint16_t>(bytes_of(file), 8);
  const std::string_view header = std::string_view(file).substr(head, length);
  if (header.find("'descr': '" + std::string(descr) + "'") == std::string_view::npos ||
      header.find("'fortran_order': False") == std::string_view::npos) {
    throw std::runtime_error(name + " is another array");
  }
  return file.substr(head + length);
}

inline std::vector<float> npy_floats(const std::string& name) {
  const std::string bytes = npy_bytes(name, "<f4");
  std::vector<float> numbers(bytes.size() / 4);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = std::bit_cast<float>(load_le<std::uint32_t>(bytes_of(bytes), 4 * i));
  }
  return numbers;
}

}  // namespace aerotool::test
