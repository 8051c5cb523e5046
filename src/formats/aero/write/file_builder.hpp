// One AERO file in the making: which chunks it holds, where, and their bytes. A plan makes one file, or the
// parts and the index of a set.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/aero/layout.hpp"
#include "formats/aero/write/options.hpp"
#include "formats/aero/write/plan_content.hpp"
#include "formats/aero/write/side_payload.hpp"
#include "formats/aero/write/tensor_index.hpp"
#include "transfer/known_digests.hpp"

namespace aerotool::aero {

class AeroFileBuilder {
 public:
  enum class Role {
    whole,  ///< a model in one file
    part,   ///< some shards of a set, under their set-wide ids, and what describes them
    index   ///< what describes a whole set and lies beside its weights, and no weights
  };

  /// Of the layout's shards [first_shard, first_shard + shard_count); `index` describes them without holding
  /// them. Everything given outlives this. Throws UnsupportedError where there are too many chunks.
  AeroFileBuilder(const Plan& plan, const TensorLayout& layout, const PlanContent& content, Role role,
                  std::size_t first_shard, std::size_t shard_count);

  /// Where the payload of one of its shards goes; a number of the layout's.
  std::uint64_t shard_offset(std::size_t shard) const;
  std::size_t first_shard() const { return first_shard_; }
  std::size_t shard_count() const { return shard_count_; }
  std::uint64_t tensor_count() const;
  /// At least the file's size; the size itself after finish().
  std::uint64_t size_bound() const;

  /// Takes what the bytes of its shards and tensors hash to: everything but the weights is known then.
  void finish(const KnownDigests& digests);

  using Sink = std::function<void(ByteSpan)>;
  /// Writes all but the weights to an output that can be seeked.
  void put_around_weights(io::Output& output) const;
  /// The whole file from front to back: all but the weights goes to `sink`; `weights` is called where a
  /// shard's payload has its turn.
  void in_order(const Sink& sink, const std::function<void(std::size_t shard)>& weights) const;
  std::uint64_t shard_size(std::size_t shard) const { return layout_.shards[shard].size; }
  /// After finish().
  const Uuid& file_uuid() const { return container_.uuid; }
  /// The hash that the TOC gives one of its shards.
  const Digest& shard_digest(std::size_t shard) const;

 private:
  std::size_t add_chunk(std::string_view fourcc, std::string name, std::uint32_t flags);
  void list_chunks();
  void add_side_files();
  void render_metadata();
  std::string manifest() const;
  std::string json() const;
  void place_payloads();
  std::string render_index(const KnownDigests* digests) const;
  IndexLine index_line(std::size_t shard, std::size_t tensor, const KnownDigests* digests) const;
  void set_raw(std::size_t index, std::string raw);
  void set_compressed(std::size_t index, const std::string& raw);
  /// The first model, where it has chunks that are passed on.
  const HoldsExtras& extras_holder() const { return dynamic_cast<const HoldsExtras&>(*plan_.models.front()); }
  bool holds_weights() const { return role_ != Role::index; }
  bool hashes_in_index() const { return hashes_tensors(plan_.options); }
  /// Whether the size of a chunk is known after the weights alone.
  bool is_late(std::size_t chunk) const {
    return (chunk == index_chunk_ && hashes_in_index()) || (chunk == manifest_chunk_ && plan_.fill_in_texts);
  }
  /// At least the size of the index with hashes, before it is compressed.
  std::uint64_t index_bound() const;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  const Plan& plan_;
  const TensorLayout& layout_;
  const PlanContent& content_;
  Role role_;
  std::size_t first_shard_;
  std::size_t shard_count_;
  std::optional<std::uint64_t> page_size_;  // absent: pages have no hashes of their own

  Container container_;
  // Indexes into container_.chunks.
  std::size_t control_chunk_ = kNone;
  std::size_t json_chunk_ = kNone;
  std::size_t manifest_chunk_ = kNone;
  std::size_t index_chunk_ = kNone;
  std::vector<std::size_t> shard_chunks_;
  std::vector<std::size_t> page_chunks_;
  std::vector<std::size_t> opaque_chunks_;
  std::map<std::size_t, SidePayload> side_chunks_;
  std::map<std::size_t, std::string> payloads_;  // of the other chunks that are not copied
  std::uint64_t end_ = 0;
  std::vector<std::byte> control_;  // after finish()
};

}  // namespace aerotool::aero
