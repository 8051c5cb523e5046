// What the SHA-256 of whole files says of the tensors in them, where the weights are on a server.
#pragma once

#include <map>
#include <optional>

#include "hash/digest.hpp"
#include "io/progress.hpp"
#include "model/model.hpp"

namespace aerotool::tasks {

/// Whether all of a model's files are on this machine. Reading weights of others is for those who ask for it.
bool is_here(const Model& model);

class WholeFiles {
 public:
  WholeFiles(unsigned jobs, io::Progress* progress) : jobs_(jobs), progress_(progress) {}

  /// Whether two files are told to have the same bytes: by hashes that are known of both, or known of the one
  /// and made of the other, which is here and of the same size; each such file is read once. False where
  /// nothing is known.
  bool same(const ModelFile& a, const ModelFile& b);

 private:
  /// Of a file that is here.
  const Digest& hash(const io::Input& input);

  unsigned jobs_;
  io::Progress* progress_;
  std::map<const io::Input*, Digest> made_;
};

}  // namespace aerotool::tasks
