// The options of how a model is written. Each is declared once: by the format that has it, or here where
// several have it. A writer lists those that it supports, the command line offers them all, and a plan holds
// what they were given. Nobody looks one up by its name.
#pragma once

#include <algorithm>
#include <any>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/option.hpp"
#include "hash/checksum.hpp"

namespace aerotool {

/// An option whose values are of any type. There is one object for each, which identifies it.
struct AnyWriteOption {
  Option description;
  std::any (*parse)(const std::string& text);  ///< throws UsageError where the text makes no sense
};

/// An option whose values are of this type.
template <typename T>
struct WriteOption : AnyWriteOption {};

/// An option whose text `Parse` makes a value of.
template <auto Parse>
auto write_option(Option description) {
  using T = std::invoke_result_t<decltype(Parse), const std::string&>;
  return WriteOption<T>{
      {std::move(description), [](const std::string& text) { return std::any(Parse(text)); }}};
}

/// An option that takes no value: it is true where it is given.
WriteOption<bool> write_switch(Option description);

using WriteOptionList = std::vector<const AnyWriteOption*>;

/// Adds those that are not there yet.
void add_new(WriteOptionList& options, const WriteOptionList& more);

/// What the options were given. The last value of an option holds.
class WriteOptions {
 public:
  /// Throws what AnyWriteOption::parse throws.
  void parse(const AnyWriteOption& option, const std::string& text) { put(option, option.parse(text)); }
  template <typename T>
  void set(const WriteOption<T>& option, std::type_identity_t<T> value) {
    put(option, std::move(value));
  }

  /// Nothing where it was not given.
  template <typename T>
  std::optional<T> get(const WriteOption<T>& option) const {
    const std::any* value = find(option);
    return value == nullptr ? std::nullopt : std::optional(std::any_cast<T>(*value));
  }
  bool has(const AnyWriteOption& option) const { return find(option) != nullptr; }
  /// All that were given, in the order of their first values.
  WriteOptionList given() const;

 private:
  void put(const AnyWriteOption& option, std::any value);
  const std::any* find(const AnyWriteOption& option) const;

  std::vector<std::pair<const AnyWriteOption*, std::any>> values_;
};

// ---- what several formats have

namespace write {

/// Bytes, at least 1: no shard or file of several tensors is larger.
const WriteOption<std::uint64_t>& max_shard_bytes();
/// Tensors of objects that mean more than tensors alone are written as tensors all the same.
const WriteOption<bool>& components();
/// A hash of every tensor is stored: of the kind that the format usually has, of this one, or none.
struct TensorHash {
  bool none = false;
  std::optional<hash::Algorithm> algorithm = {};  ///< absent: the usual one
};
const WriteOption<TensorHash>& tensor_hash();
/// Tensors are compressed one by one, at this level of zstd; 0: they are not.
const WriteOption<int>& compress();
/// Of each tensor in its shard, in bytes: a power of two.
const WriteOption<std::uint64_t>& align();

}  // namespace write
}  // namespace aerotool
