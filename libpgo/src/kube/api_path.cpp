#include "kube/api_path.h"

#include "pgo/base/text.h"

#include <vector>

namespace pgo::kube {

std::optional<ApiPath> ApiPath::parse(std::string_view path) {
  ApiPath result;
  const std::size_t mark = path.find('?');
  if (mark != path.npos) {
    for (const std::string& pair : text::split(path.substr(mark + 1), '&')) {
      const std::size_t equals = pair.find('=');
      if (equals == pair.npos) continue;
      auto value = text::percent_decode(pair.substr(equals + 1), true);
      result.query.insert_or_assign(pair.substr(0, equals),
                                    value ? *std::move(value) : pair.substr(equals + 1));
    }
  }
  std::vector<std::string> parts;
  for (const std::string& part : text::split(path.substr(0, mark), '/')) {
    auto decoded = text::percent_decode(part);
    if (!part.empty()) parts.push_back(decoded ? *std::move(decoded) : part);
  }
  std::size_t next = 0;
  const auto take = [&] { return next < parts.size() ? parts[next++] : std::string(); };
  const std::string root = take();
  if (root != "api" && root != "apis") return std::nullopt;
  result.api = "/" + root;
  for (std::size_t i = 0; i < (root == "api" ? 1U : 2U); ++i) result.api += "/" + take();
  // "namespaces/x" is an object, "namespaces/x/pods" a collection in it; "namespaces/x/status" and
  // "finalize" are the object's.
  const bool nested = parts.size() >= next + 3 && parts[next] == "namespaces" &&
                      parts[next + 2] != "status" && parts[next + 2] != "finalize";
  if (nested) {
    take();
    result.ns = take();
  }
  result.plural = take();
  result.name = take();
  result.subresource = take();
  if (result.plural.empty() || next < parts.size()) return std::nullopt;
  return result;
}

std::string_view ApiPath::parameter(std::string_view key) const {
  const auto found = query.find(key);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

std::string ApiPath::text() const {
  std::string path = api;
  if (!ns.empty()) path += "/namespaces/" + text::percent_encode(ns);
  path += "/" + plural;
  if (!name.empty()) path += "/" + text::percent_encode(name);
  return path;
}

}  // namespace pgo::kube
