#include "formats/aero/write/side_payload.hpp"

#include <zstd.h>

#include <memory>
#include <new>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "hash/blake3.hpp"

namespace aerotool::aero {

namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

/// Compresses what arrives in pieces; the same pieces give the same frame.
class FrameWriter {
 public:
  FrameWriter(std::uint64_t size, const SideFile::Sink& sink)
      : sink_(sink), context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize()) {
    constexpr int kLevel = 6;
    if (!context_) throw std::bad_alloc();
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
    check(ZSTD_CCtx_setPledgedSrcSize(context_.get(), size));
  }

  void add(ByteSpan bytes) {
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) step(in, ZSTD_e_continue);
  }
  void finish() {
    ZSTD_inBuffer none = {nullptr, 0, 0};
    while (step(none, ZSTD_e_end) != 0) continue;
  }

 private:
  static std::size_t check(std::size_t result) {
    // The size was counted before: there is nothing else to go wrong.
    if (ZSTD_isError(result) != 0) throw std::bad_alloc();
    return result;
  }
  std::size_t step(ZSTD_inBuffer& in, ZSTD_EndDirective end) {
    ZSTD_outBuffer out = {out_.data(), out_.size(), 0};
    const std::size_t left = check(ZSTD_compressStream2(context_.get(), &out, &in, end));
    if (out.pos != 0) sink_(ByteSpan(out_).first(out.pos));
    return left;
  }

  const SideFile::Sink& sink_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<std::byte> out_;
};

[[noreturn]] void changed(const SideFile& file) {
  throw IoError({file.path, {}, {}}, "changed while it was read");
}

/// Hands over the file's frame; its digest.
Digest compress(const SideFile& file, const SideFile::Sink& sink) {
  hash::Blake3Stream hash;
  FrameWriter frame(file.size, sink);
  std::uint64_t got = 0;
  file.put([&](ByteSpan bytes) {
    got += bytes.size();
    if (got > file.size) changed(file);
    hash.add(bytes);
    frame.add(bytes);
  });
  if (got != file.size) changed(file);
  frame.finish();
  return hash.finish();
}

}  // namespace

SidePayload::SidePayload(const SideFile& file, std::uint64_t& room) : file_(&file) {
  bool hold = true;
  digest_ = compress(file, [&](ByteSpan bytes) {
    length_ += bytes.size();
    hold = hold && length_ <= room;
    if (hold) {
      held_ += chars_of(bytes);
    } else {
      std::string().swap(held_);
    }
  });
  room -= held_.size();
}

void SidePayload::put(const SideFile::Sink& sink) const {
  if (!held_.empty()) {
    sink(bytes_of(held_));
    return;
  }
  std::uint64_t length = 0;
  const Digest again = compress(*file_, [&](ByteSpan bytes) {
    length += bytes.size();
    if (length > length_) changed(*file_);
    sink(bytes);
  });
  if (again != digest_ || length != length_) changed(*file_);
}

}  // namespace aerotool::aero
