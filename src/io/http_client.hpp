// One HTTP request and its answer. What may be asked of whom, and what an answer means, is decided above
// (io/remote_file.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "io/address_rules.hpp"
#include "io/url.hpp"

namespace aerotool::io {

/// Bytes [begin, end) of what the URL names.
struct HttpRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct HttpRequest {
  Url url;
  std::optional<HttpRange> range = {};
  bool last_byte = false;     ///< the last byte alone, wherever it is
  std::string if_match = {};  ///< an entity tag; empty: not asked
  /// Nothing but the head is wanted where the file still has this tag, or has not changed since this date.
  std::string if_none_match = {};
  std::string if_modified_since = {};
  std::string authorization = {};  ///< the field's value; the caller knows that the URL's origin may have it
  Origin typed = {};               ///< whom the user named; others' addresses are held to the rules
  const std::atomic<bool>* stopped = nullptr;  ///< the exchange ends soon after this has become true
};

struct HttpHead {
  int status = 0;  ///< 0 before there is one
  /// By names in lower case; of several with one name the last.
  std::map<std::string, std::string, std::less<>> fields = {};

  /// Empty where there is none.
  std::string_view field(std::string_view name) const;
};

/// Why an exchange ended before its time, where that is not the answer's own doing.
struct HttpTrouble {
  std::string message;       ///< "connection refused"; no URL in it
  bool is_transient = true;  ///< to try once more may help
};

/// Connections stay open from one exchange to the next, as many as there were exchanges at a time.
class HttpClient {
 public:
  explicit HttpClient(AllowedHosts allowed);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Whether the body is wanted; called once, with the whole head.
  using OnHead = std::function<bool(const HttpHead&)>;
  /// False: no more is wanted.
  using OnBody = std::function<bool(ByteSpan)>;

  /// Asks, and hands on the head and, where it is wanted, the body, as it comes. Nothing where the answer has
  /// come whole or no more of it was wanted. Thread-safe; the callbacks are called by the calling thread.
  /// Throws what they throw, Interrupted, Stopped, and UsageError where there is no libcurl.
  std::optional<HttpTrouble> perform(const HttpRequest& request, const OnHead& on_head,
                                     const OnBody& on_body);

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;  ///< of bodies
  };
  Counts counts() const;

 private:
  struct Handle;
  std::unique_ptr<Handle> take();
  void give_back(std::unique_ptr<Handle> handle);

  const AllowedHosts allowed_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
  Counts counts_;
};

}  // namespace aerotool::io
