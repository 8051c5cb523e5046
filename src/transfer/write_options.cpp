#include "transfer/write_options.hpp"

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kMaxAlign = std::uint64_t{2} << 20;

std::uint64_t parse_shard_bytes(const std::string& text) {
  const std::uint64_t bytes = parse_size(text, "--max-shard-bytes");
  if (bytes == 0) throw UsageError("--max-shard-bytes takes at least 1");
  return bytes;
}

std::uint64_t parse_align(const std::string& text) {
  const std::uint64_t align = parse_size(text, "--align");
  if (!is_power_of_two(align) || align > kMaxAlign)
    throw UsageError("--align takes a power of two from 1 to 2MiB, not '" + text + "'");
  return align;
}

write::TensorHash parse_tensor_hash(const std::string& text) {
  if (text == "none") return {.none = true};
  return {.algorithm = hash::algorithm_named(text)};
}

int parse_level(const std::string& text) {
  constexpr std::uint64_t kMaxLevel = 22;
  if (text == "none") return 0;
  const std::uint64_t level = parse_count(text, "--compress");
  if (level == 0 || level > kMaxLevel)
    throw UsageError("--compress takes a level from 1 to 22 or 'none', not '" + text + "'");
  return static_cast<int>(level);
}

bool is_given(const std::string&) {
  return true;
}

}  // namespace

WriteOption<bool> write_switch(Option description) {
  return write_option<is_given>(std::move(description));
}

void add_new(WriteOptionList& options, const WriteOptionList& more) {
  for (const AnyWriteOption* option : more) {
    if (std::find(options.begin(), options.end(), option) == options.end()) options.push_back(option);
  }
}

WriteOptionList WriteOptions::given() const {
  WriteOptionList options;
  for (const auto& [option, value] : values_) options.push_back(option);
  return options;
}

void WriteOptions::put(const AnyWriteOption& option, std::any value) {
  for (auto& [known, old] : values_) {
    if (known != &option) continue;
    old = std::move(value);
    return;
  }
  values_.emplace_back(&option, std::move(value));
}

const std::any* WriteOptions::find(const AnyWriteOption& option) const {
  for (const auto& [known, value] : values_) {
    if (known == &option) return &value;
  }
  return nullptr;
}

namespace write {

const WriteOption<std::uint64_t>& max_shard_bytes() {
  static const auto option = write_option<parse_shard_bytes>(
      {"max-shard-bytes",
       0,
       Option::Argument::required,
       "SIZE",
       "begin a new shard or file before one passes this size (default: 2GiB; safetensors: 5GB)",
       {}});
  return option;
}

const WriteOption<bool>& components() {
  static const auto option =
      write_switch({"components",
                    0,
                    Option::Argument::none,
                    "",
                    "write the parts of sparse and quantized objects as tensors of their own",
                    {}});
  return option;
}

const WriteOption<TensorHash>& tensor_hash() {
  static const auto option = write_option<parse_tensor_hash>(
      {"tensor-hash",
       0,
       Option::Argument::optional,
       "ALGORITHM",
       "store a hash of every tensor (default: BLAKE3 in AERO, XXH3 in zTensor)",
       {"default", "blake3", "xxh3", "sha256", "crc32c", "none"},
       "default"});
  return option;
}

const WriteOption<int>& compress() {
  static const auto option =
      write_option<parse_level>({"compress",
                                 0,
                                 Option::Argument::optional,
                                 "LEVEL",
                                 "compress each tensor with zstd, 1 to 22 (default: 3), or 'none'",
                                 {},
                                 "3"});
  return option;
}

const WriteOption<std::uint64_t>& align() {
  static const auto option = write_option<parse_align>(
      {"align",
       0,
       Option::Argument::required,
       "BYTES",
       "align each tensor to this power of two, 1 to 2MiB (default: 16; GGUF: as the source)",
       {}});
  return option;
}

}  // namespace write
}  // namespace aerotool
