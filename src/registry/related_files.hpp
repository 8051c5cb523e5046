// Files that an output must not take the place of: those of the models that are read, and those of the sets
// that these are a part of.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/identity.hpp"
#include "model/model.hpp"
#include "transfer/format.hpp"

namespace aerotool {

class RelatedFiles {
 public:
  /// A file of the set is one of the same numbered row (NAME-00001-of-00003.EXTENSION), or one that an index
  /// beside them names together with a file of the model, and that index. What cannot be looked at is left
  /// out.
  explicit RelatedFiles(const std::vector<const Model*>& models);

  enum class Relation {
    none,
    own,     ///< a file of a model
    sibling  ///< of a set that a model's file is a part of
  };
  struct Found {
    Relation relation = Relation::none;
    std::string of;  ///< the file of the model
  };
  /// What the file that a path leads to is to the models; by identity, so that another name of it, or
  /// a link to it, is told too. Nothing where there is no file.
  Found find(const std::string& path) const;

  /// How many files the models lie in.
  std::size_t own_count() const { return own_count_; }

 private:
  void add(const std::string& path, Relation relation, const std::string& of);
  /// The names of rows in a directory, each with a file of the model that is in it.
  using Rows = std::map<std::string, std::string>;
  void add_siblings(const std::string& directory, const Rows& rows);
  void add_named_by(const std::string& index, const Format& format);

  std::unordered_map<io::Identity, Found> files_;
  std::size_t own_count_ = 0;
};

}  // namespace aerotool
