#include "io/temporaries.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <unordered_set>

#include "core/text.hpp"

namespace aerotool::io {
namespace {

constexpr std::string_view kMark = ".aerotool-";

/// What stands for a target in the names of its temporaries. Long names are cut to leave room within
/// NAME_MAX.
std::string_view stem_of(std::string_view target) {
  constexpr std::size_t kMaxOfName = 180;
  return target.substr(0, kMaxOfName);
}

/// The stem of the target that a temporary was made for; nothing where a name is not one of ours.
std::optional<std::string_view> stem_in(std::string_view name) {
  const auto mark = name.rfind(kMark);
  if (!name.starts_with('.') || mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::string_view tail = name.substr(mark + kMark.size());
  if (tail.empty() || tail.find_first_not_of("0123456789abcdef-") != std::string_view::npos)
    return std::nullopt;
  return name.substr(1, mark - 1);
}

/// Hands over the temporaries that nobody holds, of targets whose stems `ours` accepts.
void for_each_stale(int directory, const std::function<bool(std::string_view stem)>& ours,
                    const std::function<void(Stale)>& take) {
  Fd copy = open_fd(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!copy) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy.get()), ::closedir);
  if (!entries) return;
  copy.release();
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name(&entry->d_name[0]);
    const auto stem = stem_in(name);
    if (!stem || !ours(*stem)) continue;
    Fd fd = open_fd(directory, &entry->d_name[0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;
    take({std::move(fd), std::string(name), std::string(*stem)});
  }
}

}  // namespace

std::string temporary_name(const std::string& target) {
  std::random_device random;
  const std::array<unsigned, 2> noise = {random(), random()};
  return "." + std::string(stem_of(target)) + std::string(kMark) + std::to_string(::getpid()) + "-" +
         to_hex(std::as_bytes(std::span(noise)));
}

bool is_temporary_of(const std::string& name, const std::unordered_set<std::string>& targets) {
  const auto stem = stem_in(name);
  if (!stem) return false;
  return std::ranges::any_of(targets, [&](const std::string& target) { return stem_of(target) == *stem; });
}

std::vector<Stale> find_stale(int directory) {
  std::vector<Stale> stale;
  for_each_stale(
      directory, [](std::string_view) { return true; },
      [&](Stale file) { stale.push_back(std::move(file)); });
  return stale;
}

void remove_stale(int directory, const std::vector<std::string>& targets) {
  std::unordered_set<std::string_view> stems;
  for (const std::string& target : targets) stems.insert(stem_of(target));
  for_each_stale(
      directory, [&](std::string_view stem) { return stems.contains(stem); },
      [&](const Stale& file) { ::unlinkat(directory, file.name.c_str(), 0); });
}

}  // namespace aerotool::io
