// Where a checkpoint keeps its pickle and its storages, whichever of torch's kinds of files it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoding/zip/archive.hpp"
#include "formats/torch/pickled.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::torch {

/// Bytes that a pickle has at most, in whatever kind of file.
inline constexpr std::uint64_t kMaxPickle = std::uint64_t{1} << 30;

/// Where the bytes of a storage are.
struct StoragePlace {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t entry = kNone;  ///< of the archive
  bool is_there = false;        ///< as many as the pickle says; else that has been told
};

struct CheckpointFile {
  std::string kind;                       ///< what it is called: "PyTorch", "PyTorch, TorchScript"
  std::string version;                    ///< of the kind of file; empty where it has none
  std::unique_ptr<zip::Archive> archive;  ///< where it is one
  std::unique_ptr<Pickled> pickled;
  std::vector<StoragePlace> places;  ///< beside the pickle's storages
  bool is_big_endian = false;
};

/// Each tells what is wrong, and throws CorruptError or UnsupportedError where nothing is left to read.
CheckpointFile open_archive(const std::shared_ptr<const io::Input>& input, Report& report);
CheckpointFile open_legacy(const io::Input& input, Report& report);
CheckpointFile open_tar(const io::Input& input, Report& report);

/// Reads a pickle, and tells what two programs could see in different ways, and what it would have called.
/// `is_last`: nothing may follow it in its bytes.
void read_and_judge(Pickled& pickled, const std::string& path, bool is_last, Report& report);

/// The CRC-32 that a member is held to: torch writes 0 where it computes none.
std::optional<std::uint32_t> expected_crc(const zip::Entry& entry);

}  // namespace aerotool::torch
