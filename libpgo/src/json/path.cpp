#include "path.h"

#include <algorithm>

namespace pgo::json {

namespace {

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '$';
}

}  // namespace

std::string path_key(std::string_view key) {
  if (!key.empty() && std::ranges::all_of(key, plain)) return std::string(key);
  std::string step = "[\"";
  step += key;
  step += "\"]";
  return step;
}

std::string path_join(std::string_view front, std::string_view back) {
  std::string path(front);
  if (!front.empty() && !back.empty() && back.front() != '[') path += '.';
  path += back;
  return path;
}

}  // namespace pgo::json
