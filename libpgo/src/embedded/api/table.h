#pragma once

#include "embedded/api/call.h"
#include "embedded/api/record.h"
#include "pgo/base/clock.h"

#include <cstdint>
#include <string>
#include <vector>

/// Answers as metav1.Table, which `kubectl get` prints. Source: Kubernetes API concepts,
/// "Receiving resources as Tables".
namespace pgo::embedded::api {

/// True when the Accept header prefers a Table.
bool wants_table(const Call& call);

/// The Table of some objects. `with_columns` false leaves the column definitions out, as in every
/// event of a watch but the first.
std::string table_text(const Call& call, const std::vector<RecordPtr>& records,
                       std::uint64_t version, const std::string& next, TimePoint now,
                       bool with_columns = true);

}  // namespace pgo::embedded::api
