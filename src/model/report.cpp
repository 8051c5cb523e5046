#include "model/report.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace aerotool {

void Report::note(Finding finding) {
  if (finding.severity == Severity::fault) ++fault_count_;
  if (findings_.size() == kMax) {
    ++omitted_;
    return;
  }
  if (finding.message.size() > kMaxMessage) finding.message = finding.message.substr(0, kMaxMessage) + "...";
  if (finding.hit.size() > kMaxHits - hits_) finding.hit.resize(kMaxHits - hits_);
  hits_ += finding.hit.size();
  findings_.push_back(std::move(finding));
}

void Report::unreadable(Code code, Where where, std::string message, std::vector<HitTensor> hit) {
  if (!judging()) {
    if (!hit.empty()) message += "; hit: " + list_names(hit);
    throw CorruptError(std::move(where), std::move(message), code);
  }
  note({Severity::fault, code, std::move(where), std::move(message), std::move(hit)});
}

void Report::fault(Code code, Where where, std::string message, std::vector<HitTensor> hit) {
  if (judging()) note({Severity::fault, code, std::move(where), std::move(message), std::move(hit)});
}

void Report::doubt(Code code, Where where, std::string message) {
  judging() ? fault(code, std::move(where), std::move(message))
            : warning(code, std::move(where), std::move(message));
}

void Report::warning(Code code, Where where, std::string message) {
  note({Severity::warning, code, std::move(where), std::move(message), {}});
}

void Report::absorb(const Report& other) {
  for (const Finding& finding : other.findings_) note(finding);
  omit(other.omitted_, other.omitted_faults());
}

void Report::omit(std::uint64_t findings, std::uint64_t faults) {
  omitted_ += findings;
  fault_count_ += faults;
}

std::uint64_t Report::omitted_faults() const {
  return fault_count_ -
         static_cast<std::uint64_t>(std::ranges::count(findings_, Severity::fault, &Finding::severity));
}

std::string list_names(const std::vector<HitTensor>& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const HitTensor& tensor : tensors) names.push_back(tensor.name);
  return listed(names, 5, Quotes::yes);
}

}  // namespace aerotool
