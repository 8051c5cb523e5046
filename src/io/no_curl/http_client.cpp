// Where the program was built without libcurl.
#include "io/http_client.hpp"

#include "core/error.hpp"

namespace aerotool::io {

struct HttpClient::Handle {};

HttpClient::HttpClient(AllowedHosts allowed) : allowed_(std::move(allowed)) {}
HttpClient::~HttpClient() = default;

HttpClient::Counts HttpClient::counts() const {
  return {};
}

std::optional<HttpTrouble> HttpClient::perform(const HttpRequest& request, const OnHead& /*on_head*/,
                                               const OnBody& /*on_body*/) {
  throw UsageError(request.url.shown() + ": URLs cannot be read: this aerotool was built without libcurl");
}

}  // namespace aerotool::io
