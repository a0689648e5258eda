#include "fuzz/fuzz.h"
#include "pgo/kube/quantity.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto quantity = kube::Quantity::parse(fuzz::view(data, size));
  if (!quantity) return 0;
  const auto again = kube::Quantity::parse(quantity->text());
  fuzz::require(again.has_value(), "the canonical text is a quantity");
  fuzz::require(again->text() == quantity->text(), "and is canonical");
  // Only powers of 1024 are rounded when printed, and never down.
  if (quantity->format() != kube::Quantity::Format::binary_si) {
    fuzz::require(*again == *quantity, "decimal texts keep the value");
  }
  fuzz::require(again->value() == quantity->value(), "the whole value is kept");
  fuzz::require((*quantity + kube::Quantity()) == *quantity, "zero changes nothing");
  return 0;
}
