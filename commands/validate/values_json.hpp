// What validate --values found, as JSON.
#pragma once

#include "cli/json_out.hpp"
#include "model/value_findings.hpp"

namespace aerotool::commands {

/// The member "values" of an object.
void print_values(const ValueFindings& values, cli::JsonOut& json);

}  // namespace aerotool::commands
