#include "pgo/model/pgbouncer.h"

#include "pgo/model/names.h"
#include "pgo/model/psql.h"

#include <algorithm>

namespace pgo::model {
namespace {

// Nothing of it shall stand in the server's log.
constexpr std::string_view kRoleSql = R"(
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SELECT format('CREATE ROLE %I', :'pool_user')
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'pool_user') \gexec
ALTER ROLE :"pool_user" LOGIN PASSWORD :'pool_verifier';
)";

// A role whose password has run out is not let in: the pool would lend it a connection that was
// opened before.
constexpr std::string_view kDatabaseSql = R"(
SET client_min_messages = 'warning';
BEGIN;
CREATE SCHEMA IF NOT EXISTS pgbouncer AUTHORIZATION :"pool_user";
CREATE OR REPLACE FUNCTION pgbouncer.get_auth(p_username text)
RETURNS TABLE (username text, password text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
  SELECT rolname::text,
         CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END
    FROM pg_catalog.pg_authid
   WHERE rolname = p_username AND rolcanlogin AND NOT rolsuper
$$;
REVOKE ALL ON FUNCTION pgbouncer.get_auth(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA pgbouncer TO :"pool_user";
GRANT EXECUTE ON FUNCTION pgbouncer.get_auth(text) TO :"pool_user";
COMMIT;
)";

// The database's name goes through the environment: on the command line psql would read one with a
// `=` in it as settings.
constexpr std::string_view kScript = R"sh(set -euo pipefail
IFS= read -r line || { echo "users.txt of pgBouncer is empty" >&2; exit 1; }
form='^"([^"\]+)" "([^"\'\'']+)"$'
[[ "${line}" =~ ${form} ]] || { echo "users.txt of pgBouncer does not begin with its account" >&2; exit 1; }
account="\\set pool_user '${BASH_REMATCH[1]}'
\\set pool_verifier '${BASH_REMATCH[2]}'"
run() { PGDATABASE="$1" psql --no-psqlrc -q -U postgres -v ON_ERROR_STOP=1 -v VERBOSITY=terse -v SHOW_CONTEXT=never "${@:2}"; }
run postgres -f - <<<"${account}${role_sql}"
while IFS= read -r -d '' database; do
  run "${database}" -f - <<<"${account}${database_sql}"
done < <(run postgres -At0 -c "select datname from pg_database where datallowconn and datname <> 'template0' order by datname")
wait "$!"
)sh";

std::string assigned(std::string_view name, std::string_view text) {
  std::string line(name);
  line += "='";
  for (const char c : text) {
    if (c == '\'') line += "'\\'";
    line += c;
  }
  return line + "'\n";
}

}  // namespace

bool is_pool_user(std::string_view user) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (user.empty() || user.size() > 63 || !std::ranges::all_of(user, fits)) return false;
  const bool begins = user.front() == '_' || (user.front() >= 'a' && user.front() <= 'z');
  return begins && !user.starts_with("pg_") && user != fixed::kSuperuser &&
         user != fixed::kReplicationUser && user != fixed::kMonitoringUser;
}

std::string pool_user(std::string_view user) {
  return std::string(user.empty() ? fixed::kPoolUser : user);
}

std::vector<std::string> pool_account_command() {
  return {"/bin/bash", "-c",
          assigned("role_sql", kRoleSql) + assigned("database_sql", kDatabaseSql) +
              std::string(kScript)};
}

}  // namespace pgo::model
