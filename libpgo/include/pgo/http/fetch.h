#pragma once

#include "pgo/base/result.h"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

namespace pgo::http {

struct FetchLimits {
  std::size_t bytes = 1024 * 1024;
  std::chrono::milliseconds time{10'000};  ///< in all, from the first packet to the last
};

/// An http:// or https:// address.
bool is_fetchable(std::string_view url);

/// The body behind a URL, by GET. Follows a few redirects, to http and https alone; certificates
/// are verified against the system's authorities. Thread safe; blocks no longer than the limit.
/// `invalid_argument` for other addresses, `failed_precondition` for any status but 200,
/// `resource_exhausted` for more than `limits.bytes`, `deadline_exceeded`, `unavailable`, and
/// `cancelled` about a second after a stop request.
Result<std::string> fetch(const std::string& url, const FetchLimits& limits = {},
                          const std::stop_token& stop = {});

}  // namespace pgo::http
