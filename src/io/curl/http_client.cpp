#include "io/http_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "io/address_rules.hpp"
#include "io/curl/curl_library.hpp"
#include "io/host.hpp"
#include "io/interrupt.hpp"
#include "io/proxy_choice.hpp"

namespace aerotool::io {
namespace {

constexpr std::size_t kMaxHead = std::size_t{64} << 10;
constexpr long kConnectSeconds = 30;
/// An answer that is slower than this for so long has stopped: a byte now and then is no sign of life.
constexpr long kStallSeconds = 30;
constexpr long kStallSpeed = 1024;
constexpr long kReceiveBuffer = 128L << 10;

/// Where distributions keep the certificates of authorities, where libcurl was built for another one.
constexpr std::array kAuthorityFiles = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                        "/etc/ssl/cert.pem"};

std::string authorities() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const char* file = std::getenv(name); file != nullptr && *file != '\0') return file;
  }
  for (const char* file : kAuthorityFiles) {
    if (::access(file, R_OK) == 0) return file;
  }
  return {};
}

/// What the callbacks of one exchange share. They are called from C, so that nothing may be thrown through
/// them: it is kept, and thrown behind them.
class Exchange {
 public:
  Exchange(const HttpRequest& request, const AllowedHosts& allowed, bool has_proxy,
           const HttpClient::OnHead& on_head, const HttpClient::OnBody& on_body)
      : request_(request), allowed_(allowed), has_proxy_(has_proxy), on_head_(on_head), on_body_(on_body) {}

  std::size_t take_header(std::string_view line) {
    head_bytes_ += line.size();
    if (head_bytes_ > kMaxHead) {
      trouble_ = HttpTrouble{"the head of the answer is longer than " + human_size(kMaxHead), false};
      return 0;
    }
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      head_ = {};
      const auto space = line.find(' ');
      head_.status =
          space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space + 1)).c_str());
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
      std::string_view value = line.substr(colon + 1);
      while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
      while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
      head_.fields[std::move(name)] = value;
    } else if (line.empty() && brings_body()) {
      // What is not wanted is not waited for.
      return guarded([&] { return decide(); }) ? 1 : 0;
    }
    return 1;
  }

  /// False: no more is wanted.
  bool take_body(ByteSpan bytes) {
    return guarded([&] {
      if (!decide()) return false;
      received_ += bytes.size();
      wanted_ = on_body_(bytes);
      return *wanted_;
    });
  }

  bool goes_on() {
    return guarded([&] {
      check_interrupt();
      if (request_.stopped != nullptr && *request_.stopped) throw Stopped();
      return true;
    });
  }

  bool may_connect(const sockaddr* address, std::size_t length) {
    return guarded([&] {
      // It is the proxy's, which the user has set up; what it connects to is its own affair.
      if (has_proxy_) return true;
      std::string why = address_problem(address, length, request_.url.origin, request_.typed, allowed_);
      if (why.empty()) return true;
      trouble_ = HttpTrouble{std::move(why), false};
      return false;
    });
  }

  /// Of an answer without a body, too.
  bool decide() {
    if (!wanted_) wanted_ = on_head_(head_);
    return *wanted_;
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  bool has_head() const { return head_.status >= 200; }
  bool is_decided() const { return wanted_.has_value(); }
  bool was_refused() const { return wanted_ && !*wanted_; }
  std::uint64_t received() const { return received_; }
  const std::optional<HttpTrouble>& trouble() const { return trouble_; }

 private:
  /// Without one, the connection stays good for another exchange.
  bool brings_body() const {
    if (head_.status < 200 || head_.status == 204 || head_.status == 304) return false;
    const std::string_view length = head_.field("content-length");
    return (!length.empty() && length != "0") || !head_.field("transfer-encoding").empty();
  }

  template <typename Work>
  bool guarded(const Work& work) noexcept {
    try {
      return work();
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  const HttpRequest& request_;
  const AllowedHosts& allowed_;
  const bool has_proxy_;
  const HttpClient::OnHead& on_head_;
  const HttpClient::OnBody& on_body_;
  HttpHead head_;
  std::size_t head_bytes_ = 0;
  std::optional<bool> wanted_;
  std::uint64_t received_ = 0;
  std::optional<HttpTrouble> trouble_;
  std::exception_ptr failure_;
};

std::size_t on_header(char* line, std::size_t size, std::size_t count, void* exchange) {
  const std::size_t length = size * count;
  return static_cast<Exchange*>(exchange)->take_header({line, length}) != 0 ? length : 0;
}

std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  const std::size_t length = size * count;
  return static_cast<Exchange*>(exchange)->take_body(bytes_of({bytes, length})) ? length : length + 1;
}

int on_progress(void* exchange, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(exchange)->goes_on() ? 0 : 1;
}

curl_socket_t on_socket(void* exchange, curlsocktype, curl_sockaddr* address) {
  if (!static_cast<Exchange*>(exchange)->may_connect(&address->addr, address->addrlen))
    return CURL_SOCKET_BAD;
#ifdef SOCK_CLOEXEC
  address->socktype |= SOCK_CLOEXEC;
#endif
  return ::socket(address->family, address->socktype, address->protocol);
}

bool is_transient(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// A handle, and the text that libcurl says last.
struct HttpClient::Handle {
  struct Free {
    void operator()(CURL* handle) const { curl_library().easy_cleanup(handle); }
  };
  std::unique_ptr<CURL, Free> easy;
  std::array<char, CURL_ERROR_SIZE> said{};
};

HttpClient::HttpClient(AllowedHosts allowed) : allowed_(std::move(allowed)) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Handle> HttpClient::take() {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.requests;
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  auto handle = std::make_unique<Handle>();
  handle->easy.reset(curl_library().easy_init());
  if (!handle->easy) throw std::bad_alloc();
  return handle;
}

void HttpClient::give_back(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
}

HttpClient::Counts HttpClient::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::optional<HttpTrouble> HttpClient::perform(const HttpRequest& request, const OnHead& on_head,
                                               const OnBody& on_body) {
  const CurlLibrary& curl = curl_library();
  const std::string proxy = proxy_for(request.url.origin);
  if (!proxy.empty()) {
    // An address needs no look-up to be one of those that may not be asked for.
    if (const auto literal = parse_host(request.url.origin.host).address) {
      std::string why = address_problem(*literal, request.url.origin, request.typed, allowed_);
      if (!why.empty()) return HttpTrouble{std::move(why), false};
    }
  }
  std::unique_ptr<Handle> handle = take();
  CURL* const easy = handle->easy.get();
  Exchange exchange(request, allowed_, !proxy.empty(), on_head, on_body);
  curl.easy_reset(easy);
  const auto set = [&](CURLoption option, auto value) {
    const CURLcode code = curl.easy_setopt(easy, option, value);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
    if (code != CURLE_OK)
      throw UsageError(std::string("URLs cannot be read here: libcurl: ") + curl.easy_strerror(code));
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_library().slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, FreeList> fields;
  const auto add_field = [&](const std::string& field) {
    curl_slist* const longer = curl.slist_append(fields.get(), field.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(fields.release());
    fields.reset(longer);
  };
  // What a cache or a gateway packs on the way is not the file's bytes.
  add_field("Accept-Encoding: identity");
  if (request.range) {
    add_field("Range: bytes=" + std::to_string(request.range->begin) + "-" +
              std::to_string(request.range->end - 1));
  }
  if (request.last_byte) add_field("Range: bytes=-1");
  if (!request.if_match.empty()) add_field("If-Match: " + request.if_match);
  if (!request.if_none_match.empty()) add_field("If-None-Match: " + request.if_none_match);
  if (!request.if_modified_since.empty()) add_field("If-Modified-Since: " + request.if_modified_since);
  const auto& user = request.url.user;
  if (!request.authorization.empty()) {
    add_field("Authorization: " + request.authorization);
  } else if (user) {
    set(CURLOPT_USERNAME, user->name.c_str());
    set(CURLOPT_PASSWORD, user->password.c_str());
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  }
  const std::string url = request.url.to_request();
  const std::string authority_file = authorities();
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTPHEADER, fields.get());
  set(CURLOPT_USERAGENT, "aerotool");
  // Chosen here, so that it is known whether an address is the server's.
  set(CURLOPT_PROXY, proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, kStallSpeed);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(CURLOPT_ERRORBUFFER, handle->said.data());
  if (!authority_file.empty()) set(CURLOPT_CAINFO, authority_file.c_str());
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(CURLOPT_WRITEFUNCTION, &on_bytes);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  handle->said.front() = '\0';
  const CURLcode code = curl.easy_perform(easy);
  exchange.rethrow();
  {
    const std::lock_guard lock(mutex_);
    counts_.bytes += exchange.received();
  }
  std::string said = handle->said.front() != '\0' ? handle->said.data() : curl.easy_strerror(code);
  // One that failed before it was connected takes no other buffer any more.
  if (code == CURLE_OK || exchange.was_refused()) give_back(std::move(handle));
  if (exchange.trouble()) return exchange.trouble();
  if (exchange.was_refused()) return std::nullopt;
  if (code == CURLE_OK) {
    if (!exchange.has_head()) return HttpTrouble{"the answer has no head", true};
    exchange.decide();
    return std::nullopt;
  }
  if (code == CURLE_OUT_OF_MEMORY) {
    // It says so of a line without end, too.
    if (!exchange.is_decided())
      return HttpTrouble{"a line of the answer's head is too long, or there is not enough memory", false};
    throw std::bad_alloc();
  }
  return HttpTrouble{std::move(said), is_transient(code)};
}

}  // namespace aerotool::io
