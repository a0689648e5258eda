#include "fuzz/fuzz.h"
#include "pgo/json/patch.h"

using namespace pgo;

/// The input is a document, a line of three dashes, and a patch.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSeparator = "\n---\n";
  const std::string_view text = fuzz::view(data, size);
  const std::size_t middle = text.find(kSeparator);
  if (middle == std::string_view::npos) return 0;
  const auto document = json::parse(text.substr(0, middle));
  const auto patch = json::parse(text.substr(middle + kSeparator.size()));
  if (!document || !patch) return 0;

  const auto patched = json::apply_json_patch(*document, *patch);
  fuzz::require(patched || !patched.error().message.empty(), "a refusal says why");

  const json::Value merged = json::apply_merge_patch(*document, *patch);
  const json::Value difference = json::make_merge_patch(*document, merged);
  fuzz::require(json::apply_merge_patch(*document, difference) == merged ||
                    json::write(merged).find("null") != std::string::npos,
                "a made merge patch leads to the second document");

  for (const std::string_view kind : {"Pod", "Deployment", "Service", "ConfigMap"}) {
    const auto strategic = json::apply_strategic_merge_patch(*document, *patch, kind);
    if (!strategic) continue;
    const auto twice = json::apply_strategic_merge_patch(*strategic, json::Value::object(), kind);
    fuzz::require(twice && *twice == *strategic, "an empty patch changes nothing");
  }
  return 0;
}
