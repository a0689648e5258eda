#include "pgo/yaml/yaml.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pgo::yaml {

namespace {

/// One step of a JSON path: a key, or an index.
struct Step {
  std::string_view key;
  std::optional<std::size_t> index;
};

/// Takes the first step off `path`.
Step take_step(std::string_view& path) {
  if (path.front() == '.') path.remove_prefix(1);
  if (!path.starts_with('[')) {
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    Step step{path.substr(0, end), std::nullopt};
    path.remove_prefix(end);
    return step;
  }
  const bool quoted = path.starts_with("[\"");
  const std::size_t close = path.find(quoted ? "\"]" : "]");
  const std::size_t start = quoted ? 2 : 1;
  if (close == std::string_view::npos) {
    path = {};
    return {};
  }
  Step step{path.substr(start, close - start), std::nullopt};
  path.remove_prefix(close + (quoted ? 2 : 1));
  std::size_t index = 0;
  const char* const end = step.key.data() + step.key.size();
  if (!quoted && std::from_chars(step.key.data(), end, index).ptr == end) step.index = index;
  return step;
}

std::optional<std::size_t> child_index(const json::Value& value, const Step& step) {
  if (step.index) {
    if (step.index < value.items().size()) return step.index;
    return std::nullopt;
  }
  std::size_t i = 0;
  for (const json::Member& member : value.members()) {
    if (member.key == step.key) return i;
    ++i;
  }
  return std::nullopt;
}

}  // namespace

const Place& Document::place_of(std::string_view path) const {
  const json::Value* at = &value;
  const Place* found = &place;
  while (!path.empty()) {
    const auto index = child_index(*at, take_step(path));
    if (!index || *index >= found->children.size()) break;
    found = &found->children[*index];
    at = at->is_array() ? &at->items()[*index]
                        : &(at->members().begin() + static_cast<std::ptrdiff_t>(*index))->value;
  }
  return *found;
}

}  // namespace pgo::yaml
