#include "formats/aero/read/side_files.hpp"

#include <algorithm>

#include "formats/aero/read/metadata_chunk.hpp"

namespace aerotool::aero {
namespace {

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

}  // namespace aerotool::aero
