#include "hub/hub_name.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/error.hpp"

using namespace aerotool;
using hub::parse_hub_name;

namespace {

/// What is wrong with a name; empty where nothing is.
std::string problem_of(const std::string& text) {
  try {
    static_cast<void>(parse_hub_name(text));
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("hub name: its parts") {
  const hub::HubName plain = parse_hub_name("hf://meta-llama/Llama-3.1-70B");
  CHECK(plain.kind == hub::RepositoryKind::model);
  CHECK(plain.repository() == "meta-llama/Llama-3.1-70B");
  CHECK(plain.asked_revision() == "main");
  CHECK(plain.path.empty());
  CHECK(parse_hub_name("HF://models/o/n/") == parse_hub_name("hf://o/n"));

  const hub::HubName file = parse_hub_name("hf://datasets/o/n@v1.0/sub/a b%20#?.gguf");
  CHECK(file.kind == hub::RepositoryKind::dataset);
  CHECK(file.revision == "v1.0");
  CHECK(file.path == "sub/a b%20#?.gguf");
  CHECK(parse_hub_name("hf://spaces/o/n").kind == hub::RepositoryKind::space);

  const hub::HubName typed = parse_hub_name("hf://o/n@main:Q4_K_M");
  CHECK(typed.revision == "main");
  CHECK(typed.quant == "Q4_K_M");
}

TEST_CASE("hub name: revisions have slashes where they are special or encoded") {
  const hub::HubName request = parse_hub_name("hf://o/n@refs/pr/12/model.gguf");
  CHECK(request.revision == "refs/pr/12");
  CHECK(request.path == "model.gguf");
  CHECK(request.shown() == "hf://o/n@refs/pr/12/model.gguf");
  CHECK(parse_hub_name("hf://o/n@refs%2Fpr%2F12/model.gguf") == request);
  CHECK(parse_hub_name("hf://o/n@refs/convert/parquet").revision == "refs/convert/parquet");
  const hub::HubName branch = parse_hub_name("hf://o/n@feature%2Fx/y");
  CHECK(branch.revision == "feature/x");
  CHECK(branch.path == "y");
  CHECK(branch.shown() == "hf://o/n@feature%2Fx/y");
  CHECK(parse_hub_name("hf://o/n@refs/heads").revision == "refs");
}

TEST_CASE("hub name: what is shown is read as the same") {
  for (const char* text : {"hf://o/n", "hf://datasets/o/n@refs/pr/1/a/b", "hf://o/n@a%2Fb:Q8_0",
                           "hf://o/n@%C3%A9/x", "hf://spaces/o/n/d"}) {
    CAPTURE(text);
    const hub::HubName name = parse_hub_name(text);
    CHECK(parse_hub_name(name.shown()) == name);
    CHECK(name.shown() == text);
  }
}

TEST_CASE("hub name: what is none is refused in words") {
  for (const char* text : {"hf://",          "hf://gpt2",        "hf://gpt2/",
                           "hf:///o/n",      "hf://o//n",        "hf://o/n@",
                           "hf://o/n@/x",    "hf://o/n:",        "hf://o/n:Q4/x",
                           "hf://o/n:Q4 K",  "hf://o/..",        "hf://../n",
                           "hf://-o/n",      "hf://o/n-",        "hf://o/a--b",
                           "hf://o/a..b",    "hf://o/n/../x",    "hf://o/n/a/../../x",
                           "hf://o/n/./x",   "hf://o/n//x",      "hf://o/n/x//",
                           "hf://o/n/a\\b",  "hf://o/n/a\nb",    "hf://o/n/\xff",
                           "hf://o/n@a%",    "hf://o/n@a%2G",    "hf://o/n@a%00b",
                           "hf://o/n@a%0Ab", "hf://o/n@..",      "hf://o/n@a%2F..%2Fb",
                           "hf://o/n@%2Fa",  "hf://o/n@a%2F",    "hf://o/n@a b",
                           "hf://o/n@a?b",   "hf://us er/n",     "hf://user:password@o/n",
                           "hf://o@x/n",     "hf://kernels/o/n", "hf://buckets/o/n",
                           "hf://models/o",  "http://o/n",       "o/n"}) {
    CAPTURE(text);
    const std::string problem = problem_of(text);
    CHECK_FALSE(problem.empty());
    CHECK(problem.find('\n') == std::string::npos);
  }
  CHECK(problem_of("hf://kernels/o/n").find("kernels") != std::string::npos);
  CHECK_FALSE(problem_of("hf://o/" + std::string(97, 'n')).empty());
  CHECK(problem_of("hf://o/" + std::string(96, 'n')).empty());
  CHECK_FALSE(problem_of("hf://o/n@" + std::string(256, 'n')).empty());
  CHECK_FALSE(problem_of("hf://o/n/" + std::string(5000, 'n')).empty());
}

TEST_CASE("hub name: commits") {
  CHECK(hub::is_commit("0123456789abcdef0123456789abcdef01234567"));
  CHECK_FALSE(hub::is_commit("0123456789ABCDEF0123456789abcdef01234567"));
  CHECK_FALSE(hub::is_commit("0123456"));
  CHECK_FALSE(hub::is_commit("main"));
}
