#include "io/remote_file.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/http_fields.hpp"
#include "io/patience.hpp"
#include "io/url_reference.hpp"

namespace aerotool::io {
namespace {

constexpr unsigned kMaxRedirects = 5;
/// What makes up for a failure; a few bytes between two of them would let a server go on for ever.
constexpr std::uint64_t kProgress = std::uint64_t{64} << 10;
/// The end of a range that is none: all bytes, however many there are.
constexpr std::uint64_t kWhole = UINT64_MAX;
/// Of what the body of an error says.
constexpr std::size_t kMaxErrorLine = 200;
/// Fields that tell of the file, on whatever answer on the way they are.
constexpr std::string_view kFacts[] = {"x-repo-commit", "x-linked-etag", "x-linked-size", "x-error-code",
                                       "link"};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The same request may do better later.
bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/// What a signed URL answers when its time is over.
bool is_expiry(int status) {
  return status == 401 || status == 403 || status == 404 || status == 410;
}

/// Bytes that are not those of the file.
std::optional<std::string> packed_on_the_way(const HttpHead& head) {
  const std::string_view packing = head.field("content-encoding");
  if (packing.empty() || packing == "identity") return std::nullopt;
  return "the server packs what it sends (" + escape_controls(shortened(std::string(packing))) +
         "), although it was asked not to";
}

}  // namespace

/// What went wrong with an attempt.
struct RemoteFile::Failure {
  std::string message;
  bool is_transient = false;
  bool wants_new_target = false;
  std::optional<std::chrono::seconds> wait = {};
  int status = 0;  ///< of the answer, where it is an error
  std::string code = {};
};

/// What the head of an answer led to.
struct RemoteFile::Answer {
  HttpHead head = {};
  std::optional<Failure> failure = {};
  std::uint64_t left = 0;  ///< bytes of the body that are wanted
  std::string error_line = {};
  bool error_line_ended = false;
};

RemoteFile::RemoteFile(std::shared_ptr<RemoteAccess> access, const RemoteName& name)
    : access_(std::move(access)),
      url_(name.url),
      typed_(name.typed),
      shown_(shown_name(name)),
      explain_(name.explain) {}

RemoteFile::Begun RemoteFile::begin(std::uint64_t most, const std::optional<RemoteState>& known,
                                    std::vector<std::byte>& bytes) {
  asked_state_ = known;
  fetch(0, most,
        [&](std::uint64_t, ByteSpan piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  asked_state_.reset();
  if (!has_ranges_) return Begun::without_ranges;
  return is_unchanged_ ? Begun::unchanged : Begun::with_bytes;
}

void RemoteFile::begin_in(const RemoteState& known) {
  state_ = known;
  begun_ = true;
}

std::string RemoteFile::validator() const {
  const std::lock_guard lock(mutex_);
  return state_.validator();
}

std::string RemoteFile::fact(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(name);
  return found == facts_.end() ? "" : found->second;
}

std::string RemoteFile::linked_sha256() const {
  constexpr std::size_t kDigits = 64;
  std::string tag = fact("x-linked-etag");
  if (tag.size() != kDigits + 2 || !tag.starts_with('"') || !tag.ends_with('"')) return {};
  tag = tag.substr(1, kDigits);
  return tag.find_first_not_of("0123456789abcdef") == std::string::npos ? tag : std::string{};
}

void RemoteFile::fetch(std::uint64_t begin, std::uint64_t end, const Sink& sink,
                       const std::atomic<bool>* stopped) {
  Patience patience;
  // How many bytes there are is known behind the first answer.
  while (begin < std::min(end, known_size()) && has_ranges_ && !(asked_state_ && is_unchanged_)) {
    const std::uint64_t before = begin;
    const auto failure = attempt(begin, std::min(end, known_size()), sink, stopped);
    if (begin != before) {
      if (begin - before >= kProgress) patience.progress();
      const std::lock_guard lock(mutex_);
      target_is_renewed_ = false;
    }
    if (!failure) continue;
    if (failure->wants_new_target) continue;
    bear(*failure, patience, stopped);
  }
}

void RemoteFile::bear(const Failure& failure, Patience& patience, const std::atomic<bool>* stopped) const {
  if (!failure.is_transient && failure.status != 0)
    throw RefusedError({shown_, {}, {}}, failure.message, failure.status, failure.code);
  if (!failure.is_transient) refuse(failure.message);
  if (failure.wait > kMostAskedWait) {
    refuse(failure.message + "; it asks to be left alone for " +
           plural(static_cast<std::uint64_t>(failure.wait->count()), "second"));
  }
  if (!patience.goes_on()) refuse(failure.message);
  ++access_->retries;
  patience.wait(failure.wait, stopped);
}

void RemoteFile::fetch_whole(const Sink& sink) {
  Patience patience;
  std::uint64_t done = 0;
  while (const auto failure = attempt(done, kWhole, sink, nullptr)) {
    if (done != 0) refuse(failure->message + "; without ranges, what broke off cannot be gone on with");
    if (!failure->wants_new_target) bear(*failure, patience, nullptr);
  }
}

void RemoteFile::hold_to_state(HttpRequest& request, const Origin& origin) const {
  if (begun_) {
    if (is_strong_tag(state_.tag) && state_.origin == origin) request.if_match = state_.tag;
  } else if (asked_state_) {
    if (asked_state_->tag.empty()) {
      request.if_modified_since = asked_state_->date;
    } else if (asked_state_->origin == origin) {
      request.if_none_match = asked_state_->tag;
    }
  }
}

bool RemoteFile::asks_for_size() const {
  const std::lock_guard lock(mutex_);
  return asks_for_size_;
}

std::uint64_t RemoteFile::known_size() const {
  const std::lock_guard lock(mutex_);
  return begun_ ? state_.size : UINT64_MAX;
}

std::optional<RemoteFile::Failure> RemoteFile::attempt(std::uint64_t& begin, std::uint64_t end,
                                                       const Sink& sink, const std::atomic<bool>* stopped) {
  if (access_->offline) return Failure{"is not in the cache, and --offline asks no server"};
  Url url = url_;
  bool is_remembered = false;
  {
    const std::lock_guard lock(mutex_);
    if (target_) {
      url = *target_;
      is_remembered = true;
    }
  }
  for (unsigned redirects = 0;; ++redirects) {
    HttpRequest request{.url = url, .range = HttpRange{begin, end}, .typed = typed_, .stopped = stopped};
    if (end == kWhole) {
      request.range.reset();
    } else {
      const std::lock_guard lock(mutex_);
      if (asks_for_size_) {
        request.last_byte = true;
        request.range.reset();
      }
      hold_to_state(request, url.origin);
    }
    if (access_->authorization) request.authorization = access_->authorization(url.origin);
    Answer answer;
    const auto trouble = access_->client.perform(
        request,
        [&](const HttpHead& head) {
          return look(head, url, {begin, end}, answer);
        },
        [&](ByteSpan bytes) { return take(bytes, begin, answer, sink); });
    if (answer.head.status == 0)
      return Failure{trouble ? trouble->message : "there is no answer", trouble && trouble->is_transient};
    keep_facts(answer.head);
    if (is_redirect(answer.head.status)) {
      if (redirects == kMaxRedirects)
        return Failure{"more than " + std::to_string(kMaxRedirects) + " redirects"};
      ParsedUrl next = resolve_redirect(url, answer.head.field("location"));
      if (!next.url) return Failure{"the server redirects to what " + next.problem};
      url = std::move(*next.url);
      is_remembered = false;
      continue;
    }
    if (answer.failure) {
      const bool may_ask_anew = is_remembered && is_expiry(answer.head.status) && forget_target(url);
      if (may_ask_anew) answer.failure->wants_new_target = true;
      if (!answer.error_line.empty())
        answer.failure->message += ": " + escape_controls(shortened(answer.error_line));
      answer.failure->code = answer.head.field("x-error-code");
      if (explain_ && answer.failure->status != 0 && url.origin == typed_) {
        if (auto meaning = explain_(answer.failure->status, answer.failure->code); !meaning.empty())
          answer.failure->message = std::move(meaning);
      }
      return answer.failure;
    }
    if (url != url_) {
      const std::lock_guard lock(mutex_);
      target_ = url;
    }
    const bool has_no_length = answer.left > kWhole / 2;  // it ends where the connection says so
    if (answer.left != 0 && !(has_no_length && !trouble)) {
      return Failure{trouble ? trouble->message : "the answer ended too soon",
                     !trouble || trouble->is_transient};
    }
    return std::nullopt;
  }
}

bool RemoteFile::look(const HttpHead& head, const Url& from, HttpRange asked, Answer& answer) {
  answer.head = head;
  if (is_redirect(head.status)) return false;
  const auto fail = [&](std::string message, bool is_transient = false) {
    answer.failure = Failure{std::move(message), is_transient};
    return false;
  };
  const auto range = parse_content_range(head.field("content-range"));
  if (head.status == 206 || (head.status == 200 && range)) {
    if (auto problem = packed_on_the_way(head)) return fail(std::move(*problem));
    if (!range || !range->range) return fail("the answer does not say which bytes it has");
    const HttpRange got = *range->range;
    const bool is_of_size = asks_for_size();
    if (!is_of_size && (got.begin != asked.begin || got.end > asked.end))
      return fail("the server sends other bytes than it was asked for");
    const std::string_view length_text = head.field("content-length");
    const auto length = parse_field_number(length_text);
    if (!length && !length_text.empty()) return fail("the answer says a length that is no number");
    if (length && *length != got.end - got.begin)
      return fail("the answer has another length than the range that it says it has");
    if (auto changed = hold_to_state(head, from, got, range->total)) return fail(std::move(*changed));
    if (is_of_size || asks_for_size()) return false;
    answer.left = got.end - got.begin;
    return true;
  }
  if (head.status == 200 && asked.end == kWhole) {
    if (auto problem = packed_on_the_way(head)) return fail(std::move(*problem));
    answer.left = parse_field_number(head.field("content-length")).value_or(kWhole);
    return true;
  }
  if (head.status == 200) {
    const std::lock_guard lock(mutex_);
    if (begun_) return fail("the server no longer reads ranges");
    has_ranges_ = false;
    return false;
  }
  if (head.status == 416 && range && range->total) {
    if (auto changed = hold_to_state(head, from, {}, range->total)) return fail(std::move(*changed));
    if (asked.begin < *range->total) return fail("the server refuses a range that is inside the file");
    return false;
  }
  if (head.status == 304) {
    const std::lock_guard lock(mutex_);
    if (begun_ || !asked_state_) return fail("the server answers a question that was not asked");
    state_ = *asked_state_;
    if (state_.tag.empty()) state_.origin = from.origin;
    begun_ = is_unchanged_ = true;
    return false;
  }
  if (head.status == 412) return fail("changed on the server while it was read");
  answer.failure = Failure{"the server says " + std::to_string(head.status), is_passing(head.status), false,
                           asked_wait(head, std::chrono::system_clock::now()), head.status};
  return true;
}

bool RemoteFile::take(ByteSpan bytes, std::uint64_t& begin, Answer& answer, const Sink& sink) const {
  if (answer.failure) {
    for (const char c : chars_of(bytes)) {
      answer.error_line_ended =
          answer.error_line_ended || c == '\n' || c == '\r' || answer.error_line.size() == kMaxErrorLine;
      if (answer.error_line_ended) return false;
      answer.error_line += c;
    }
    return true;
  }
  if (bytes.size() > answer.left) {
    answer.failure = Failure{"the server sends more bytes than it was asked for"};
    return false;
  }
  sink(begin, bytes);
  begin += bytes.size();
  answer.left -= bytes.size();
  return true;
}

void RemoteFile::keep_facts(const HttpHead& head) {
  const std::lock_guard lock(mutex_);
  for (const std::string_view name : kFacts) {
    const std::string_view value = head.field(name);
    if (!value.empty()) facts_.try_emplace(std::string(name), value);
  }
}

bool RemoteFile::forget_target(const Url& used) {
  const std::lock_guard lock(mutex_);
  if (target_ != used) return true;  // another thread has done so
  if (target_is_renewed_) return false;
  target_is_renewed_ = true;
  target_.reset();
  return true;
}

std::optional<std::string> RemoteFile::hold_to_state(const HttpHead& head, const Url& from, HttpRange got,
                                                     std::optional<std::uint64_t> total) {
  const std::lock_guard lock(mutex_);
  const std::string_view tag = head.field("etag");
  const std::string_view date = head.field("last-modified");
  if (!begun_) {
    // Where the total is left out, the last byte tells it.
    if (!total && !asks_for_size_) {
      asks_for_size_ = true;
      return std::nullopt;
    }
    asks_for_size_ = false;
    begun_ = true;
    state_ = {from.origin, std::string(tag), std::string(date), total ? *total : got.end};
    return std::nullopt;
  }
  const bool has_tag = !state_.tag.empty();
  const bool is_same = (!total || *total == state_.size) &&
                       (from.origin != state_.origin || tag.empty() || !has_tag || tag == state_.tag) &&
                       (has_tag || date.empty() || state_.date.empty() || date == state_.date);
  if (is_same) return std::nullopt;
  return "changed on the server while it was read";
}

void RemoteFile::refuse(const std::string& message) const {
  throw IoError({shown_, {}, {}}, message);
}

}  // namespace aerotool::io
