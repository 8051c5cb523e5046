#include "formats/aero/read/side_chunks.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/aero/read/metadata_chunk.hpp"
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

SideFile side_file_of(const std::shared_ptr<io::Input>& input, const Chunk& chunk) {
  const auto put = [input, chunk](const SideFile::Sink& sink) {
    Report report;
    read_chunk_bytes(*input, chunk, sink, report);
  };
  return {chunk.name, chunk.uncompressed_length, put, true};
}

}  // namespace

std::vector<SideFile> side_files_of(const std::shared_ptr<io::Input>& input, const Container& container) {
  std::vector<SideFile> files;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.fourcc == kSideFile) files.push_back(side_file_of(input, chunk));
  }
  std::sort(files.begin(), files.end(), [](const SideFile& a, const SideFile& b) { return a.path < b.path; });
  return files;
}

void check_side_files(const std::shared_ptr<io::Input>& input, const Container& container, Report& report) {
  bool named_well = true;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.fourcc != kSideFile) continue;
    const std::string problem = side_path_problem(chunk.name);
    if (problem.empty()) continue;
    named_well = false;
    report.fault(Code::name, {input->name(), chunk.offset, {}},
                 label(chunk) + ": the path of a side file " + problem);
  }
  if (!named_well) return;
  const std::string problem = side_files_problem(side_files_of(input, container), {});
  if (!problem.empty()) report.fault(Code::name, {input->name(), {}, {}}, problem);
}

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
