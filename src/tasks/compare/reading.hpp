// Reads the tensors of two models side by side, and tells what differs in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "tasks/compare/checked_reader.hpp"
#include "tasks/compare/pairs.hpp"
#include "tasks/in_order.hpp"

namespace aerotool::tasks {

class Reading {
 public:
  /// All of these outlive this.
  Reading(const ComparedModel& a, const ComparedModel& b, const std::vector<Pair>& pairs,
          const std::optional<ComparableNumbers>& numbers);

  /// Throws what compare_weights() throws.
  void run(const CompareOptions& options);

  /// After run(): what differs in a pair, by its place; nothing where it is the same, or part of another one.
  std::optional<TensorDifference> difference(std::size_t place) const;

 private:
  struct State {
    bool bytes_too = false;  // dtype and shape are the same
    ByteDifference bytes;    // of weights in parts: how many, of all
  };
  struct Numbers {
    std::optional<BothBlocks> blocks;  // where they are compared
    InOrder<NumericDifference> found;
  };

  bool is_decoded(std::size_t place) const { return a_.is_decoded(place) || b_.is_decoded(place); }
  /// Nothing where numbers are not compared.
  std::optional<BothBlocks> blocks_of(std::size_t place) const {
    return numbers_.empty() ? std::nullopt : numbers_[place].blocks;
  }
  void run_all(const std::vector<std::size_t>& places, unsigned jobs, io::Progress* progress);
  void prepare(std::size_t place);
  std::uint64_t length_of(std::size_t place) const;
  std::vector<std::size_t> parts_that_differ();
  void look(std::size_t place, std::uint64_t offset, ByteSpan bytes);
  std::vector<std::byte> take_buffer();
  void look_at_run(std::size_t place, std::uint64_t offset, ByteSpan a, ByteSpan b);

  const std::vector<Pair>& pairs_;
  const std::optional<ComparableNumbers>& comparable_;
  CheckedReader a_;
  CheckedReader b_;
  std::mutex mutex_;                             // of the buffers, and of what is found
  std::vector<std::vector<std::byte>> buffers_;  // that no thread has
  std::vector<State> states_;                    // beside the pairs
  std::vector<Numbers> numbers_;                 // the same; empty where they are not asked for
};

}  // namespace aerotool::tasks
