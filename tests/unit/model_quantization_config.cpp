// What config.json says of quantization, and a config.json that says nothing of it any longer.
#include <doctest/doctest.h>

#include <string>

#include "core/error.hpp"
#include "model/quantization_config.hpp"
#include "model/without_quantization.hpp"

using namespace aerotool;

namespace {

std::string error_of(std::string_view config, std::string_view model_opt = {}) {
  try {
    static_cast<void>(quantization_config(config, model_opt));
  } catch (const CorruptError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("quantization config: where it is said") {
  CHECK(!quantization_config("", "").says_anything());
  CHECK(!quantization_config(R"({"model_type":"llama"})", "").says_anything());
  CHECK(!quantization_config(R"({"quantization_config":null})", "").says_anything());
  CHECK(!quantization_config("[1]", "7").says_anything());
  CHECK(quantization_config(R"({"quantization_config":{"quant_method":"FP8"}})", "").method() == "fp8");
  CHECK(quantization_config(R"({"compression_config":{"quant_method":"compressed-tensors"}})", "").method() ==
        "compressed-tensors");
  const auto nested =
      quantization_config(R"({"text_config":{"quantization_config":{"quant_method":"gptq","bits":4}}})", "");
  CHECK(nested.method() == "gptq");
  CHECK(unsigned_at(nested.said(), "bits") == 4U);
  const auto model_opt = quantization_config("{}", R"({"producer":{},"quantization":{"quant_algo":"FP8"}})");
  CHECK(model_opt.method() == "modelopt");
  CHECK(model_opt.file() == "hf_quant_config.json");
  CHECK(text_at(model_opt.said(), "quant_algo") == "FP8");
  const auto both =
      quantization_config(R"({"quantization_config":{"quant_method":"modelopt","quant_algo":"NVFP4"}})",
                          R"({"quantization":{"quant_algo":"FP8"}})");
  CHECK(both.file() == "config.json");
  CHECK(text_at(both.said_besides(), "quant_algo") == "FP8");
}

TEST_CASE("quantization config: what is no configuration") {
  CHECK(error_of("{").starts_with("config.json: "));
  CHECK(error_of("", "{").starts_with("hf_quant_config.json: "));
  CHECK(error_of(R"({"quantization_config":4})") == "config.json: what it says of quantization is no object");
  CHECK(error_of("", R"({"quantization":[]})") ==
        "hf_quant_config.json: what it says of quantization is no object");
  CHECK(error_of(R"({"quantization_config":{}})") == "config.json: quantization_config has no quant_method");
  CHECK(error_of(R"({"quantization_config":{"quant_method":3}})") ==
        "config.json: quantization_config has no quant_method");
}

TEST_CASE("quantization config: members by their type") {
  const Value map =
      quantization_config(
          R"({"quantization_config":{"quant_method":"x","n":5,"m":-5,"r":0.1,"e":1e-05,"b":true,"l":[1,2],"k":[1,-2],"z":null}})",
          "")
          .said();
  CHECK(unsigned_at(map, "n") == 5U);
  CHECK(!unsigned_at(map, "m"));
  CHECK(!unsigned_at(map, "quant_method"));
  CHECK(number_at(map, "r") == 0.1);
  CHECK(number_at(map, "e") == 1e-5);
  CHECK(number_at(map, "m") == -5.0);
  CHECK(!number_at(map, "b"));
  CHECK(boolean_at(map, "b") == true);
  CHECK(!boolean_at(map, "n"));
  CHECK(unsigned_list_at(map, "l") == std::vector<std::uint64_t>{1, 2});
  CHECK(!unsigned_list_at(map, "k"));
  CHECK(!unsigned_list_at(map, "n"));
  CHECK(says(map, "n"));
  CHECK(!says(map, "z"));
  CHECK(!says(map, "nothing"));
}

TEST_CASE("without quantization: all other bytes stay") {
  const std::string q = R"("quantization_config": {"a": [1, {"b": "}\""}], "c": null})";
  CHECK(without_quantization("{\n  \"a\": 1,\n  " + q + ",\n  \"b\": 2\n}\n") ==
        "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
  CHECK(without_quantization("{\n  " + q + ",\n  \"b\": 2\n}\n") == "{\n  \"b\": 2\n}\n");
  CHECK(without_quantization("{\n  \"a\": 1,\n  " + q + "\n}\n") == "{\n  \"a\": 1\n}\n");
  CHECK(without_quantization("{\n  " + q + "\n}") == "{\n}");
  CHECK(without_quantization("{" + q + "}") == "{}");
  CHECK(without_quantization("{\"a\":1,\"quantization_config\":4,\"compression_config\":5}") == "{\"a\":1}");
  CHECK(without_quantization("{\"quantization_config\":4,\"compression_config\":5,\"a\":1}") == "{\"a\":1}");
  CHECK(without_quantization("{\"quantization_config\":4,\"compression_config\":5}") == "{}");
  CHECK(without_quantization("{\"quantization_config\":4,\"a\":1,\"compression_config\":5}") == "{\"a\":1}");
  CHECK(
      without_quantization(R"({"text_config":{"x":1,"quantization_config":{}},"y":"quantization_config"})") ==
      R"({"text_config":{"x":1},"y":"quantization_config"})");
  CHECK(without_quantization(R"({"vision_config":{"quantization_config":1}})") ==
        R"({"vision_config":{"quantization_config":1}})");
  CHECK(without_quantization("{\"quantization\\u005fconfig\":true,\"a\":1}") == "{\"a\":1}");
  CHECK(without_quantization(R"({"a":"\\","quantization_config":-1.5e3 , "b":[] })") ==
        R"({"a":"\\","b":[] })");
  CHECK(without_quantization("[]") == "[]");
  CHECK(without_quantization(" 3 ") == " 3 ");
  CHECK_THROWS_AS(without_quantization("{"), CorruptError);
  CHECK_THROWS_AS(without_quantization(""), CorruptError);
}
