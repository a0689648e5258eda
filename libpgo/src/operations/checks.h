#pragma once

#include "pgo/model/pgcluster.h"
#include "pgo/operations/context.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Checks that several requests share.
namespace pgo::operations {

/// Most replicas that one request may ask for; more is a typing error rather than a wish.
inline constexpr int kMaxReplicas = 100;

/// `invalid_argument` about a field of the request.
inline std::unexpected<Error> refuse(std::string message, std::string_view field) {
  return fail(Code::invalid_argument, std::move(message), std::string(field));
}

/// "key=value" that some node carries; nothing for an empty text. `flag` names the source in the
/// refusal.
Result<std::optional<std::pair<std::string, std::string>>> check_node_label(const Context& context,
                                                                            std::string_view text,
                                                                            std::string_view flag);

/// Empty, ClusterIP, NodePort or LoadBalancer.
Result<void> check_service_type(std::string_view type);

/// The pgcluster, or `not_found` naming it.
Result<model::PgCluster> find_cluster(const Context& context, std::string_view ns,
                                      std::string_view name);

/// Refuses while a removal task of `target` (a cluster or replica) is there: what is made now would
/// be removed with it.
Result<void> check_no_removal(const Context& context, std::string_view ns, std::string_view target);

/// Refuses an image that no node can run now, instead of a pod that never starts. `needed_by` says
/// what for; `field` is the error's subject.
Result<void> check_image(const Context& context, std::string_view image, std::string_view needed_by,
                         std::string_view field);

/// Refuses the name of a policy that would replace a label of the operator's.
Result<void> check_policy_name(std::string_view policy, std::string_view field);

/// Refuses a name that an object of another cluster has; `field` is the error's subject.
Result<void> check_not_anothers(const Context& context, const kube::ResourceType& type,
                                std::string_view ns, const std::string& name,
                                std::string_view cluster, std::string_view field);

/// Refuses a policy that is not there; `field` is the error's subject.
Result<void> check_policy_exists(const Context& context, std::string_view ns,
                                 const std::string& policy, std::string_view field);

/// The pgclusters that a selector, or a name (an empty one: all), stands for, sorted by name. Of an
/// unknown name there is none.
Result<std::vector<ListedPtr>> find_clusters(const Context& context, std::string_view ns,
                                             std::string_view selector, std::string_view name);
/// The same, for few clusters: all of them read.
Result<std::vector<model::PgCluster>> select_clusters(const Context& context, std::string_view ns,
                                                      std::string_view selector,
                                                      std::string_view name);

/// The pgclusters of a request with "Args" and "Selector": a selector wins, each name must exist,
/// and one of both must be given. A selector may fit none.
Result<std::vector<model::PgCluster>> named_clusters(const Context& context, std::string_view ns,
                                                     std::string_view selector,
                                                     const std::vector<std::string>& names);
/// Refuses a cluster without pgBackRest; `consequence` ends the sentence, `subject` is the error's.
Result<void> check_uses_backrest(const model::PgCluster& cluster, std::string_view consequence,
                                 std::string_view subject);

/// The repository's pod: the one that is there, running and ready. `failed_precondition` otherwise.
Result<ObjectPtr> ready_repo_pod(const Context& context, std::string_view ns,
                                 std::string_view cluster);

/// The pod that leads (K1: by its role label), every container of it ready. `failed_precondition`
/// otherwise.
Result<ObjectPtr> ready_primary_pod(const Context& context, std::string_view ns,
                                    std::string_view cluster);

/// The task as it is stored now, not as a cache remembers it; null when there is none.
Result<ObjectPtr> current_task(const Context& context, std::string_view ns, std::string_view name);

/// Removes this very task; one that is gone already counts as removed.
Result<void> remove_task(const Context& context, const kube::Object& task);

/// Puts a task in the place of an older one of that name. `conflict` when somebody else did the
/// same in between.
Result<void> replace_task(const Context& context, const kube::Object& task, const ObjectPtr& old);

/// Creates an object; one of that name that is there already counts as done.
Result<void> ensure(const Context& context, const kube::ResourceType& type,
                    const kube::Object& object);

inline constexpr std::string_view kNotProcessed = "Waiting for the operator";

}  // namespace pgo::operations
