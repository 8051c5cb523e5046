// A part of an input as an input of its own: one of several files that lie behind each other in one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "io/input.hpp"

namespace aerotool::io {

class PartInput final : public Input {
 public:
  /// `name` is what messages call it. The part is inside of the input.
  PartInput(std::shared_ptr<const Input> input, const ByteRange& part, std::string name)
      : Input(std::move(name), input->identity(),
              {part.end - part.begin, input->version().seconds, input->version().nanoseconds}),
        input_(std::move(input)),
        begin_(part.begin) {}

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    require_range(offset, out.size());
    input_->read(begin_ + offset, out);
  }
  Bytes view(std::uint64_t offset, std::uint64_t length) const override {
    require_range(offset, length);
    return input_->view(begin_ + offset, length);
  }
  std::uint64_t next_stored(std::uint64_t offset, std::uint64_t end) const override {
    return input_->next_stored(begin_ + offset, begin_ + end) - begin_;
  }
  void require_unchanged() const override { input_->require_unchanged(); }
  std::uint64_t preferred_block_size() const override { return input_->preferred_block_size(); }
  bool is_here() const override { return input_->is_here(); }

 private:
  std::shared_ptr<const Input> input_;
  std::uint64_t begin_;
};

}  // namespace aerotool::io
