#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"

#include <string>

namespace pgo::daemon {

enum class LogFormat { text, json };

/// Writes records to standard error, one line each, whole lines only.
LogSink stderr_sink(LogFormat format);

}  // namespace pgo::daemon
