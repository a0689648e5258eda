#pragma once

#include "pgo/json/value.h"

#include <string_view>

namespace pgo::yaml {

/// The typed value of a plain (unquoted, untagged) scalar; a string when nothing else fits.
/// Source: the resolver of gopkg.in/yaml.v2, through which Kubernetes reads YAML. Its one-letter
/// booleans y and n are text here, as they mean the letter wherever they occur in practice.
/// A non-finite number (.inf, .nan) comes back as a double that is not finite.
json::Value resolve_plain(std::string_view text);

/// Whether `text` can be written without quotes and reads back as the same string.
bool is_plain_string(std::string_view text);

}  // namespace pgo::yaml
