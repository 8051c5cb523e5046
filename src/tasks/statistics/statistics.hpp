// What the numbers of a model's tensors are like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "tasks/in_order.hpp"
#include "tasks/listener.hpp"
#include "tasks/statistics/summary.hpp"

namespace aerotool::tasks {

/// Why nothing is known of a tensor's numbers: "truth values", "complex numbers", "not decoded"; empty where
/// they are summarized.
std::string why_no_statistics(const Tensor& tensor);

class Statistics {
 public:
  /// Reads the tensors that have numbers, each once, while `listener` follows, and holds them to all hashes
  /// that the model carries of them. The result is the same for any number of jobs. Throws CorruptError that
  /// names the tensors, and what Model::read throws. `model` and `tensors` outlive this.
  Statistics(const Model& model, const std::vector<std::size_t>& tensors, unsigned jobs,
             const Listener& listener);
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;

  const Model& model() const { return model_; }
  /// As they were given.
  const std::vector<std::size_t>& tensors() const { return tensors_; }
  const Tensor& tensor(std::size_t place) const { return model_.tensors()[tensors_[place]]; }
  /// Of a tensor, by its place among those that were given; null where why_no_statistics() says something.
  const NumberSummary* of(std::size_t place) const;

 private:
  void read(const std::vector<std::size_t>& places, unsigned jobs, io::Progress* progress);
  void look(std::size_t place, std::uint64_t offset, ByteSpan bytes);

  const Model& model_;
  const std::vector<std::size_t>& tensors_;
  std::mutex mutex_;                           // of what is found
  std::vector<InOrder<NumberSummary>> found_;  // beside the tensors
};

}  // namespace aerotool::tasks
