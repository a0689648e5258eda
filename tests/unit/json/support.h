#pragma once

#include "pgo/json/value.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

/// Short forms for tests over JSON.
namespace pgo::json::test {

/// A document written with single quotes in place of double ones; fails the test when it is wrong.
inline Value js(std::string_view text) {
  std::string quoted(text);
  for (char& c : quoted) {
    if (c == '\'') c = '"';
  }
  auto value = parse(quoted);
  REQUIRE_MESSAGE(value.has_value(), quoted << ": " << value.error().text());
  return *std::move(value);
}

}  // namespace pgo::json::test

namespace doctest {
template <>
struct StringMaker<pgo::json::Value> {
  static String convert(const pgo::json::Value& value) { return pgo::json::write(value).c_str(); }
};
}  // namespace doctest
