#include "formats/aeroset/finished_file.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "hash/sha256.hpp"
#include "io/pipeline.hpp"

namespace aerotool::aeroset {
namespace {

struct Differs {};

class Comparison {
 public:
  Comparison(const io::Input& candidate, const aero::AeroFileBuilder& wanted, unsigned jobs,
             io::Progress* progress)
      : candidate_(candidate), wanted_(wanted), jobs_(jobs), progress_(progress) {}

  Digest run() {
    wanted_.in_order([&](ByteSpan bytes) { compare(bytes); }, [&](std::size_t shard) { hash(shard); });
    return sha256_.finish();
  }

 private:
  void compare(ByteSpan bytes) {
    std::vector<std::byte> found(bytes.size());
    candidate_.read(at_, found);
    if (!std::ranges::equal(bytes, found)) throw Differs{};
    sha256_.add(found);
    at_ += found.size();
  }

  void hash(std::size_t shard) {
    std::vector<io::Region> region(1);
    region[0].length = wanted_.shard_size(shard);
    region[0].read = [&, begin = at_](std::uint64_t offset, std::span<std::byte> out) {
      candidate_.read(begin + offset, out);
    };
    io::HashTask task;
    io::add_whole_digest(region[0], task);
    io::run(region,
            {.jobs = jobs_, .progress = progress_, .in_order = [&](ByteSpan bytes) { sha256_.add(bytes); }});
    if (task.digest != wanted_.shard_digest(shard)) throw Differs{};
    at_ += region[0].length;
  }

  const io::Input& candidate_;
  const aero::AeroFileBuilder& wanted_;
  unsigned jobs_;
  io::Progress* progress_;
  std::uint64_t at_ = 0;
  hash::Sha256 sha256_;
};

}  // namespace

std::optional<Digest> finished_file(const io::Input& candidate, const aero::AeroFileBuilder& wanted,
                                    unsigned jobs, io::Progress* progress) {
  if (candidate.size() != wanted.size_bound()) return std::nullopt;
  try {
    return Comparison(candidate, wanted, jobs, progress).run();
  } catch (const Differs&) {
    return std::nullopt;
  } catch (const IoError&) {
    return std::nullopt;
  }
}

}  // namespace aerotool::aeroset
