#pragma once

#include <string>
#include <string_view>

/// JSON paths as Kubernetes prints them in errors: spec.containers[0].name, labels["a.b/c"].
namespace pgo::json {

/// One key as a step: the bare key, or ["key"] when it holds anything but letters, digits, - and _.
std::string path_key(std::string_view key);
/// Two parts of a path with a dot between them where one belongs. Either may be empty.
std::string path_join(std::string_view front, std::string_view back);

}  // namespace pgo::json
