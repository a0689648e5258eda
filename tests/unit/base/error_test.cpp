#include "pgo/base/error.h"

#include "pgo/base/result.h"

#include <doctest/doctest.h>

using pgo::Code;
using pgo::Error;
using pgo::Result;

TEST_SUITE_BEGIN("base.error");

TEST_CASE("codes: the reason tells AlreadyExists from Conflict, which share status 409") {
  CHECK(pgo::code_from_http(409, "AlreadyExists") == Code::already_exists);
  CHECK(pgo::code_from_http(409, "Conflict") == Code::conflict);
  CHECK(pgo::code_from_http(410, "Expired") == Code::expired);
  CHECK(pgo::code_from_http(422, "Invalid") == Code::invalid_argument);
}

TEST_CASE("codes: only failures that may pass by themselves are retryable") {
  CHECK(pgo::retryable(Code::unavailable));
  CHECK(pgo::retryable(pgo::code_from_http(429, "")));
  CHECK(pgo::retryable(pgo::code_from_http(503, "")));
  CHECK_FALSE(pgo::retryable(Code::conflict));
  CHECK_FALSE(pgo::retryable(Code::not_found));
}

namespace {
Result<int> half(int number) {
  if (number % 2 != 0) return pgo::fail(Code::invalid_argument, "odd", std::to_string(number));
  return number / 2;
}
Result<std::string> quarter(int number) {
  PGO_TRY(const int once, half(number));
  PGO_TRY(const int twice, half(once));
  return std::to_string(twice);
}
}  // namespace

TEST_CASE("result: PGO_TRY hands the first error on unchanged, across value types") {
  CHECK(quarter(8).value() == "2");
  const auto failed = quarter(6);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text() == "3: odd");
  CHECK(failed.error().code == Code::invalid_argument);
}

TEST_CASE("error: context is put before the message and the subject stays") {
  const Error error =
      Error{.code = Code::not_found, .message = "no such Secret", .subject = "ns/x"};
  CHECK(Error(error).with_context("reading credentials").text() ==
        "ns/x: reading credentials: no such Secret");
}

TEST_SUITE_END();
