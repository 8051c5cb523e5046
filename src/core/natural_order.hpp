// The order in which people count: 2 before 10.
#pragma once

#include <string_view>

namespace aerotool {

/// Whether `a` comes before `b` where runs of digits are numbers: "layers.2" before "layers.10". The dots and
/// slashes between the parts of a name come before all else, so that what begins with the same parts stays
/// together. Only equal texts are equal.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace aerotool
