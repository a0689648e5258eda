#pragma once

#include "pgo/base/error.h"

#include <expected>
#include <utility>

namespace pgo {

/// A value or an Error. Ignoring one does not compile without a warning.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// Builds the failing side: `return fail(Code::not_found, "no such cluster", "hippo");`
inline std::unexpected<Error> fail(Code code, std::string message, std::string subject = {}) {
  return std::unexpected(Error{.code = code,
                               .message = std::move(message),
                               .subject = std::move(subject),
                               .http_status = 0,
                               .reason = {}});
}

/// Passes an error on unchanged, whatever the value type of the enclosing function.
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace pgo

#define PGO_CONCAT_INNER(a, b) a##b
#define PGO_CONCAT(a, b) PGO_CONCAT_INNER(a, b)
#define PGO_TRY_IMPL(tmp, declaration, expression)      \
  auto tmp = (expression);                              \
  if (!tmp) return ::pgo::fail(std::move(tmp).error()); \
  declaration = *std::move(tmp)

/// `PGO_TRY(auto x, f());` declares x, or returns f's error from the enclosing function.
#define PGO_TRY(declaration, expression) \
  PGO_TRY_IMPL(PGO_CONCAT(pgo_try_, __COUNTER__), declaration, expression)

#define PGO_TRY_VOID_IMPL(tmp, expression) \
  if (auto tmp = (expression); !tmp) return ::pgo::fail(std::move(tmp).error())

/// `PGO_TRY_VOID(f());` returns f's error from the enclosing function.
#define PGO_TRY_VOID(expression) PGO_TRY_VOID_IMPL(PGO_CONCAT(pgo_try_, __COUNTER__), expression)
