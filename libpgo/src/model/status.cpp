#include "pgo/model/status.h"

#include <array>
#include <utility>

namespace pgo::model {
namespace {

using Entry = std::pair<TaskType, std::string_view>;
constexpr std::array kTaskTypes{
    Entry{TaskType::add_pgbouncer, "add-pgbouncer"},
    Entry{TaskType::delete_pgbouncer, "delete-pgbouncer"},
    Entry{TaskType::reconfigure_pgbouncer, "reconfigure-pgbouncer"},
    Entry{TaskType::update_pgbouncer_auths, "update-pgbouncer-auths"},
    Entry{TaskType::delete_backups, "delete-backups"},
    Entry{TaskType::delete_data, "delete-data"},
    Entry{TaskType::failover, "failover"},
    Entry{TaskType::autofailover, "autofailover"},
    Entry{TaskType::add_policies, "addpolicies"},
    Entry{TaskType::minor_upgrade, "minorupgradecluster"},
    Entry{TaskType::workflow, "workflow"},
    Entry{TaskType::backrest, "backrest"},
    Entry{TaskType::restore, "restore"},
    Entry{TaskType::pgdump, "pgdump"},
    Entry{TaskType::pgrestore, "pgrestore"},
    Entry{TaskType::pgbasebackup_restore, "pgbasebackuprestore"},
    Entry{TaskType::benchmark, "benchmark"},
    Entry{TaskType::clone_step1, "clone-step1"},
    Entry{TaskType::clone_step2, "clone-step2"},
    Entry{TaskType::clone_step3, "clone-step3"},
};

}  // namespace

std::string_view to_string(TaskType type) {
  for (const auto& [key, text] : kTaskTypes) {
    if (key == type) return text;
  }
  return {};
}

std::optional<TaskType> task_type(std::string_view text) {
  for (const auto& [key, word] : kTaskTypes) {
    if (word == text) return key;
  }
  return std::nullopt;
}

}  // namespace pgo::model
