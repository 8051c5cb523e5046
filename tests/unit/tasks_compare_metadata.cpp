// Metadata of two models.
#include <doctest/doctest.h>

#include "files.hpp"
#include "registry/registry.hpp"
#include "tasks/compare/metadata.hpp"

using namespace aerotool;
using namespace aerotool::tasks;

namespace {

using Entries = std::vector<std::pair<std::string, Value>>;

Value text(const char* words) {
  return Value::string(std::string(words));
}

SelfDescription own(Entries entries) {
  return {{std::move(entries)}, true, {}, {}};
}

/// What an AERO file says that carries no source.
SelfDescription labels(const char* name, const char* architecture) {
  return {{{{"architecture", text(architecture)}, {"model_name", text(name)}, {"source_format", text("x")}}},
          false,
          name,
          architecture};
}

/// "+key" only in B, "-key" only in A, "~key" changed.
std::string differences(const SelfDescription& a, const SelfDescription& b) {
  std::string keys;
  for (const MetadataDifference& difference : compare_metadata(a, b)) {
    if (!keys.empty()) keys += ' ';
    keys += !difference.a ? '+' : !difference.b ? '-' : '~';
    keys += difference.key;
  }
  return keys;
}

Value packed_list(const std::vector<Value>& values) {
  ArrayBuilder builder;
  for (const Value& value : values) builder.add(value);
  return Value::array(builder.finish());
}

}  // namespace

TEST_CASE("metadata: by key, whatever the order") {
  const auto a = own({{"b", text("1")}, {"c", text("2")}, {"a", text("3")}, {"same", text("4")}});
  const auto b = own({{"same", text("4")}, {"c", text("x")}, {"d", text("2")}, {"a", text("3")}});
  CHECK(differences(a, b) == "-b ~c +d");
  CHECK(differences(b, a) == "+b ~c -d");
  CHECK(differences(a, a).empty());
  CHECK(differences(own({}), own({})).empty());
}

TEST_CASE("metadata: types and bits count") {
  const auto u32 = own({{"k", Value::of(ValueType::u32, 5)}});
  CHECK(differences(u32, own({{"k", Value::u64(5)}})) == "~k");
  CHECK(differences(own({{"k", Value::f64(0.0)}}), own({{"k", Value::f64(-0.0)}})) == "~k");
}

TEST_CASE("metadata: labels that say nothing are none") {
  for (const char* name : {"converted", "converted-gguf", "converted-sharded"})
    CHECK(differences(labels(name, "unknown"), own({})).empty());
  CHECK(differences(own({}), labels("llama", "unknown")) == "+model_name");
  CHECK(differences(labels("converted", "llama"), own({})) == "-architecture");
  // Own metadata means what it says.
  CHECK(differences(own({{"model_name", text("converted")}}), own({})) == "-model_name");
  CHECK(differences(own({{"source_format", text("x")}}), own({})) == "-source_format");
}

TEST_CASE("metadata: labels are held to the other model's own") {
  auto a = own({{"model_name", text("m")}, {"architecture", text("x")}});
  CHECK(differences(a, labels("m", "x")).empty());
  CHECK(differences(labels("other", "x"), a) == "~model_name");
  // A name that the other model has under another key.
  auto gguf = own({{"general.name", text("m")}});
  gguf.model_name = "m";
  gguf.architecture = "llama";
  CHECK(differences(gguf, labels("m", "llama")) == "-general.name");
  CHECK(differences(labels("n", "unknown"), gguf) == "+general.name -model_name");
}

TEST_CASE("metadata: of files") {
  const auto of = [](const char* name) {
    Report report;
    return self_description(*open_model(test::data_path(name), {}, report));
  };
  CHECK(of("tiny.gguf").own);
  CHECK_FALSE(of("tiny.ref.aero").own);
  CHECK(of("tiny.gguf").metadata.entries.size() == 17);
  CHECK(of("mixed-nometa.safetensors").metadata.entries.empty());
}

TEST_CASE("metadata: where values begin to differ") {
  CHECK(first_difference(text("abc"), text("abd")) == 2);
  CHECK(first_difference(text("abc"), text("abcd")) == 3);
  CHECK_FALSE(first_difference(text("5"), Value::u64(5)));
  CHECK_FALSE(first_difference(Value::u64(4), Value::u64(5)));
  const auto numbers = [](std::uint64_t last) {
    return packed_list({Value::u64(1), Value::u64(2), Value::u64(last)});
  };
  CHECK(first_difference(numbers(3), numbers(4)) == 2);
  CHECK(first_difference(numbers(3), numbers(std::uint64_t{3} << 56)) == 2);
  const auto words = packed_list({text("a"), text("bb"), text("c")});
  CHECK(first_difference(words, packed_list({text("a"), text("bb"), text("d")})) == 2);
  CHECK(first_difference(words, packed_list({text("a"), text("bc"), text("c")})) == 1);
  CHECK(first_difference(words, packed_list({text("a"), text("b"), text("c")})) == 1);
  CHECK(first_difference(words, packed_list({text("a"), text("bb")})) == 2);
  CHECK(first_difference(packed_list({text("a"), text("bb")}), words) == 2);
  CHECK_FALSE(first_difference(words, numbers(3)));
  CHECK(first_difference(packed_list({}), packed_list({})) == 0);
  const auto mixed = [](const char* last) { return packed_list({Value::u64(1), text("x"), text(last)}); };
  CHECK(first_difference(mixed("a"), mixed("b")) == 2);
}
