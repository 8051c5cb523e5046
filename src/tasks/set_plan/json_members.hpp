// The members of the JSON objects that the steps of a plan write for each other: their files may be damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"
#include "hash/digest.hpp"

namespace aerotool::tasks {

/// All but find() throw CorruptError that names the file and the member.
class JsonMembers {
 public:
  /// `what` is what messages call the object. Everything given outlives this.
  JsonMembers(const Value& object, const std::string& path, std::string_view what);

  const Value* find(std::string_view key) const { return object_.find(key); }
  std::string text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::string> texts(const Value& array, std::string_view key) const;
  Digest digest(std::string_view key) const;
  std::vector<Digest> digests(std::string_view key) const;
  void for_each_object(std::string_view key, const std::function<void(const JsonMembers&)>& visit) const;

  /// Throws CorruptError where `key` is no number, and UnsupportedError where it is another one.
  void require_version(std::string_view key, std::uint64_t version) const;
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
  const Value& array(std::string_view key) const;
  Digest digest_of(std::string_view hex, std::string_view key) const;

  const Value& object_;
  const std::string& path_;
  std::string_view what_;
};

}  // namespace aerotool::tasks
