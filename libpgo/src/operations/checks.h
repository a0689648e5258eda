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

/// The pgclusters that a selector, or a name (an empty one: all), stands for, sorted by name.
Result<std::vector<model::PgCluster>> select_clusters(const Context& context, std::string_view ns,
                                                      std::string_view selector,
                                                      std::string_view name);

/// Creates an object; one of that name that is there already counts as done.
Result<void> ensure(const Context& context, const kube::ResourceType& type,
                    const kube::Object& object);

inline constexpr std::string_view kNotProcessed = "Waiting for the operator";

}  // namespace pgo::operations
