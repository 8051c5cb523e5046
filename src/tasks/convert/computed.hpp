// The tensors of a conversion that are computed: cast to another dtype, or decoded from quantized codes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/convert/request.hpp"
#include "tasks/listener.hpp"
#include "transfer/plan.hpp"
#include "transfer/transforms/cast.hpp"

namespace aerotool::tasks {

/// A tensor whose values were rounded, or decoded.
struct ComputedTensor {
  std::string name;
  std::string from;  ///< the dtype, or the layout of a quantized weight
  DType to;
  std::shared_ptr<const CastTally> tally;  ///< null where nothing can be lost that it would count
  bool of_several = false;                 ///< tensors, which are gone: codes, scales, ...
};

/// Replaces the plan's tensors as the request's dtypes and `dequantize` ask for; the plan has its models and
/// its tensors, in the order of their names, and keeps that order. Tensors that a quantized weight consumes
/// go. Throws RequestError and UnsupportedError before any weight is read.
std::vector<ComputedTensor> compute_tensors(const ConvertRequest& request, const Listener& listener,
                                            Plan& plan);

/// "12 values clipped, 3 flushed to zero, 1 NaN"; empty where nothing happened.
std::string text_of(const CastCounts& counts);

/// Tells what became of values: a note of all where anything did, and each tensor as a detail.
void tell_of_casts(const std::vector<ComputedTensor>& computed, const std::string& output,
                   const Listener& listener);

}  // namespace aerotool::tasks
