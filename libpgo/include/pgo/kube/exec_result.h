#pragma once

#include "pgo/kube/transport.h"

#include <string>

namespace pgo::kube {

/// Why a command ended badly, for people: the last line that it wrote, on stderr if there is one,
/// else its status. At most 500 bytes of UTF-8 without control characters.
std::string failure_text(const ExecResult& result);

/// True when an exec that failed so was refused: the command cannot have begun. All other errors
/// leave open what it has done.
bool never_began(const Error& error);

}  // namespace pgo::kube
