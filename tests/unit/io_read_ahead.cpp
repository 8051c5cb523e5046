// Runs of a remote file that come before they are read.
#include "io/read_ahead.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "core/error.hpp"
#include "http_server.hpp"

using namespace aerotool;
using namespace aerotool::io;
using test::HttpServer;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kSize = 40 * kMiB + 123;

std::byte byte_at(std::uint64_t offset) {
  return static_cast<std::byte>((offset * 2654435761U) >> 13U);
}

HttpRange asked(const std::string& request) {
  const auto at = request.find("Range: bytes=") + 13;
  const auto dash = request.find('-', at);
  return {std::stoull(request.substr(at)), std::stoull(request.substr(dash + 1)) + 1};
}

std::string answer_to(const std::string& request) {
  const HttpRange range = asked(request);
  std::string body(range.end - range.begin, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(byte_at(range.begin + i));
  return "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nContent-Range: bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) +
         "/" + std::to_string(kSize) + "\r\nConnection: close\r\n\r\n" + body;
}

/// A file on a server, and what reads it ahead.
struct Remote {
  explicit Remote(HttpServer::Answer answer = answer_to) : server(std::move(answer)) {
    const Url url = typed_url(server.url());
    const auto access = std::make_shared<RemoteAccess>(AllowedHosts{});
    buffers = access->buffers;
    file = std::make_shared<RemoteFile>(access, RemoteName{.url = url, .typed = url.origin});
    file->begin_in({url.origin, "\"one\"", "", kSize});
    CacheSettings off;
    off.mode = CacheMode::off;
    CacheKey key;
    key.size = kSize;
    ahead = std::make_unique<ReadAhead>(file, BlockCache::open(off, key), buffers, false);
  }

  bool reads(std::uint64_t begin, std::uint64_t end) const {
    std::vector<std::byte> bytes(end - begin);
    std::span<std::byte> out(bytes);
    for (std::uint64_t at = begin; at < end;) {
      const std::size_t count = ahead->read(at, out);
      at += count;
      out = out.subspan(count);
    }
    for (std::uint64_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != byte_at(begin + i)) return false;
    }
    return true;
  }

  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const std::string& request : server.requests())
      all.emplace_back(asked(request).begin, asked(request).end);
    std::ranges::sort(all);
    return all;
  }

  HttpServer server;
  std::shared_ptr<WindowBuffers> buffers;
  std::shared_ptr<RemoteFile> file;
  std::unique_ptr<ReadAhead> ahead;
};

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

}  // namespace

TEST_CASE("read ahead: what is expected comes once, and nothing else") {
  const Remote remote;
  const std::vector<ByteRange> runs = {{100, 200}, {200, 20 * kMiB}, {30 * kMiB, 31 * kMiB}};
  remote.ahead->expect(runs);
  for (const ByteRange& run : runs) {
    for (std::uint64_t at = run.begin; at < run.end; at += 300'000)
      CHECK(remote.reads(at, std::min(at + 300'000, run.end)));
  }
  CHECK(remote.ranges() == Ranges{{100, 100 + 8 * kMiB},
                                  {100 + 8 * kMiB, 100 + 16 * kMiB},
                                  {100 + 16 * kMiB, 20 * kMiB},
                                  {30 * kMiB, 31 * kMiB}});
}

TEST_CASE("read ahead: runs that share bytes are fetched once") {
  const Remote remote;
  remote.ahead->expect(std::vector<ByteRange>{{5 * kMiB, 6 * kMiB}, {0, 7 * kMiB}, {6 * kMiB, 8 * kMiB}});
  CHECK(remote.reads(5 * kMiB, 6 * kMiB));
  CHECK(remote.reads(0, 5 * kMiB));
  CHECK(remote.reads(6 * kMiB, 8 * kMiB));
  CHECK(remote.ranges() == Ranges{{0, 5 * kMiB}, {5 * kMiB, 6 * kMiB}, {6 * kMiB, 8 * kMiB}});
}

TEST_CASE("read ahead: runs that are not inside the file are not expected") {
  const Remote remote;
  remote.ahead->expect(
      std::vector<ByteRange>{{kSize - 10, kSize + 1}, {20, 10}, {UINT64_MAX - 5, UINT64_MAX}});
  CHECK_FALSE(remote.ahead->is_awaited(kSize - 5));
  CHECK(remote.reads(kSize - 10, kSize));
}

TEST_CASE("read ahead: in another order than was said, and again, the bytes are right") {
  const Remote remote;
  remote.ahead->expect(std::vector<ByteRange>{{0, kSize}});
  for (std::uint64_t at = 40 * kMiB; at > 0; at -= 8 * kMiB) CHECK(remote.reads(at - 1000, at + 100));
  CHECK(remote.reads(0, kSize));
  CHECK(remote.reads(12 * kMiB, 13 * kMiB));
}

TEST_CASE("read ahead: threads that share a run read each byte once") {
  const Remote remote;
  remote.ahead->expect(std::vector<ByteRange>{{0, kSize}});
  std::atomic<std::uint64_t> next{0};
  std::atomic<int> wrong{0};
  const auto work = [&] {
    constexpr std::uint64_t kBlock = 256 << 10;
    for (std::uint64_t at = next.fetch_add(kBlock); at < kSize; at = next.fetch_add(kBlock)) {
      if (!remote.reads(at, std::min(at + kBlock, kSize))) ++wrong;
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(wrong == 0);
  CHECK(remote.ranges().size() == 6);
  CHECK_FALSE(remote.buffers->is_short());
}

TEST_CASE("read ahead: what nobody told of comes by windows that grow") {
  const Remote remote;
  for (std::uint64_t at = 0; at < 8 * kMiB; at += kMiB / 4) CHECK(remote.reads(at, at + kMiB / 4));
  const Ranges ranges = remote.ranges();
  CHECK(ranges.size() < 8);
  for (std::size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i].first == ranges[i - 1].second);
}

TEST_CASE("read ahead: a run that cannot be fetched fails its readers, and others at once") {
  const Remote remote([](const std::string& request) {
    if (asked(request).begin >= 16 * kMiB)
      return std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return answer_to(request);
  });
  remote.ahead->expect(std::vector<ByteRange>{{0, kSize}});
  CHECK(remote.reads(0, 16 * kMiB));
  CHECK_THROWS_AS(remote.reads(16 * kMiB, 17 * kMiB), IoError);
  CHECK_THROWS_AS(remote.reads(kSize - 1, kSize), IoError);
}

TEST_CASE("read ahead: one that is dropped with work to do ends at once") {
  std::atomic<bool> is_read{false};
  std::atomic<bool> goes_on{false};
  {
    // It answers one request after the other: none waits before the first bytes have been read.
    const Remote remote([&](const std::string& request) {
      if (asked(request).begin >= 8 * kMiB) {
        while (is_read && !goes_on) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      return answer_to(request);
    });
    remote.ahead->expect(std::vector<ByteRange>{{0, kSize}});
    CHECK(remote.reads(0, 100));
    is_read = true;
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::seconds(3));
      goes_on = true;
    });
    const auto begin = std::chrono::steady_clock::now();
    const_cast<Remote&>(remote).ahead.reset();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2500));
    later.join();
  }
}
