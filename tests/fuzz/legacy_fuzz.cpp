#include "fuzz/fuzz.h"
#include "pgo/template/legacy.h"

using namespace pgo;

namespace {

/// A value that would break out of its string if it were not escaped.
constexpr std::string_view kMarker = "\"},{\\";

const templates::LegacyFields& fields() {
  static const templates::LegacyFields made{
      .values = json::Value::object(
          {{"Name", "hippo"},
           {"Evil", kMarker},
           {"Count", 3},
           {"Flag", true},
           {"Nothing", nullptr},
           {"List", json::Value::array({1, json::Value::object({{"Name", kMarker}})})},
           {"Map", json::Value::object({{"b", 1}, {"a", "x"}})}}),
      .fragments = {{"Labels", R"("a": "b")"}}};
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto made = templates::LegacyTemplate::parse("fuzz", fuzz::view(data, size));
  if (!made) {
    fuzz::require(made.error().subject.starts_with("fuzz:"), "a refusal names its place");
    return 0;
  }
  const auto text = made->render_fragment(fields());
  if (!text) {
    fuzz::require(text.error().subject.starts_with("fuzz:"), "an error names its place");
    return 0;
  }
  const auto value = made->render(fields());
  fuzz::require(!value || value->is_object(), "what is rendered is an object");
  fuzz::require(made->render_text(fields()).has_value(), "text renders where JSON does");
  return 0;
}
