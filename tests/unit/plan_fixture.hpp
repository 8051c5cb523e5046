// Models made up in memory, and plans of them, for the tests of writers: what no sound file says can be said.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "files.hpp"
#include "io/output.hpp"
#include "transfer/plan.hpp"

namespace aerotool::test {

class MadeUpModel : public Model {
 public:
  /// The tensor's bytes count up from its number.
  MadeUpModel& add(std::string name, DType dtype, Shape shape) {
    Tensor& tensor = tensors_.emplace_back();
    tensor.name = std::move(name);
    tensor.dtype = dtype;
    tensor.size = dtype.size_of(shape).bytes.value();
    tensor.shape = std::move(shape);
    return *this;
  }

  const std::string& path() const override { return path_; }
  Overview overview() const override { return view; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  std::vector<Tensor>& tensors() { return tensors_; }
  Metadata metadata() const override { return source_.metadata.value_or(Metadata{}); }
  Source source() const override { return source_; }
  Source& source() { return source_; }
  OwnContent own_content() const override { return own; }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(tensor + offset + i);
  }
  bool check(const CheckOptions&, Report&) const override { return true; }
  void require_unchanged() const override {}

  Overview view;
  OwnContent own = {"AERO", {}, false};

 private:
  std::string path_ = "made-up.aero";
  std::vector<Tensor> tensors_;
  Source source_;
};

/// All tensors of a model, in name order.
inline Plan plan_of(const Model& model) {
  Plan plan;
  plan.models = {&model};
  for (std::size_t i = 0; i < model.tensors().size(); ++i) plan.tensors.push_back({&model, i});
  std::sort(plan.tensors.begin(), plan.tensors.end(),
            [](const PlannedTensor& a, const PlannedTensor& b) { return a.tensor().name < b.tensor().name; });
  return plan;
}

/// The bytes that a writer makes.
inline std::string written(const Writer& writer, const Plan& plan) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("out");
  io::Output output = io::Output::to_path(path);
  writer.draft(plan)->write(output, nullptr);
  output.commit();
  return read_file(path);
}

/// What the writer refuses a plan with, before there is an output; "no error" where it does not.
inline std::string refusal(const Writer& writer, const Plan& plan) {
  try {
    writer.draft(plan);
  } catch (const Error& error) {
    return error.what();
  }
  static_cast<void>(written(writer, plan));
  return "no error";
}

inline Bytes bytes(std::string text) {
  return Bytes::own(std::move(text));
}

}  // namespace aerotool::test
