#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgo::model {

/// Whether this can be the name of pgBouncer's own account: lower-case letters, digits, `_` and
/// `-`, a letter or `_` first, at most 63; none of PostgreSQL's or the operator's.
bool is_pool_user(std::string_view user);
/// The account's name where `user` was asked for: the usual one for an empty text.
std::string pool_user(std::string_view user);

/// A command for the database container of the primary: it sets up the account of pgBouncer in
/// every database, as a role that may ask for the stored password of any user but superusers
/// (contract 15.2). It reads the pool's `users.txt` on its standard input, so that no password
/// stands on a command line. Doing it again changes nothing.
std::vector<std::string> pool_account_command();

}  // namespace pgo::model
