#include "io/address_rules.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>

#include "core/error.hpp"

using namespace aerotool;

namespace {

io::IpAddress ip_of(std::string_view text) {
  CAPTURE(text);
  const auto address = io::address_in(text);
  REQUIRE(address);
  return *address;
}

/// Of a socket's address, which is copied to where a library would hold it.
template <typename T>
std::string problem_of_socket(const T& socket_address, std::size_t length = sizeof(T)) {
  sockaddr_storage storage{};
  std::memcpy(&storage, &socket_address, sizeof socket_address);
  const auto* const begin = static_cast<const sockaddr*>(static_cast<const void*>(&storage));
  return io::address_problem(begin, length, {io::Scheme::http, "evil.org", 80}, {}, {});
}

}  // namespace

TEST_CASE("address rules: which addresses are special, first and last of their blocks") {
  struct Row {
    const char* address;
    std::string_view kind;
  };
  const std::array<Row, 74> rows = {{
      {"0.0.0.0", "the unspecified address"},
      {"0.0.0.1", "a reserved address"},
      {"0.255.255.255", "a reserved address"},
      {"1.0.0.0", ""},
      {"9.255.255.255", ""},
      {"10.0.0.0", "a private address"},
      {"10.255.255.255", "a private address"},
      {"11.0.0.0", ""},
      {"100.63.255.255", ""},
      {"100.64.0.0", "an address shared by a provider's customers"},
      {"100.127.255.255", "an address shared by a provider's customers"},
      {"100.128.0.0", ""},
      {"126.255.255.255", ""},
      {"127.0.0.0", "a loopback address"},
      {"127.255.255.255", "a loopback address"},
      {"128.0.0.0", ""},
      {"168.63.129.15", ""},
      {"168.63.129.16", "the address of a cloud's own service"},
      {"168.63.129.17", ""},
      {"169.253.255.255", ""},
      {"169.254.0.0", "a link-local address"},
      {"169.254.169.254", "a link-local address"},
      {"169.254.255.255", "a link-local address"},
      {"169.255.0.0", ""},
      {"172.15.255.255", ""},
      {"172.16.0.0", "a private address"},
      {"172.31.255.255", "a private address"},
      {"172.32.0.0", ""},
      {"192.0.0.192", "a reserved address"},
      {"192.0.1.0", ""},
      {"192.167.255.255", ""},
      {"192.168.0.0", "a private address"},
      {"192.168.255.255", "a private address"},
      {"192.169.0.0", ""},
      {"223.255.255.255", ""},
      {"224.0.0.0", "a multicast address"},
      {"239.255.255.255", "a multicast address"},
      {"240.0.0.0", "a reserved address"},
      {"255.255.255.255", "a reserved address"},
      {"::", "the unspecified address"},
      {"::1", "a loopback address"},
      {"::2", "no address of the Internet"},
      {"::127.0.0.1", "no address of the Internet"},
      {"::ffff:127.0.0.1", "a loopback address"},
      {"::ffff:a00:1", "a private address"},
      {"::ffff:0.0.0.0", "the unspecified address"},
      {"::ffff:8.8.8.8", ""},
      {"::ffff:0:127.0.0.1", "no address of the Internet"},
      {"64:ff9b::127.0.0.1", "a loopback address"},
      {"64:ff9b::a9fe:a9fe", "a link-local address"},
      {"64:ff9b::8.8.8.8", ""},
      {"64:ff9b:0:0:0:1:808:808", "no address of the Internet"},
      {"64:ff9b:1::8.8.8.8", "no address of the Internet"},
      {"100::1", "no address of the Internet"},
      {"1fff:ffff::", "no address of the Internet"},
      {"2000::", ""},
      {"2002:7f00:1::", "a loopback address"},
      {"2002:c0a8:1::1", "a private address"},
      {"2002:808:808::1", ""},
      {"2001:0:808:808::f7f7:f7f7", ""},                    // server and client 8.8.8.8
      {"2001:0:a00:1::f7f7:f7f7", "a private address"},     // server 10.0.0.1
      {"2001:0:808:808::80ff:fffe", "a loopback address"},  // client 127.0.0.1
      {"2001:1::1", ""},
      {"2606:4700::1111", ""},
      {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
      {"4000::", "no address of the Internet"},
      {"fbff::1", "no address of the Internet"},
      {"fc00::", "a private address"},
      {"fd00:ec2::254", "a private address"},
      {"fdff:ffff::", "a private address"},
      {"fe00::", "no address of the Internet"},
      {"fe80::1", "a link-local address"},
      {"febf:ffff::", "a link-local address"},
      {"fec0::1", "a private address"},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.address);
    CHECK(io::special_kind(ip_of(row.address)) == row.kind);
  }
  CHECK(io::special_kind(ip_of("ff02::1")) == "a multicast address");
}

TEST_CASE("address rules: addresses are read from text, bytes and sockets") {
  for (const char* text : {"127.0.0.1", "255.0.0.255", "::1", "2001:db8::a", "fe80::1:2"}) {
    CHECK(ip_of(text).text() == text);
  }
  CHECK(ip_of("::ffff:1.2.3.4") == ip_of("1.2.3.4"));
  CHECK(ip_of("::ffff:1.2.3.4").text() == "1.2.3.4");
  for (const char* text : {"", "1", "127.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "0x1.2.3.4",
                           " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "::1%lo", ":", ":::", "1::2::3",
                           "::g", "a.b.c.d", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"}) {
    CAPTURE(text);
    CHECK_FALSE(io::address_in(text));
  }
  CHECK_FALSE(io::address_in(std::string_view("1.2.3.4\0", 8)));

  const std::array<std::byte, 17> bytes = {std::byte{10}, std::byte{0}, std::byte{0}, std::byte{1}};
  CHECK(io::address_of(ByteSpan(bytes).first(4)) == ip_of("10.0.0.1"));
  CHECK(io::address_of(ByteSpan(bytes).first(16)) == ip_of("a00:1::"));
  for (const std::size_t wrong : {0U, 3U, 5U, 15U, 17U})
    CHECK_FALSE(io::address_of(ByteSpan(bytes).first(wrong)));
}

TEST_CASE("address rules: what a socket is connected to") {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(problem_of_socket(ipv4) ==
        "leads to evil.org at 127.0.0.1, a loopback address; set AEROTOOL_ALLOW_HOSTS=evil.org to allow it");
  constexpr std::string_view kUnknown = "leads to evil.org at an address that is neither IPv4 nor IPv6";
  CHECK(problem_of_socket(ipv4, sizeof ipv4 - 1) == kUnknown);
  CHECK(problem_of_socket(ipv4, 0) == kUnknown);
  ipv4.sin_addr.s_addr = htonl(0x08080808);
  CHECK(problem_of_socket(ipv4).empty());

  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  CHECK(problem_of_socket(ipv6) ==
        "leads to evil.org at ::1, a loopback address; set AEROTOOL_ALLOW_HOSTS=evil.org to allow it");
  CHECK(problem_of_socket(ipv6, sizeof(sockaddr_in)) == kUnknown);

  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK(problem_of_socket(local) == kUnknown);
  CHECK(io::address_problem(nullptr, 16, {io::Scheme::http, "evil.org", 80}, {}, {}) == kUnknown);
}

TEST_CASE("address rules: what is typed or allowed may be anywhere") {
  const io::IpAddress loopback = ip_of("127.0.0.1");
  const io::Origin typed{io::Scheme::http, "localhost", 8000};
  const auto problem = [&](const io::Origin& asked, std::string_view allowed) {
    return io::address_problem(loopback, asked, typed, io::parse_allowed_hosts(allowed));
  };
  CHECK(problem(typed, "").empty());
  CHECK(problem({io::Scheme::https, "localhost", 8000}, "").empty());
  CHECK_FALSE(problem({io::Scheme::http, "localhost", 8001}, "").empty());
  CHECK_FALSE(problem({io::Scheme::http, "127.0.0.1", 8000}, "").empty());
  CHECK_FALSE(io::address_problem(loopback, typed, {}, {}).empty());

  const io::Origin asked{io::Scheme::http, "files.corp", 80};
  for (const char* allows : {"files.corp", "FILES.corp", "a,files.corp", " , files.corp\t,b", "127.0.0.1",
                             "::ffff:127.0.0.1", "[::ffff:7f00:1]"}) {
    CAPTURE(allows);
    CHECK(problem(asked, allows).empty());
  }
  for (const char* does_not : {"", ",", "corp", "other.files.corp", "files", "127.0.0.2", "::1"}) {
    CAPTURE(does_not);
    CHECK(problem(asked, does_not) ==
          "leads to files.corp at 127.0.0.1, a loopback address; set "
          "AEROTOOL_ALLOW_HOSTS=files.corp to allow it");
  }
  CHECK(
      io::address_problem(ip_of("::1"), {io::Scheme::http, "[::1]", 80}, {}, io::parse_allowed_hosts("[::1]"))
          .empty());
}

TEST_CASE("address rules: a list of allowed hosts that makes no sense") {
  for (const char* text : {"*", "*.corp", "a:80", "127.0.0.1:80", "[::1]:80", "10.0.0.0/8", "127.1",
                           "http://a", "a b", "a;b", "[::1", "h\xc3\xb6st", "a\n.b", "a."}) {
    CAPTURE(text);
    CHECK_THROWS_AS(io::parse_allowed_hosts(text), UsageError);
  }
  CHECK_THROWS_WITH(io::parse_allowed_hosts("ok,a\x1b[1m"),
                    "AEROTOOL_ALLOW_HOSTS: 'a\\x1b[1m' is no name or address of a host");
}
