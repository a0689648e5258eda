#pragma once

#include "pgo/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small helpers over text that more than one component needs.
namespace pgo::text {

std::vector<std::string> split(std::string_view text, char separator);
/// Splits at `separator`, trims blanks, drops empty parts.
std::vector<std::string> split_list(std::string_view text, char separator = ',');
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);
/// The whole text as a decimal number, no sign but '-', no blanks.
std::optional<std::int64_t> to_int(std::string_view text);
/// Go's strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> to_bool(std::string_view text);

/// One argument quoted for a POSIX shell.
std::string shell_quote(std::string_view argument);

/// RFC 1123 label: lower-case letters, digits and '-', starts and ends with a letter or digit,
/// at most 63 characters. Source: Kubernetes, "Object Names and IDs".
bool is_dns1123_label(std::string_view text);
/// RFC 1035 label: as above but starts with a letter.
bool is_dns1035_label(std::string_view text);
/// Dot-separated RFC 1123 labels, at most 253 characters.
bool is_dns1123_subdomain(std::string_view text);

std::string percent_encode(std::string_view text);
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);

std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

/// SHA-independent, stable 64-bit FNV-1a hash.
std::uint64_t fnv1a(std::string_view bytes);

}  // namespace pgo::text
