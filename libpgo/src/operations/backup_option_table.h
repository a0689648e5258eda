#pragma once

#include "operations/backup_options.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace pgo::operations {

/// What follows a flag.
enum class OptionKind {
  toggle,  ///< nothing
  text,
  number,
};

/// One option of one or more programs. Facts of 4.2.0's option lists.
struct OptionRule {
  std::string_view flag;  ///< "--type"
  char letter = 0;        ///< 'F' for -F, 0 for none
  unsigned tools = 0;     ///< bits of `bit`
  OptionKind kind = OptionKind::toggle;
  std::string_view values = {};  ///< allowed words with blanks between them; empty = any
  std::int64_t min = 0, max = INT32_MAX;
  bool repeatable = false;
};

constexpr unsigned bit(BackupTool tool) { return 1U << static_cast<unsigned>(tool); }

std::span<const OptionRule> option_rules();

/// True for a flag ("--stanza", "-h") whose value is the operator's business.
bool is_operators_option(BackupTool tool, std::string_view flag);

}  // namespace pgo::operations
