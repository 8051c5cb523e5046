// An AERO file as a Model.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/aero/read/container.hpp"
#include "formats/aero/read/manifest.hpp"
#include "formats/aero/read/side_chunks.hpp"
#include "formats/aero/read/tensor_index.hpp"
#include "formats/aero/rules/cut_off_chunks.hpp"
#include "io/input.hpp"
#include "model/model.hpp"

namespace aerotool::aero {

class AeroModel : public Model {
 public:
  enum class Kind {
    file,      ///< with the weights that its TIDX lists
    set_index  ///< of an AEROSET: TIDX lists tensors of other files; they are described, not placed
  };
  /// Reads header, TOC and metadata chunks, no weights; what is wrong goes to the report. Packed types that
  /// `index`, which outlives this, describes under the same ids are not held again.
  AeroModel(std::shared_ptr<io::Input> input, Report& report, Kind kind = Kind::file,
            const AeroModel* index = nullptr);

  const std::string& path() const override { return input_->name(); }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return index_.tensors; }
  Metadata metadata() const override;
  Source source() const override;
  Extras extras() const override;
  void read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  std::vector<HashedRun> hashed_runs() const override;
  bool verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { input_->require_unchanged(); }

  const io::Input& input() const { return *input_; }
  const std::shared_ptr<io::Input>& shared_input() const { return input_; }
  const Container& container() const { return container_; }
  /// The file ends before chunks of it do: they are left out, and the report tells.
  bool is_cut_off() const { return !cut_off_.empty(); }
  /// What is essential in MMSG; after opening without the lists, which have been held to the file by then.
  const Manifest& manifest() const { return manifest_; }
  const Value& json() const { return json_; }
  std::vector<SideFile> carried_files() const override { return side_files_of(input_, container_); }
  /// Lets go of what MMSG and MJSN say of the model as a whole.
  void forget_description();
  /// Lets go of the members of TIDX and of descriptors that this version does not know.
  void forget_unknown_members();
  /// What the packed types take that this file alone describes; for a set's parts it adds up.
  std::uint64_t own_types_memory() const { return own_types_memory_; }
  static constexpr std::uint64_t kMaxOwnTypes = std::uint64_t{32} << 20;
  /// Where TIDX says that a tensor lies.
  struct StatedPlace {
    std::uint64_t shard_id = 0;
    std::uint64_t data_offset = 0;  ///< from the shard's start
  };
  StatedPlace stated_place(std::size_t tensor) const;
  /// Indexes into container().chunks of the WTSH chunks, in TOC order; Tensor::shard counts in these.
  const std::vector<std::size_t>& shards() const { return shards_; }
  /// The first chunk with this FourCC; null where there is none.
  const Chunk* find(std::string_view fourcc) const;
  /// The PHSH chunk of a shard; null where there is none.
  const Chunk* page_hashes_of(const Chunk& shard) const;
  /// The shard that a PHSH chunk is named after.
  std::optional<std::size_t> shard_of_page_hashes(const Chunk& chunk) const;
  /// False where entries of TIDX were left out because they are not sound.
  bool all_tensors_usable() const { return all_tensors_usable_; }
  /// The shard of that name, as an index into shards().
  std::optional<std::size_t> shard_named(const std::string& name) const;
  /// The tensors of a shard in offset order, as indexes into tensors().
  std::span<const std::uint32_t> tensors_of(std::size_t shard) const;
  /// The tensors whose bytes lie in [begin, end) of the file.
  std::vector<HitTensor> tensors_in(std::uint64_t begin, std::uint64_t end) const;
  /// The same for one shard.
  void add_tensors_in(std::size_t shard, std::uint64_t begin, std::uint64_t end,
                      std::vector<HitTensor>& hit) const;
  /// MMSG with source and unknown members; nothing where there is no MMSG.
  Manifest whole_manifest(Report& report) const;

 private:
  Where where(std::string tensor = {}) const { return {input_->name(), {}, std::move(tensor)}; }
  void read_descriptors(const AeroModel* index, Report& report);
  /// The type of a sound descriptor; nothing where it would take too much memory. `params` may be null.
  std::optional<DType> described_type(std::uint64_t id, std::string_view codec, std::string_view name,
                                      const Value* params, const AeroModel* index);
  void resolve_tensors(Report& report);
  /// Sets dtype, shape, size and place of one tensor; false where it cannot be used.
  bool resolve(Tensor& tensor, const Placement& placement, Report& report);
  std::optional<DType> resolve_dtype(const Tensor& tensor, const Placement& placement, Report& report);
  void check_names(Report& report);
  void check_tensor_overlaps(Report& report);
  void check_chunk_overlaps(Report& report);

  /// Sets the place of a tensor that takes `stored` bytes in its shard.
  bool place(Tensor& tensor, const Placement& placement, std::uint64_t stored, Report& report);
  std::optional<std::size_t> shard_with_id(std::uint64_t id);

  std::shared_ptr<io::Input> input_;
  Kind kind_;
  Container container_;
  CutOffChunks cut_off_;
  std::vector<std::size_t> shards_;
  std::unordered_map<std::string, std::size_t> shard_by_name_;  // into shards_
  std::vector<std::uint64_t> shard_ids_;                        // of shards_, as far as tensors name them
  std::optional<std::size_t> placed_last_;                      // of shards_, where the last tensor lies
  std::uint64_t memory_left_;  // for values of the metadata; for a part, beside those of the index
  Value json_;
  Manifest manifest_;
  TensorIndex index_;
  std::vector<std::uint32_t> by_place_;
  bool all_tensors_usable_ = true;
  std::vector<std::size_t> opaque_;   // chunks that this program does not know, as indexes into chunks
  std::deque<PackedType> own_types_;  // of codecs that this program does not know
  std::uint64_t own_types_memory_ = 0;
  std::vector<std::string> lost_;  // as Extras has them
  // Not by hash: the hash of a number is the number, and a file may choose ids that collide.
  std::map<std::uint64_t, DType> type_by_quant_id_;
  /// Written by the reference's GGUF converter: shapes stand fastest-varying first and data_len counts
  /// padding (src/formats/aero/FORMAT.md, "Files in the wild").
  bool reversed_shapes_ = false;
};

}  // namespace aerotool::aero
