#include "io/temporaries.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string_view>

#include "core/text.hpp"

namespace aerotool::io {
namespace {

constexpr std::string_view kMark = ".aerotool-";

/// What stands for a target in the names of its temporaries. Long names are cut to leave room within
/// NAME_MAX.
std::string_view stem_of(std::string_view target) {
  constexpr std::size_t kMostOfName = 180;
  return target.substr(0, kMostOfName);
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

}  // namespace

std::string temporary_name(const std::string& target) {
  std::random_device random;
  const std::array<unsigned, 2> noise = {random(), random()};
  return "." + std::string(stem_of(target)) + std::string(kMark) + std::to_string(::getpid()) + "-" +
         to_hex(std::as_bytes(std::span(noise)));
}

std::vector<Stale> find_stale(int directory, const std::string& target) {
  std::vector<Stale> stale;
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return stale;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy), ::closedir);
  if (!entries) {
    ::close(copy);
    return stale;
  }
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name(&entry->d_name[0]);
    const auto stem = stem_in(name);
    if (!stem || (!target.empty() && *stem != stem_of(target))) continue;
    Fd fd(::openat(directory, &entry->d_name[0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;
    stale.push_back({std::move(fd), std::string(name), std::string(*stem)});
  }
  return stale;
}

void remove_stale(int directory, const std::string& target) {
  for (const Stale& file : find_stale(directory, target)) ::unlinkat(directory, file.name.c_str(), 0);
}

}  // namespace aerotool::io
