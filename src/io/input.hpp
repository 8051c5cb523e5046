// Inputs: bytes at any offset, wherever they lie. io/file_input.hpp is the kind that lies in a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "hash/digest.hpp"
#include "io/identity.hpp"
#include "io/link_policy.hpp"

namespace aerotool::io {

struct RemoteName;

/// Bytes [begin, end).
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What messages call an input that is standard input.
inline constexpr std::string_view kStandardInput = "standard input";

/// Bytes that do not change while the input is open. Metadata is looked at through view(), which brings in
/// no more than is looked at; weights are moved with read(), which is faster for large runs. Thread-safe.
class Input {
 public:
  /// Opens what lies at a location: a regular file, or what a URL names. Throws IoError (a directory, no
  /// permission, ...).
  static std::shared_ptr<Input> open(const std::string& location);

  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// What messages call it; where it has a location, that.
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return version_.size; }
  const Identity& identity() const { return identity_; }
  /// As it was when the input was opened.
  const Version& version() const { return version_; }

  /// Fills `out` from `offset`. Throws IoError where the input ends before: it was longer when opened.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;

  /// The bytes [offset, offset + length). Throws IoError where they are not all in the input. What is lost
  /// meanwhile reads as zeros, and require_unchanged() tells. What cannot be mapped is copied: ask for no
  /// more than is needed.
  virtual Bytes view(std::uint64_t offset, std::uint64_t length) const = 0;

  /// The first byte from `offset` on, or `end`, that is stored: those before it are zeros, and need not be
  /// read to be known.
  virtual std::uint64_t next_stored(std::uint64_t offset, std::uint64_t /*end*/) const { return offset; }

  /// These runs will be read, each once and in this order: what is far away may be fetched before. Those that
  /// are not inside the input are left out.
  virtual void expect_reads(std::span<const ByteRange> /*runs*/) const {}

  /// Throws IoError where the input is no longer what it was when it was opened, another one or none has its
  /// location, or a part of a view was lost.
  virtual void require_unchanged() const = 0;

  /// How many bytes are best asked for at a time where many are wanted.
  virtual std::uint64_t preferred_block_size() const = 0;

  /// The size of the compressed data that this is unpacked from; nothing where it is from none.
  const std::optional<std::uint64_t>& packed_size() const { return packed_size_; }
  void set_packed_size(std::uint64_t size) { packed_size_ = size; }

  /// What the whole input's SHA-256 has to be, and who says so: the name under which it is stored (a blob of
  /// a content-addressed store), or whoever opens it, before it is handed on.
  const std::optional<Digest>& expected_sha256() const { return expected_sha256_; }
  std::string_view expected_by() const { return expected_by_; }
  /// `by` is a literal.
  void expect_sha256(const Digest& digest, std::string_view by = "the name of its blob") {
    expected_sha256_ = digest;
    expected_by_ = by;
  }

  /// Whether require_sha256() looks at what is expected.
  virtual bool holds_sha256() const { return false; }
  /// Of an input that is held to its expected SHA-256 (io/hashed_input.hpp): says that all of it is going to
  /// be read, so that it is hashed meanwhile.
  virtual void hash_reads() const {}
  /// Throws CorruptError where it is another one; reads what has not been hashed yet.
  virtual void require_sha256() const {}

  /// Whether its bytes are on this machine, so that reading them asks nobody.
  virtual bool is_here() const { return true; }
  /// Whether view() of much of it makes sense: what is elsewhere, or is hashed as it is read, has to be read.
  bool may_be_mapped() const { return is_here() && !holds_sha256(); }

  /// What names it on a server, also where it has been fetched whole; null where it is a file here.
  const RemoteName* remote() const { return remote_.get(); }
  void set_remote(std::shared_ptr<const RemoteName> name) { remote_ = std::move(name); }

  /// How links beside this input are followed, when others of its model are opened.
  const LinkPolicy& links() const { return links_; }
  void set_links(const LinkPolicy& links) { links_ = links; }

 protected:
  Input(std::string name, const Identity& identity, const Version& version)
      : name_(std::move(name)), identity_(identity), version_(version) {}

  /// Throws IoError where [offset, offset + length) is not all in the input.
  void require_range(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::string name_;
  Identity identity_;
  Version version_;
  std::optional<std::uint64_t> packed_size_;
  std::optional<Digest> expected_sha256_;
  std::string_view expected_by_;
  std::shared_ptr<const RemoteName> remote_;
  LinkPolicy links_;
};

}  // namespace aerotool::io
