#include "transfer/existing_files.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/listing.hpp"

namespace aerotool {
namespace {

bool holds_same(const std::string& path, const HoldsSame& same) {
  if (!same) return false;
  try {
    return same(io::Input::open(path));
  } catch (const CorruptError&) {
    return false;
  } catch (const UnsupportedError&) {
    return false;
  }
}

}  // namespace

void note_existing(const std::string& directory, const std::string& name, const HoldsSame& same,
                   ExistingFiles& existing) {
  const std::string path = io::path_in(directory, name);
  const bool link = io::is_link(path);
  const io::FileType type = link ? io::FileType::regular : io::type_of(path);
  if (type == io::FileType::none) return;
  if (type != io::FileType::regular) throw IoError({path, {}, {}}, "exists and is not a regular file");
  existing.replaced.push_back(name);
  if (link || !holds_same(path, same)) existing.other.push_back(name);
}

bool same_tensors(const std::vector<Tensor>& found, std::span<const PlannedTensor> planned) {
  if (found.size() != planned.size()) return false;
  std::vector<const Tensor*> there;
  std::vector<const Tensor*> wanted;
  there.reserve(found.size());
  wanted.reserve(found.size());
  for (const Tensor& tensor : found) there.push_back(&tensor);
  for (const PlannedTensor& tensor : planned) wanted.push_back(&tensor.tensor());
  const auto by_name = [](const Tensor* a, const Tensor* b) { return a->name < b->name; };
  std::sort(there.begin(), there.end(), by_name);
  std::sort(wanted.begin(), wanted.end(), by_name);
  return std::equal(there.begin(), there.end(), wanted.begin(), [](const Tensor* a, const Tensor* b) {
    const bool same_dtype = a->dtype == b->dtype || a->dtype.name() == b->dtype.name();
    return a->name == b->name && same_dtype && a->shape == b->shape;
  });
}

}  // namespace aerotool
