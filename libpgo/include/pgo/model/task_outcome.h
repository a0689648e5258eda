#pragma once

#include <string_view>

/// How a task ends otherwise than by success, and what is remembered for it. Ours, not 4.2.0's,
/// whose tasks of failed work stayed open for ever.
namespace pgo::model {

/// In the parameters of a workflow task whose work failed.
namespace step {
inline constexpr std::string_view kFailed = "task failed";  ///< an RFC 3339 time
inline constexpr std::string_view kReason = "reason";       ///< a sentence
}  // namespace step

namespace param {
inline constexpr std::string_view kCancelled = "cancelled";  ///< an RFC 3339 time
}  // namespace param

namespace annotation {
/// The workflow that an object was made for. When that workflow fails, what it made goes, and
/// nothing else does.
inline constexpr std::string_view kMadeFor = "pgo-made-for-workflow";
}  // namespace annotation

}  // namespace pgo::model
