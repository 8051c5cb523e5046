#include "transfer/transforms/quantized/table_codes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/scratch.hpp"
#include "transfer/transforms/stored_values.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint64_t kAtOnce = std::uint64_t{16} << 10;

/// Products of two F32 are exact in doubles.
class Nested final : public DoubleSource {
 public:
  explicit Nested(const NestedScales& of)
      : of_(of), table_(stored_values(of.table)), scales_(stored_values(of.scales)) {}

  std::uint64_t count() const override { return of_.codes.tensor().size; }
  const std::string& path() const override { return of_.codes.model->path_of(of_.codes.index); }
  std::vector<StoredTensor> inputs() const override { return {of_.codes, of_.table, of_.scales}; }

  void read(std::uint64_t first, std::span<double> out) const override {
    if (out.empty()) return;
    std::array<double, 256> table{};
    table_->read(0, table);
    Scratch<std::byte> codes(out.size());
    of_.codes.model->read(of_.codes.index, first, codes.span());
    const std::uint64_t first_run = first / of_.run;
    std::vector<double> scales((first + out.size() - 1) / of_.run + 1 - first_run);
    scales_->read(first_run, std::span(scales));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double scale = scales[(first + i) / of_.run - first_run];
      out[i] = table[std::to_integer<std::size_t>(codes.span()[i])] * scale + of_.offset;
    }
  }

 private:
  NestedScales of_;
  std::shared_ptr<const ValueSource> table_;
  std::shared_ptr<const ValueSource> scales_;
};

class Codes final : public DoubleSource {
 public:
  explicit Codes(TableCodes of) : of_(std::move(of)), table_(stored_values(of_.table)) {}

  std::uint64_t count() const override { return of_.count; }
  const std::string& path() const override { return of_.codes.model->path_of(of_.codes.index); }
  std::vector<StoredTensor> inputs() const override { return of_.inputs; }

  void read(std::uint64_t first, std::span<double> out) const override {
    std::array<double, 16> table{};
    if (!out.empty()) table_->read(0, table);
    Scratch<std::byte> bytes(std::min<std::uint64_t>(out.size(), kAtOnce) / 2 + 1);
    std::vector<double> scales;
    for (std::size_t done = 0; done < out.size();) {
      const std::size_t count = std::min<std::uint64_t>(out.size() - done, kAtOnce);
      make(first + done, out.subspan(done, count), table, bytes, scales);
      done += count;
    }
  }

 private:
  void make(std::uint64_t first, std::span<double> out, const std::array<double, 16>& table,
            Scratch<std::byte>& scratch, std::vector<double>& scales) const {
    const std::uint64_t end = first + out.size();
    const auto bytes = scratch.first((end + 1) / 2 - first / 2);
    of_.codes.model->read(of_.codes.index, first / 2, bytes);
    const std::uint64_t first_run = first / of_.run;
    scales.resize((end - 1) / of_.run + 1 - first_run);
    of_.scales->read(first_run, std::span(scales));
    const std::uint8_t* const codes = octets_of(ByteSpan(bytes));
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t at = first + done;
      const double scale = scales[at / of_.run - first_run];
      const std::size_t run = std::min<std::uint64_t>(of_.run - at % of_.run, out.size() - done);
      std::array<double, 16> products{};
      for (std::size_t code = 0; code < table.size(); ++code) products[code] = table[code] * scale;
      look_up(codes, at - first / 2 * 2, out.subspan(done, run), products);
      done += run;
    }
  }

  /// `first` counts codes.
  static void look_up(const std::uint8_t* codes, std::uint64_t first, std::span<double> out,
                      const std::array<double, 16>& products) {
    std::size_t i = 0;
    if (first % 2 != 0 && !out.empty()) out[i++] = products[codes[first / 2] & 15U];
    const std::uint8_t* byte = codes + (first + i) / 2;
    for (; i + 1 < out.size(); i += 2, ++byte) {
      out[i] = products[*byte >> 4U];
      out[i + 1] = products[*byte & 15U];
    }
    if (i < out.size()) out[i] = products[*byte >> 4U];
  }

  TableCodes of_;
  std::shared_ptr<const ValueSource> table_;
};

}  // namespace

std::shared_ptr<const ValueSource> nested_scales(const NestedScales& description) {
  return std::make_shared<Nested>(description);
}

std::shared_ptr<const ValueSource> table_codes(TableCodes description) {
  return std::make_shared<Codes>(std::move(description));
}

}  // namespace aerotool::quantized
