#include "formats/aero/read/integrity.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "encoding/msgpack/event_router.hpp"
#include "formats/aero/read/metadata_chunk.hpp"

namespace aerotool::aero {
namespace {

// 128 MiB of digests; 16 TiB in one shard at the usual page size.
constexpr std::uint32_t kMaxPages = std::uint32_t{1} << 22;

/// {"algo": str, "covered_ranges": [[begin, end], ...], "digest": bin32}
class ControlHandler : public EventRouter<ControlHandler> {
 public:
  std::string algorithm;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  Digest digest{};
  bool has_digest = false;

  Route route_member() {
    if (depth() != 1) return fail("its covered_ranges are not pairs of numbers");
    return key() == "algo" || key() == "covered_ranges" || key() == "digest" ? Route::enter : Route::skip;
  }
  bool on_begin(Collection kind, std::uint32_t count) {
    if (depth() == 1) return kind == Collection::map || fail_bool("it is not a map");
    if (kind != Collection::array || key() != "covered_ranges" || depth() > 3) {
      return fail_bool("it is malformed");
    }
    if (depth() == 3) {
      if (count != 2) return fail_bool("its covered_ranges are not pairs of numbers");
      numbers_.clear();
    }
    return true;
  }
  bool on_end(Collection) {
    if (depth() == 3) ranges.emplace_back(numbers_.at(0), numbers_.at(1));
    return true;
  }
  bool on_number(std::uint64_t value) {
    if (depth() != 3) return on_other();
    numbers_.push_back(value);
    return true;
  }
  bool on_text(std::string_view text) {
    if (key() != "algo") return on_other();
    algorithm = text;
    return true;
  }
  bool on_blob(ByteSpan bytes) {
    if (key() != "digest" || bytes.size() != digest.size()) return on_other();
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    has_digest = true;
    return true;
  }
  bool on_other() { return fail_bool("its \"" + escape_controls(key()) + "\" is malformed"); }
  bool on_built(const Value&) { return true; }

 private:
  std::vector<std::uint64_t> numbers_;
};

/// {"shard_name": str, "page_size": int, "digests": [bin32, ...]}
class PageHandler : public EventRouter<PageHandler> {
 public:
  PageHashes pages;

  Route route_member() {
    return key() == "shard_name" || key() == "page_size" || key() == "digests" ? Route::enter : Route::skip;
  }
  bool on_begin(Collection kind, std::uint32_t count) {
    if (depth() == 1) return kind == Collection::map || fail_bool("it is not a map");
    if (depth() == 2 && kind == Collection::array && key() == "digests") {
      return count <= kMaxPages || fail_bool("it has more than 4,194,304 digests");
    }
    return fail_bool("it is malformed");
  }
  bool on_end(Collection) { return true; }
  bool on_number(std::uint64_t value) {
    if (depth() != 1 || key() != "page_size") return on_other();
    pages.page_size = value;
    return true;
  }
  bool on_text(std::string_view text) {
    if (key() != "shard_name") return on_other();
    pages.shard_name = text;
    return true;
  }
  bool on_blob(ByteSpan bytes) {
    Digest digest{};
    if (depth() != 2 || bytes.size() != digest.size()) return on_other();
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    pages.digests.push_back(digest);
    return true;
  }
  bool on_other() { return fail_bool("its \"" + escape_controls(key()) + "\" is malformed"); }
  bool on_built(const Value&) { return true; }
};

/// Why the ranges do not cover the header, TOC and string table and nothing outside the control region; empty
/// where they do.
std::string ranges_problem(const ControlHandler& found, const Container& container) {
  std::uint64_t reached = 0;
  for (const auto& [begin, end] : found.ranges) {
    if (begin > end || end > container.payloads_start) {
      return "covered range [" + std::to_string(begin) + ", " + std::to_string(end) +
             ") is not inside the control region of " + std::to_string(container.payloads_start) + " bytes";
    }
    if (begin > reached) break;
    reached = std::max(reached, end);
  }
  const std::uint64_t needed = std::max(container.toc_offset + container.toc_length,
                                        container.string_table_offset + container.string_table_length);
  if (reached < needed) {
    return "covered_ranges reach to byte " + std::to_string(reached) +
           ", but header, TOC and string table to byte " + std::to_string(needed);
  }
  if (found.ranges.size() != 1) return "covered_ranges overlap or are cut in pieces";
  return {};
}

}  // namespace

bool check_control_hash(const io::Input& input, const Container& container, const Chunk& chunk,
                        Report& report) {
  const Where where{input.name(), chunk.offset, {}};
  if (chunk.compressed() || chunk.length != kControlHashBytes) {
    report.unreadable(Code::malformed, where,
                      label(chunk) + ": " +
                          (chunk.compressed() ? std::string("is compressed, which is not allowed")
                                              : "has " + std::to_string(chunk.length) + " bytes, not 256"));
    return false;
  }
  ControlHandler found;
  if (!parse_chunk(input, chunk, found, report, true)) return false;
  std::string problem;
  if (found.algorithm != kHashAlgorithm) {
    problem = "its algorithm is '" + escape_controls(found.algorithm) + "', not blake3-256";
  } else if (!found.has_digest) {
    problem = "it has no digest";
  } else {
    problem = ranges_problem(found, container);
  }
  Code code = Code::malformed;
  if (problem.empty()) {
    const std::uint64_t end = std::min(found.ranges.front().second, input.size());
    const Bytes control = input.view(0, end);
    const Digest digest = control_digest(control.view, container.toc_offset, container.entry_count);
    if (digest != found.digest) {
      code = Code::hash;
      problem = "header, TOC or string table are corrupt: their BLAKE3 is " + to_hex(digest) +
                ", IHSH says " + to_hex(found.digest);
    }
  }
  if (problem.empty()) return true;
  report.unreadable(code, where, label(chunk) + ": " + problem);
  return false;
}

PageHashes read_page_hashes(const io::Input& input, const Chunk& chunk, const Chunk& shard, Report& report) {
  const Where where{input.name(), chunk.offset, {}};
  if (chunk.compressed()) {
    report.unreadable(Code::malformed, where, label(chunk) + ": is compressed, which is not allowed");
    return {};
  }
  PageHandler found;
  if (!parse_chunk(input, chunk, found, report)) return {};
  PageHashes pages = std::move(found.pages);
  std::string problem;
  if (pages.shard_name != shard.name) {
    problem = "it is for '" + escape_controls(pages.shard_name) + "', but is named after '" +
              escape_controls(shard.name) + "'";
  } else if (pages.page_size == 0) {
    problem = "its page size is 0";
  } else {
    const std::uint64_t wanted =
        shard.length / pages.page_size + (shard.length % pages.page_size == 0 ? 0 : 1);
    if (pages.digests.size() != wanted) {
      problem = "it has " + plural(pages.digests.size(), "digest") + ", but the shard has " +
                plural(wanted, "page") + " of " + std::to_string(pages.page_size) + " bytes";
    }
  }
  if (problem.empty()) return pages;
  report.unreadable(Code::malformed, where, label(chunk) + ": " + problem);
  return {};
}

}  // namespace aerotool::aero
