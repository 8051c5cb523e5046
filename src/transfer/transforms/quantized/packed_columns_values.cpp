#include "transfer/transforms/quantized/packed_columns_values.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "codecs/floats/widen.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/vectorised.hpp"
#include "model/float_dtype.hpp"
#include "transfer/transforms/quantized/column_tiles.hpp"
#include "transfer/transforms/quantized/module.hpp"

namespace aerotool::quantized {
namespace {

// So many inputs are made at once.
constexpr std::uint64_t kAtOnce = std::uint64_t{16} << 10;

// Where AWQ puts an output among the eight of its word: src/formats/safetensors/QUANTIZATION.md, "AWQ".
constexpr std::array<std::uint32_t, 8> kAwqPlaces = {0, 4, 1, 5, 2, 6, 3, 7};

/// The low bits of words.
struct OneOfEach {
  [[gnu::always_inline]] static void run(const std::uint32_t* words, std::uint8_t* codes, std::uint32_t shift,
                                         std::uint32_t mask, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>((words[i] >> shift) & mask);
  }
};

/// Words whose codes do not lie across two of them.
template <std::uint32_t Bits>
struct AllOfEach {
  [[gnu::always_inline]] static void run(const std::uint32_t* words, std::uint8_t* codes, std::size_t count) {
    constexpr std::uint32_t kMask = (1U << Bits) - 1;
    constexpr std::uint32_t kCodes = 32 / Bits;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::uint32_t j = 0; j < kCodes; ++j)
        codes[i * kCodes + j] = static_cast<std::uint8_t>((words[i] >> (j * Bits)) & kMask);
    }
  }
};

template <typename Number>
struct Apply {
  [[gnu::always_inline]] static void run(const std::uint8_t* codes, Number* out, std::int32_t zero,
                                         Number scale, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      out[i] = static_cast<Number>(static_cast<std::int32_t>(codes[i]) - zero) * scale;
  }
};

class PackedColumnsSource final : public ValueSource {
 public:
  PackedColumnsSource(const PackedColumns& of, const std::shared_ptr<PartCache>& cache)
      : of_(of),
        scale_kind_(float_kind(of.scales.tensor().dtype).value()),
        words_(of.words, {1, of.words.tensor().shape[0], of.words.tensor().shape[1], 4}, cache),
        zeros_(of.zeros, {1, of.groups, of.zeros.tensor().shape[1], 4}, cache),
        scales_(of.scales, {1, of.groups, of.outputs, width_of(scale_kind_)}, cache) {}

  std::uint64_t count() const override { return of_.outputs * of_.inputs; }
  /// Codes less zeros have up to 9 bits, F16 has 11 and no exponent that is near the ends of F32's.
  bool fits_f32() const override { return scale_kind_ == FloatKind::f16; }
  void read(std::uint64_t first, std::span<float> out) const override { read_as(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { read_as(first, out); }
  const std::string& path() const override { return of_.words.model->path_of(of_.words.index); }
  std::vector<StoredTensor> inputs() const override {
    std::vector<StoredTensor> all = {of_.words, of_.zeros, of_.scales};
    if (of_.groups_of_inputs) all.push_back(*of_.groups_of_inputs);
    return all;
  }

 private:
  /// The groups of the inputs [first, first + of.size()).
  struct Index {
    std::uint64_t first = 0;
    std::vector<std::uint32_t> of;
    bool in_order = true;  // as they are without an index
  };
  /// What the pieces of one read fill again and again.
  template <typename Number>
  struct Room {
    std::vector<std::uint32_t> words;
    std::vector<std::uint8_t> codes;
    std::vector<std::int32_t> zeros;
    std::vector<std::byte> scale_bytes;
    std::vector<Number> scales;
    Index index;
  };

  template <typename Number>
  void read_as(std::uint64_t first, std::span<Number> out) const {
    Room<Number> room;
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t output = (first + done) / of_.inputs;
      const std::uint64_t input = (first + done) % of_.inputs;
      const std::uint64_t count = std::min({of_.inputs - input, out.size() - done, kAtOnce});
      make(output, input, out.subspan(done, count), room);
      done += count;
    }
  }

  template <typename Number>
  void make(std::uint64_t output, std::uint64_t input, std::span<Number> out, Room<Number>& room) const {
    read_codes(output, input, out.size(), room);
    if (of_.groups_of_inputs) read_index(input, out.size(), room.index);
    if (room.index.in_order) {
      const std::uint64_t first_group = input / of_.group_size;
      read_groups(output, first_group, (input + out.size() - 1) / of_.group_size + 1 - first_group, room);
      for (std::size_t done = 0; done < out.size();) {
        const std::uint64_t group = (input + done) / of_.group_size - first_group;
        const std::size_t count =
            std::min<std::uint64_t>(of_.group_size - (input + done) % of_.group_size, out.size() - done);
        vectorised<Apply<Number>>(static_cast<const std::uint8_t*>(room.codes.data() + done),
                                  out.data() + done, room.zeros[group], room.scales[group], count);
        done += count;
      }
      return;
    }
    read_groups(output, 0, of_.groups, room);
    const std::uint32_t* const groups = room.index.of.data() + (input - room.index.first);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::uint32_t group = groups[i];
      out[i] = static_cast<Number>(static_cast<std::int32_t>(room.codes[i]) - room.zeros[group]) *
               room.scales[group];
    }
  }

  template <typename Number>
  void read_codes(std::uint64_t output, std::uint64_t input, std::size_t count, Room<Number>& room) const {
    room.codes.resize(count);
    if (of_.packing == PackedColumns::Packing::across) {
      read_words(words_, output / 8, input, count, room.words);
      vectorised<OneOfEach>(static_cast<const std::uint32_t*>(room.words.data()), room.codes.data(),
                            kAwqPlaces[output % 8] * 4, std::uint32_t{15}, count);
      return;
    }
    // From the first code of a word, or of three words.
    const std::uint64_t run = of_.bits == 3 ? 32 : 32 / of_.bits;
    const std::uint64_t first = input / run * run;
    const std::uint64_t runs = pieces_of(input + count - first, run);
    const std::uint64_t words = runs * (of_.bits == 3 ? 3 : 1);
    read_words(words_, output, first / run * (of_.bits == 3 ? 3 : 1), words, room.words);
    room.codes.resize(runs * run);
    unpack(room.words, room.codes);
    if (first != input)
      std::copy_n(room.codes.begin() + static_cast<std::ptrdiff_t>(input - first), count, room.codes.begin());
  }

  void unpack(const std::vector<std::uint32_t>& words, std::vector<std::uint8_t>& codes) const {
    const std::uint32_t* const from = words.data();
    switch (of_.bits) {
      case 2:
        return vectorised<AllOfEach<2>>(from, codes.data(), words.size());
      case 4:
        return vectorised<AllOfEach<4>>(from, codes.data(), words.size());
      case 8:
        return vectorised<AllOfEach<8>>(from, codes.data(), words.size());
      default:
        for (std::size_t i = 0; i < codes.size(); ++i)
          codes[i] = static_cast<std::uint8_t>(bits_at(words, i * of_.bits));
    }
  }

  /// A code of a run of words, by its first bit.
  std::uint32_t bits_at(std::span<const std::uint32_t> words, std::size_t bit) const {
    std::uint64_t two = words[bit / 32];
    if (bit / 32 + 1 < words.size()) two |= std::uint64_t{words[bit / 32 + 1]} << 32;
    return static_cast<std::uint32_t>(two >> (bit % 32)) & ((1U << of_.bits) - 1);
  }

  static void read_words(const ColumnTiles& tiles, std::uint64_t column, std::uint64_t row,
                         std::uint64_t count, std::vector<std::uint32_t>& words) {
    words.resize(count);
    tiles.read(0, column, row, std::as_writable_bytes(std::span(words)));
    if constexpr (std::endian::native != std::endian::little) {
      for (std::uint32_t& word : words) word = load_le<std::uint32_t>(std::as_bytes(std::span(&word, 1)));
    }
  }

  /// The zeros and scales of an output's groups.
  template <typename Number>
  void read_groups(std::uint64_t output, std::uint64_t first, std::uint64_t count, Room<Number>& room) const {
    room.zeros.resize(count);
    room.scales.resize(count);
    const auto offset = static_cast<std::int32_t>(of_.zero_offset);
    if (of_.packing == PackedColumns::Packing::across) {
      read_words(zeros_, output / 8, first, count, room.words);
      for (std::size_t i = 0; i < count; ++i)
        room.zeros[i] =
            static_cast<std::int32_t>(room.words[i] >> (kAwqPlaces[output % 8] * 4) & 15U) + offset;
    } else {
      const std::uint64_t bit = output * of_.bits;
      read_words(zeros_, bit / 32, first, count, room.words);
      std::vector<std::uint32_t> next(count);
      if (bit % 32 + of_.bits > 32) read_words(zeros_, bit / 32 + 1, first, count, next);
      for (std::size_t i = 0; i < count; ++i) {
        const std::array<std::uint32_t, 2> two = {room.words[i], next[i]};
        room.zeros[i] = static_cast<std::int32_t>(bits_at(two, bit % 32)) + offset;
      }
    }
    room.scale_bytes.resize(count * width_of(scale_kind_));
    scales_.read(0, output, first, room.scale_bytes);
    widen(scale_kind_, room.scale_bytes, std::span(room.scales));
  }

  /// Of some inputs or, where they are few, all of them, which the next output asks for too.
  void read_index(std::uint64_t input, std::uint64_t count, Index& index) const {
    if (!index.of.empty() && input >= index.first && input + count <= index.first + index.of.size()) return;
    if (of_.inputs <= kAtOnce) {
      input = 0;
      count = of_.inputs;
    }
    index.first = input;
    index.of.resize(count);
    const StoredTensor& at = *of_.groups_of_inputs;
    at.model->read(at.index, input * 4, std::as_writable_bytes(std::span(index.of)));
    index.in_order = true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto group = load_le<std::uint32_t>(std::as_bytes(std::span(index.of)), i * 4);
      index.of[i] = group;
      index.in_order = index.in_order && group == (input + i) / of_.group_size;
      if (group >= of_.groups)
        throw CorruptError({at.model->path_of(at.index), {}, at.tensor().name},
                           "names group " + std::to_string(static_cast<std::int32_t>(group)) + " of " +
                               std::to_string(of_.groups));
    }
  }

  PackedColumns of_;
  FloatKind scale_kind_;
  ColumnTiles words_;
  ColumnTiles zeros_;
  ColumnTiles scales_;
};

}  // namespace

std::shared_ptr<const ValueSource> packed_columns_values(const PackedColumns& description,
                                                         const std::shared_ptr<PartCache>& cache) {
  return std::make_shared<PackedColumnsSource>(description, cache);
}

}  // namespace aerotool::quantized
