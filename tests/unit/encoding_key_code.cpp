#include "encoding/msgpack/key_code.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "core/text.hpp"

using namespace aerotool;

TEST_CASE("key codes: short keys have codes of their own, and all keys come back") {
  const std::string zeros(9, '\0');
  std::vector<std::string> keys = {"a", "name", "data_off", "data_len", "quant_params", "seven_b", "größe"};
  for (std::size_t size = 0; size <= zeros.size(); ++size) keys.push_back(zeros.substr(0, size));
  for (const char last : {'\1', '\7', '\x8', '\x7f', '\x80', '\xff'}) {
    keys.push_back(zeros.substr(0, 7) + last);
    keys.push_back(zeros.substr(0, 6) + last);
  }
  std::set<KeyCode> codes;
  HeldKey held;
  for (const std::string& key : keys) {
    CAPTURE(to_hex(bytes_of(key)));
    CHECK(codes.insert(key_code(key)).second);
    held.hold(key);
    CHECK(held.text() == key);
    CHECK(held.code() == key_code(key));
    CHECK(is_short_key(key) == (held.code() >> 63 == 0));
  }
  CHECK(key_code("data_off") == "data_off"_key);
  CHECK(key_code("") == ""_key);
  CHECK_FALSE(is_short_key("quant_params"));
}
