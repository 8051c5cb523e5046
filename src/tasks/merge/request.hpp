// What a merge is asked to do, as the command line says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/convert/target.hpp"
#include "tasks/open.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::tasks {

/// What is done about a tensor that some of the models lack.
enum class Missing {
  error,
  first  ///< it is copied from the first that has it; the base comes first
};

struct MergeRequest {
  std::vector<std::string> models;  ///< paths as open_model() takes them
  std::optional<std::string> base;  ///< likewise; may be one of `models`
  std::optional<std::string> method;
  std::optional<std::string> config;  ///< a mergekit file
  std::optional<std::string> stack;   ///< "A:0-16,B:8-24"
  // Each as VALUE[,VALUE...][:PATTERN], a value as A[..B[..C...]]; the last that fits a tensor holds.
  std::vector<std::string> weight;
  std::vector<std::string> density;
  std::vector<std::string> lambda;
  std::vector<std::string> t;
  std::optional<std::uint64_t> seed;
  Missing missing = Missing::error;
  std::vector<std::string> dtypes;  ///< TYPE[:PATTERN]
  bool strict = false;              ///< a value that is too large for its dtype is refused
  ReadOptions read;
  Target target;
  bool dry_run = false;    ///< nothing will be written
  bool side_files = true;  ///< those of the base, else of the first model, come along
  bool force = false;      ///< another model in the output directory is replaced
  std::optional<std::string> name;
  std::optional<std::string> architecture;
  WriteOptions options;
  unsigned jobs = 1;
};

}  // namespace aerotool::tasks
