#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::model {

/// psql in the database container of an instance, as superuser over the UNIX socket, with SQL on
/// its standard input. It stops at the first error, with a status other than 0 (K13), and says why
/// in one last line of stderr that quotes no statement (a statement may hold a password).
std::vector<std::string> psql_command(std::string_view database = "postgres");

/// How long the SQL of a policy may run.
inline constexpr std::chrono::minutes kSqlTimeout{30};

}  // namespace pgo::model
