// Through which proxy a server is asked, by the environment's variables as curl and others read them.
#pragma once

#include <string>

#include "io/url.hpp"

namespace aerotool::io {

/// The proxy for requests to an origin; empty for none. That is what http_proxy says for http, https_proxy or
/// HTTPS_PROXY for https, and else all_proxy or ALL_PROXY, unless no_proxy or NO_PROXY lists the host: "*"
/// for all, a name for it and all below it, an address, or a block of addresses such as 10.0.0.0/8, with
/// commas or spaces between. HTTP_PROXY is not read, as a CGI script has there what a client sends.
std::string proxy_for(const Origin& origin);

}  // namespace aerotool::io
