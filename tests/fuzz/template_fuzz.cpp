#include "fuzz/fuzz.h"
#include "pgo/template/structural.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const json::Value fields =
      json::Value::object({{"Name", "hippo"},
                           {"Count", 3},
                           {"Flag", true},
                           {"Nothing", nullptr},
                           {"List", json::Value::array({1, "b"})},
                           {"Labels", json::Value::object({{"a", "{{ .Name }}"}})}});
  const auto made = templates::Template::parse("fuzz", fuzz::view(data, size));
  if (!made) return 0;
  for (const std::string& name : made->field_names())
    fuzz::require(!name.empty(), "fields have names");
  const auto value = made->render(fields);
  if (!value) {
    fuzz::require(value.error().subject.starts_with("fuzz:"), "an error names its place");
    return 0;
  }
  fuzz::require(*value == *made->render(fields), "rendering twice gives the same");
  fuzz::require(json::parse(json::write(*value)).has_value(), "what is rendered is JSON");
  return 0;
}
