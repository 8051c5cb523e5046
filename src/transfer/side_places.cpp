#include "transfer/side_places.hpp"

#include "core/error.hpp"
#include "hash/blake3.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"

namespace aerotool {
namespace {

bool holds(const std::string& path, const SideFile& file) {
  if (io::is_link(path) || io::type_of(path) != io::FileType::regular) return false;
  const auto there = io::Input::open(path);
  if (there->size() != file.size) return false;
  const Digest digest = hash::blake3(there->view(0, there->size()).view);
  there->require_unchanged();
  return digest == digest_of(file);
}

}  // namespace

SidePlaces side_places(const std::vector<SideFile>& files, const std::string& directory) {
  SidePlaces places;
  for (const SideFile& file : files) {
    const std::string path = io::path_in(directory, file.path);
    const bool there = io::is_link(path) || io::type_of(path) != io::FileType::none;
    if (there && holds(path, file)) continue;
    if (there) places.replaced.push_back(file.path);
    places.written.push_back(file);
  }
  return places;
}

}  // namespace aerotool
