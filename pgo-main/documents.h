#pragma once

#include "pgo/json/value.h"

namespace pgo::cli {

/// Adds the answer for another name to `answer`: lists grow, and a refusal is kept whichever of the
/// two it is of.
void add_answer(json::Value& answer, const json::Value& other);

}  // namespace pgo::cli
