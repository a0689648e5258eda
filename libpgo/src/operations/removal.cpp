#include "operations/removal.h"

#include "pgo/model/names.h"

namespace pgo::operations {

Result<void> request_removal(const Context& context, const std::string& ns,
                             const std::string& target, const model::Removal& removal) {
  return request_removal_task(context, ns, model::names::removal_task(target), removal);
}

Result<void> request_removal_task(const Context& context, const std::string& ns,
                                  const std::string& name, const model::Removal& removal) {
  const kube::Object task = model::removal_task(ns, name, removal).object();
  auto created = context.client.create(kube::types::kPgTask, task);
  if (created) return {};
  if (created.error().code != Code::already_exists) return fail(std::move(created).error());

  auto existing = context.client.get(kube::types::kPgTask, ns, name);
  if (!existing && existing.error().code != Code::not_found) {
    return fail(std::move(existing).error());
  }
  if (existing) {
    PGO_TRY(const model::PgTask left, model::PgTask::from(*existing));
    if (model::removal_of(left) == removal) return {};
    kube::DeleteOptions only_this;
    only_this.uid = std::string(existing->uid());
    auto removed = context.client.remove(kube::types::kPgTask, ns, name, only_this);
    if (!removed && removed.error().code != Code::not_found)
      return fail(std::move(removed).error());
  }
  PGO_TRY_VOID(context.client.create(kube::types::kPgTask, task));
  return {};
}

}  // namespace pgo::operations
