#pragma once

namespace pgo::daemon {

/// The program `postgres-operator`. Returns its exit code: 0 after a clean stop, 1 when it could
/// not start or go on, 2 for wrong usage.
int run(int argc, char** argv);

}  // namespace pgo::daemon
