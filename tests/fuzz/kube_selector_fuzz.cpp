#include "fuzz/fuzz.h"
#include "pgo/kube/selector.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::view(data, size);
  if (const auto selector = kube::LabelSelector::parse(text)) {
    const auto again = kube::LabelSelector::parse(selector->text());
    fuzz::require(again && *again == *selector, "a label selector reads back equal");
    kube::Labels labels;
    for (const auto& requirement : selector->requirements()) {
      if (!requirement.values.empty()) labels[requirement.key] = requirement.values.front();
    }
    fuzz::require(selector->matches(labels) == again->matches(labels), "and matches the same");
  }
  if (const auto selector = kube::FieldSelector::parse(text)) {
    const auto again = kube::FieldSelector::parse(selector->text());
    fuzz::require(again && *again == *selector, "a field selector reads back equal");
    (void)selector->matches(kube::Object(kube::types::kPod, "ns", "name"));
  }
  return 0;
}
