#include "model/report.hpp"

#include <doctest/doctest.h>

using namespace aerotool;

TEST_CASE("report: a message that quotes a hostile text is cut") {
  Report report(Report::Mode::judge);
  report.fault(Code::malformed, {}, "short");
  report.fault(Code::malformed, {}, "a name of '" + std::string(1'000'000, 'x') + "'");
  REQUIRE(report.findings().size() == 2);
  CHECK(report.findings()[0].message == "short");
  CHECK(report.findings()[1].message.size() == Report::kMaxMessage + 3);
  CHECK(report.findings()[1].message.capacity() < 4 * Report::kMaxMessage);
  CHECK(report.findings()[1].message.ends_with("xxx..."));
}
