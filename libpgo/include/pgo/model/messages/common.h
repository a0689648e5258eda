#pragma once

#include "pgo/json/field.h"

#include <string>
#include <tuple>

/// The messages of the REST interface, with the keys of 4.2.0. Every key is always written; an
/// empty list is [] (4.2.0 wrote null on some refusals, which its client reads the same). Requests
/// are decoded with json::Mode::lenient: keys in any case, unknown keys ignored.
///
/// What every answer carries.
namespace pgo::model::rest {

struct Status {
  std::string code, msg;

  static constexpr auto fields() {
    using S = Status;
    return std::tuple{json::field("Code", &S::code, json::Emit::always),
                      json::field("Msg", &S::msg, json::Emit::always)};
  }
  bool operator==(const Status&) const = default;
};

}  // namespace pgo::model::rest
