#include "fuzz/fuzz.h"
#include "pgo/yaml/yaml.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const yaml::Limits limits{.max_bytes = 1u << 16, .max_depth = 50, .max_nodes = 20'000};
  const auto documents = yaml::parse_all(fuzz::view(data, size), limits);
  if (!documents) {
    fuzz::require(!documents.error().message.empty(), "a refusal says why");
    return 0;
  }
  for (const yaml::Document& document : *documents) {
    fuzz::require(document.place.line > 0, "every document has a place");
    const auto again = yaml::parse(yaml::write(document.value));
    fuzz::require(again && *again == document.value, "what is written reads back equal");
    for (const json::Member& member : document.value.members()) {
      fuzz::require(document.line_of(member.key) > 0, "every path has a line");
    }
  }
  return 0;
}
