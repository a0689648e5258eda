#include "pgo/model/psql.h"

namespace pgo::model {

std::vector<std::string> psql_command() {
  return {"psql",
          "--no-psqlrc",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-v",
          "VERBOSITY=terse",
          "-v",
          "SHOW_CONTEXT=never",
          "postgres",
          "postgres",
          "-f",
          "-"};
}

}  // namespace pgo::model
