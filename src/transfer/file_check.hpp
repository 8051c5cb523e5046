// What can be checked of a file whose format has no hashes of its own: the values that it holds, and the
// SHA-256 that somebody gives of it.
#pragma once

#include <span>
#include <vector>

#include "hash/sha256.hpp"
#include "io/input.hpp"
#include "model/model.hpp"

namespace aerotool {

/// The SHA-256 of a file over a read that is made anyway, held to what those say who know it: the options of
/// a check, and the store that the file lies in.
class FileSha256 {
 public:
  FileSha256(const io::Input& input, const CheckOptions& options);

  /// Else nothing has to be added.
  bool wanted() const { return !expected_.empty(); }
  /// All bytes of the file, in order.
  void add(ByteSpan bytes) { sha256_.add(bytes); }
  /// After the last byte.
  void judge(Report& report, CheckTally& tally);

 private:
  const io::Input& input_;
  std::vector<ExpectedSha256> expected_;
  hash::Sha256 sha256_;
};

/// One read over the file where there is anything to check, none else.
void check_file(const io::Input& input, const std::vector<Tensor>& tensors, const CheckOptions& options,
                Report& report);

}  // namespace aerotool
