// Which files that are there already a conversion may replace (src/BEHAVIOUR.md, "Outputs").
#pragma once

#include <string>
#include <vector>

#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// Throws RequestError where a file is one of several models, or a part of a set that one belongs to. A model
/// that is one file may be replaced by what is made of it alone.
void require_no_input(const std::string& output, const Plan& plan);

/// The same for the files that a set would replace or remove in a directory: the files of one model may go
/// where all of its tensors are written. Else, without `force`, also throws RequestError where a file holds
/// another model, or in the place of a side file something else.
void require_replaceable(const std::string& directory, const Plan& plan, const ExistingFiles& existing,
                         bool force);

/// Files in a directory that stand for other models, so that it would not be clear which model the directory
/// is once the files that `writer` makes are in it.
std::vector<std::string> other_models_in(const std::string& directory, const SetWriter& writer,
                                         const std::vector<PlannedFile>& written,
                                         const ExistingFiles& existing);

}  // namespace aerotool::tasks
