#include "cli/overview_text.hpp"

#include "core/text.hpp"

namespace aerotool::cli {
namespace {

/// "every tensor", "5 tensors"
std::string counted(std::uint64_t count, const std::string& word) {
  return count == 0 ? "every " + word : plural(count, word);
}

std::string words_of(const OwnShardNumbers& note) {
  return plural(note.parts, "part") + " number their shards from 0; they are read through their own TIDX";
}

std::string words_of(const PublishedAt& note) {
  return "its parts are published at " + note.url;
}

std::string words_of(const Caching& note) {
  return std::string("caching is ") + (note.enabled ? "enabled" : "not enabled") +
         (note.recommended ? " and recommended" : "");
}

}  // namespace

std::string text_of(const SectionFlags& flags) {
  std::string words;
  const auto add = [&](bool set, const std::string& word) {
    if (set) words += (words.empty() ? "" : " ") + word;
  };
  add(flags.zstd, "zstd");
  add(flags.mmap_critical, "mmap-critical");
  add(flags.index, "index");
  add(flags.optional, "optional");
  add(flags.unknown != 0, "unknown:" + std::to_string(flags.unknown));
  return words;
}

std::string text_of(const Integrity& integrity) {
  const std::string hashes_of = std::string(integrity.algorithm) + " of ";
  switch (integrity.covers) {
    case Integrity::Covers::files:
      return hashes_of + counted(integrity.count, "file");
    case Integrity::Covers::sections:
      return hashes_of + counted(integrity.count, "chunk");
    case Integrity::Covers::tensors:
      return hashes_of + counted(integrity.count, "tensor");
    case Integrity::Covers::pages:
      return "page hashes of " + plural(integrity.count, "shard");
    case Integrity::Covers::control:
      return "control-plane hash";
  }
  return {};
}

std::string text_of(const Note& note) {
  return std::visit([](const auto& kind) { return words_of(kind); }, note);
}

}  // namespace aerotool::cli
