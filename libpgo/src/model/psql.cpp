#include "pgo/model/psql.h"

namespace pgo::model {
namespace {

/// A name that holds `=` or begins like an address would be read as connection settings, so it is
/// given as one.
std::string connection_to(std::string_view database) {
  std::string quoted = "dbname='";
  for (const char c : database) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::vector<std::string> psql_command(std::string_view database) {
  return {"psql",
          "--no-psqlrc",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-v",
          "VERBOSITY=terse",
          "-v",
          "SHOW_CONTEXT=never",
          connection_to(database),
          "postgres",
          "-f",
          "-"};
}

}  // namespace pgo::model
