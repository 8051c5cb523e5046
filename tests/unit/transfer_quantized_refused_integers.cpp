// Codes that are integers (compressed-tensors, GPTQ, AWQ, bitsandbytes) and doubtful: each rule that refuses
// them, by name.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "quantized_modules_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using namespace aerotool::test::modules;

TEST_CASE("quantized refusals: schemes of compressed-tensors") {
  const std::string channel = R"("num_bits":8,"type":"float","strategy":"channel")";
  CHECK(has(error_of(fp8_row,
                     quantization_said(R"("quant_method":"compressed-tensors","format":"float-quantized")")),
            "nothing of config_groups"));
  CHECK(has(
      error_of(fp8_row, quantization_said(R"("quant_method":"compressed-tensors","config_groups":{"g":{}})")),
      "nothing of weights"));
  CHECK(has(error_of(fp8_row, compressed("pack-quantized", channel)),
            "config.json says the format 'pack-quantized', not float-quantized"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":4,"type":"float","strategy":"channel")")),
      "weights of 4 bits"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"int","strategy":"channel")")),
      "of the type 'int'"));
  CHECK(has(error_of(fp8_row, compressed("float-quantized", channel + R"(,"symmetric":false)")),
            "not symmetric"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"tensor")")),
      "the strategy 'tensor', which scales of the shape [4, 1] do not fit"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"block")")),
      "the strategy 'block' without the sizes it needs"));
  CHECK(
      has(error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"odd")")),
          "the strategy 'odd'"));
  // Scales of one row fit several strategies, which differ where there are more.
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {1, 8}).add("m.weight_scale", "F32", {1, 1});
                },
                quantization_said(
                    R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
                          "a":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}},
                          "b":{"weights":{"num_bits":8,"type":"float","strategy":"channel"}}})")),
            "fits several of the config_groups in config.json"));
  CHECK(has(error_of(fp8_row,
                     quantization_said(
                         R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
                          "a":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}},
                          "b":{"weights":{"num_bits":4,"type":"int","strategy":"channel"}}})")),
            "fits none of the config_groups in config.json, the first of which has the strategy 'tensor'"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {1, 2, 8}).add("m.weight_scale", "F32", {1});
                },
                compressed("float-quantized", channel)),
            "more than two dimensions"));
}

TEST_CASE("quantized refusals: packed integers") {
  const std::string groups = R"("type":"int","strategy":"group","group_size":16)";
  CHECK(has(error_of(packed_int, compressed("int-quantized", R"("num_bits":4,)" + groups)),
            "not pack-quantized"));
  CHECK(has(error_of(packed_int, compressed("pack-quantized", R"("num_bits":3,)" + groups)),
            "weights of 3 bits"));
  CHECK(has(error_of(packed_int, compressed("pack-quantized", R"("num_bits":8,)" + groups)),
            "8 bits, but codes of the shape [4, 4]"));
  CHECK(has(error_of(packed_int,
                     compressed("pack-quantized", R"("num_bits":4,)" + groups + R"(,"symmetric":false)")),
            "there are no zero points"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "I32", {1, 2});
                },
                kPacked),
            "that they are symmetric, but there are zero points"));
  const std::string asymmetric =
      compressed("pack-quantized", R"("num_bits":4,)" + groups + R"(,"symmetric":false)");
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "I32", {2, 2});
                },
                asymmetric),
            "'m.weight_zero_point': has the shape [2, 2], not the [1, 2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "F32", {4, 2});
                },
                asymmetric),
            "'m.weight_zero_point': has the dtype F32, not I8 or I32"));
  CHECK(
      has(error_of(packed_int, compressed("pack-quantized",
                                          R"("num_bits":4,"type":"int","strategy":"group","group_size":8)")),
          "which scales of the shape [4, 2] do not fit"));
  CHECK(
      has(error_of(packed_int, compressed("pack-quantized",
                                          R"("num_bits":4,"type":"int","strategy":"group","group_size":0)")),
          "without the sizes it needs"));
  const auto shaped = [](std::int64_t rows, std::int64_t columns) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      return model.add("m.weight_packed", "I32", {4, 4})
          .add("m.weight_scale", "BF16", {4, 2})
          .add("m.weight_shape", "I64", {2}, packed(std::vector{rows, columns}));
    };
  };
  CHECK(has(error_of(shaped(4, -1), kPacked), "'m.weight_shape': holds no shape of a weight"));
  CHECK(has(error_of(shaped(4, 33), kPacked), "do not hold a weight of the shape [4, 33]"));
  CHECK(has(error_of(shaped(5, 32), kPacked), "do not hold a weight of the shape [5, 32]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight_packed", "I32", {4, 4}).add("m.weight_scale", "BF16", {4, 2});
                },
                kPacked),
            "has no weight_shape beside it"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return packed_int(model).reshape("m.weight_shape", "I64", {3}); },
                kPacked),
            "'m.weight_shape': has the shape [3], not the [2]"));
  const auto ordered = [](std::vector<std::int32_t> order) {
    return [order](QuantizedModel& model) -> QuantizedModel& {
      return packed_int(model).add("m.weight_g_idx", "I32", {order.size()}, packed(order));
    };
  };
  std::vector<std::int32_t> order(32, 1);
  CHECK(error_of(ordered(order), kPacked) == "no error");
  order[20] = 2;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group 2 of 2");
  order[20] = -1;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group -1 of 2");
  order[0] = -1;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group -1 of 2");
  order.pop_back();
  CHECK(has(error_of(ordered(order), kPacked), "'m.weight_g_idx': has the shape [31], not the [32]"));
  const auto int8 = [](auto& model) -> auto& {
    return model.add("m.weight", "I8", {4, 8}).add("m.weight_scale", "F32", {4, 1});
  };
  CHECK(has(error_of(int8, compressed("int-quantized", R"("num_bits":4,"type":"int","strategy":"channel")")),
            "not integers of 8"));
  CHECK(has(error_of(int8, compressed("pack-quantized", R"("num_bits":8,"type":"int","strategy":"channel")")),
            "not int-quantized"));
}

TEST_CASE("quantized refusals: GPTQ and AWQ") {
  const auto gptq_said = [](const std::string& more) {
    return quantization_said(R"("quant_method":"gptq",)" + more);
  };
  CHECK(has(error_of(gptq, gptq_said(R"("bits":5,"group_size":32)")), "bits that are not 2, 3, 4 or 8"));
  CHECK(has(error_of(gptq, gptq_said(R"("group_size":32)")), "bits that are not 2, 3, 4 or 8"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":8,"group_size":32)")),
            "'m.g_idx': has the shape [64], not the [32]"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":3,"group_size":32)")), "codes of 3 bits do not fill"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":64)")),
            "'m.scales': has the shape [2, 16], not the [1, 16]"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":0)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":-2)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"checkpoint_format":"marlin")")),
            "the checkpoint_format 'marlin'"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"checkpoint_format":2)")),
            "the checkpoint_format"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"is_marlin_format":true)")), "Marlin"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"pack_dtype":"int8")")),
            "another pack_dtype"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return awq(model).reshape("m.qweight", "I32", {8, 16});
                },
                gptq_said(R"("bits":4,"group_size":32,"desc_act":true)")),
            "desc_act, but there is no g_idx"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return gptq(model).reshape("m.qzeros", "I32", {2, 16});
                },
                kGptq),
            "'m.qzeros': has the shape [2, 16], not the [2, 2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return gptq(model).reshape("m.scales", "F64", {2, 16});
                },
                kGptq),
            "'m.scales': has the dtype F64"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.qweight", "I32", {8, 16}).add("m.scales", "F16", {2, 16});
                },
                kGptq),
            "has no qzeros beside it"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.qweight", "I32", {8, 16});
                },
                kGptq),
            "has no scales beside it"));
  const auto ordered = [](std::int32_t group) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      std::vector<std::int32_t> order(64, 0);
      order[63] = group;
      return model.add("m.qweight", "I32", {8, 16})
          .add("m.qzeros", "I32", {2, 2})
          .add("m.scales", "F16", {2, 16})
          .add("m.g_idx", "I32", {64}, packed(order));
    };
  };
  CHECK(error_of(ordered(1), kGptq) == "no error");
  CHECK(error_of(ordered(2), kGptq) == "tensor 'm.g_idx': names group 2 of 2");
  CHECK(error_of(ordered(-1), kGptq) == "tensor 'm.g_idx': names group -1 of 2");
  const auto grouped = [](std::uint64_t groups, bool index) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      model.add("m.qweight", "I32", {groups, 8})
          .add("m.qzeros", "I32", {groups, 1})
          .add("m.scales", "F16", {groups, 8});
      return index ? model.add("m.g_idx", "I32", {groups * 8}) : model;
    };
  };
  const std::string eights = gptq_said(R"("bits":4,"group_size":8)");
  CHECK(error_of(grouped(32768, true), eights) == "no error");
  CHECK(error_of(grouped(32769, true), eights) ==
        "tensor 'm.g_idx': is the index of 32,769 groups, more than the 32,768 that are decoded");
  CHECK(error_of(grouped(32769, false), eights) == "no error");

  const auto awq_said = [](const std::string& more) {
    return quantization_said(R"("quant_method":"awq","group_size":32,)" + more);
  };
  CHECK(has(error_of(awq, awq_said(R"("bits":8)")), "bits that are not 4"));
  CHECK(has(error_of(awq, awq_said(R"("bits":4,"version":"gemv")")), "the version 'gemv', not gemm"));
  CHECK(has(error_of(awq, awq_said(R"("bits":4,"zero_point":false)")), "there are no zero points"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return awq(model).add("m.g_idx", "I32", {64}); }, kAwq),
            "'m.g_idx': is not known beside codes like these"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return awq(model).reshape("m.scales", "F16", {2, 15});
                },
                kAwq),
            "no multiple of 8"));
  // 2^62 outputs, whose bits are none modulo 2^64.
  CHECK(error_of(
            [](auto& model) -> auto& {
              return model.add("m.qweight", "I32", {0, std::uint64_t{1} << 59})
                  .add("m.qzeros", "I32", {0, 0})
                  .add("m.scales", "F16", {0, std::uint64_t{1} << 62});
            },
            kAwq) == "tensor 'm.qzeros': has words that codes of 4 bits do not fill");
}

TEST_CASE("quantized refusals: indexes of more groups than models have") {
  const auto packed_int_of = [](std::uint64_t groups, std::int32_t group) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      const auto columns = static_cast<std::int64_t>(groups);
      return model.add("m.weight_packed", "I32", {1, (groups + 7) / 8})
          .add("m.weight_scale", "BF16", {1, groups})
          .add("m.weight_g_idx", "I32", {groups}, packed(std::vector<std::int32_t>(groups, group)))
          .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{1, columns}));
    };
  };
  const std::string ones =
      compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"group","group_size":1)");
  CHECK(error_of(packed_int_of(32768, 7), ones) == "no error");
  CHECK(error_of(packed_int_of(32769, 7), ones) ==
        "tensor 'm.weight_g_idx': is the index of 32,769 groups, more than the 32,768 that are decoded");
  CHECK(error_of(packed_int_of(32769, -1), ones) == "no error");
}

TEST_CASE("quantized refusals: bitsandbytes") {
  const auto state = [](const std::string& text) {
    return [=](QuantizedModel& model) -> QuantizedModel& { return nf4(model, text); };
  };
  const auto sound = [](auto& model) -> auto& {
    return nf4(model);
  };
  CHECK(has(error_of(sound, kInt8), "nothing of load_in_4bit"));
  CHECK(has(error_of(scb, kNf4), "nothing of load_in_8bit"));
  CHECK(has(error_of(sound,
                     quantization_said(
                         R"("quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"fp4")")),
            "bnb_4bit_quant_type 'fp4', not nf4"));
  CHECK(has(error_of(state("{"), kNf4), "'m.weight.quant_state.bitsandbytes__nf4': not valid JSON"));
  CHECK(has(error_of(state("[]"), kNf4), "holds no state of a weight"));
  CHECK(has(error_of(state(R"({"quant_type":"fp4","blocksize":64,"shape":[8,16]})"), kNf4),
            "another quant_type than its name"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":0,"shape":[8,16]})"), kNf4),
            "gives no blocksize"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64})"), kNf4), "gives no shape"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[4294967296,4294967296]})"), kNf4),
            "too large"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[8,17]})"), kNf4),
            "does not hold a weight of the shape [8, 17]"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":32,"shape":[8,16]})"), kNf4),
            "'m.weight.absmax': has the shape [2], not the [4]"));
  CHECK(has(
      error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[8,16],"nested_blocksize":256})"), kNf4),
      "speaks of a nested_absmax that is not there"));
  CHECK(has(
      error_of(
          [](auto& model) -> auto& { return nf4(model).reshape("m.weight.quant_map", "F32", {15}); }, kNf4),
      "'m.weight.quant_map': has the shape [15], not the [16]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return nf4(model).reshape("m.weight.absmax", "U8", {2}); }, kNf4),
            "'m.weight.absmax': has the dtype U8, not F32"));
  CHECK(has(
      error_of(
          [](auto& model) -> auto& { return nf4(model).add("m.weight.nested_absmax", "F32", {1}); }, kNf4),
      "has no nested_quant_map beside it"));
  const auto nested = [](const std::string& text) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      return nf4(model, text)
          .reshape("m.weight.absmax", "U8", {2})
          .add("m.weight.nested_absmax", "F32", {1})
          .add("m.weight.nested_quant_map", "F32", {256});
    };
  };
  const std::string begin = R"({"quant_type":"nf4","blocksize":64,"shape":[8,16])";
  CHECK(error_of(nested(begin + R"(,"nested_blocksize":256,"nested_offset":1e-05})"), kNf4) == "no error");
  CHECK(has(error_of(nested(begin + R"(,"nested_blocksize":256})"), kNf4), "gives no nested_offset"));
  CHECK(has(error_of(nested(begin + R"(,"nested_offset":0})"), kNf4), "gives no nested_blocksize"));
  CHECK(has(error_of(nested(begin + R"(,"nested_blocksize":1,"nested_offset":0})"), kNf4),
            "'m.weight.nested_absmax': has the shape [1], not the [2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return scb(model).reshape("m.SCB", "F32", {3}); }, kInt8),
            "'m.SCB': has the shape [3], not the [4]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return scb(model).add("m.weight_format", "U8", {}, std::string(1, '\2'));
                },
                kInt8),
            "'m.weight_format': says that the codes are not in rows"));
}
