#include <algorithm>
#include <array>

#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

using namespace std::string_view_literals;

std::uint8_t octet(ByteSpan bytes, std::size_t i) {
  return std::to_integer<std::uint8_t>(bytes[i]);
}

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// A ModelProto (onnx.proto3): the version of the IR, then as a rule the name of its producer or the graph.
bool is_onnx(const File& file) {
  constexpr std::uint8_t kIrVersion = 0x08, kProducerName = 0x12, kGraph = 0x3a;
  constexpr std::uint8_t kMaxVersion = 0x20, kMaxLength = 0x7f;
  const ByteSpan head = file.head;
  if (head.size() < 4 || octet(head, 0) != kIrVersion) return false;
  if (octet(head, 1) == 0 || octet(head, 1) > kMaxVersion) return false;
  if (file.named(".onnx")) return true;
  if (octet(head, 2) != kProducerName) return false;
  const std::size_t length = octet(head, 3);
  if (length == 0 || length > kMaxLength || head.size() <= 4 + length) return false;
  if (!printable(file.text().substr(4, length))) return false;
  // Its version, its domain, a model version, a text about it, or the graph.
  constexpr std::array<std::uint8_t, 5> kNext = {0x1a, 0x22, 0x28, 0x32, kGraph};
  return std::ranges::find(kNext, octet(head, 4 + length)) != kNext.end();
}

/// What may stand behind the protocol number that a pickle begins with (Python's pickletools).
constexpr std::string_view kFirstOpcodes = ")]}(cXUTKMJGCBN\x88\x89\x8a\x8b\x8c\x8d\x8f\x95\x96"sv;
/// torch/serialization.py, MAGIC_NUMBER, as a pickle holds it.
constexpr std::string_view kTorchMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;

}  // namespace

/// The magic numbers of llama.cpp before GGUF, of whisper.cpp and of LoRA adapters: u32 LE, so back to front.
Answer ggml(const File& file) {
  struct Kind {
    std::string_view magic, name;
    bool versioned;
  };
  static constexpr Kind kKinds[] = {
      {"lmgg", "ggml", false}, {"fmgg", "ggmf", true}, {"tjgg", "ggjt", true}, {"algg", "ggla", true}};
  for (const auto& [magic, name, versioned] : kKinds) {
    if (!file.text().starts_with(magic)) continue;
    std::string what = "is a GGML file (" + std::string(name);
    if (versioned && file.head.size() >= 8)
      what += ", version " + std::to_string(load_le<std::uint32_t>(file.head, 4));
    return what + "), the format before GGUF; aerotool reads GGUF 2 and 3: convert it with llama.cpp first";
  }
  return std::nullopt;
}

Answer pickle(const File& file) {
  constexpr std::size_t kMagicWithin = 32;
  const std::string_view text = file.text();
  const bool binary = text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5 &&
                      kFirstOpcodes.find(text[2]) != std::string_view::npos;
  const bool in_text = text.starts_with("(dp0\n") || text.starts_with("(lp0\n") ||
                       text.starts_with("ccopy_reg\n") || text.starts_with("ccollections\n");
  if (!binary && !in_text) return std::nullopt;
  static constexpr std::string_view kTorchNames[] = {".pt", ".pth", ".ckpt", ".bin"};
  if (text.substr(0, kMagicWithin).find(kTorchMagic) != std::string_view::npos)
    return "is a PyTorch checkpoint";
  const bool torch = text.find("torch") != std::string_view::npos ||
                     std::ranges::any_of(kTorchNames, [&](auto ending) { return file.named(ending); });
  if (!torch) return "is a pickle, which aerotool does not read; save its tensors as safetensors first";
  return "is a pickle, and none that torch.save writes; aerotool does not read it: save its tensors as "
         "safetensors first";
}

/// Protocol buffers have no magic: little but the name tells what they are.
Answer protocol_buffers(const File& file) {
  constexpr std::uint8_t kFirstNumber = 0x08, kFirstMessage = 0x0a;
  if (is_onnx(file))
    return "is an ONNX model, which aerotool does not read; export the weights as safetensors";
  if (file.head.size() < 2) return std::nullopt;
  const std::uint8_t first = octet(file.head, 0);
  if (file.named(".mlmodel") && first == kFirstNumber)
    return "is a Core ML model, which aerotool does not read; export the weights as safetensors";
  if (file.named(".pb") && (first == kFirstNumber || first == kFirstMessage))
    return "is a TensorFlow model (a protocol buffer), which aerotool does not read; export the weights as "
           "safetensors";
  constexpr std::size_t kPieceWithin = 16;
  if (first == kFirstMessage && file.text().substr(0, kPieceWithin).find("<unk>") != std::string_view::npos)
    return "is a SentencePiece tokenizer, not a model's weights";
  return std::nullopt;
}

}  // namespace aerotool::foreign
