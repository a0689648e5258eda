#include "pgo/model/names.h"

#include "pgo/base/text.h"
#include "pgo/model/permissions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace pgo::model {

TEST_CASE("names: objects of a cluster have the names of 4.2.0") {
  CHECK(names::repo_deployment("hippo") == "hippo-backrest-shared-repo");
  CHECK(names::repo_volume("hippo") == "hippo-pgbr-repo");
  CHECK(names::backrest_secret("hippo") == "hippo-backrest-repo-config");
  CHECK(names::user_secret("hippo", "testuser") == "hippo-testuser-secret");
  CHECK(names::default_config("hippo") == "hippo-pgha-default-config");
  CHECK(names::backup("hippo") == "backrest-backup-hippo");
  CHECK(names::stanza_create("hippo") == "hippo-stanza-create");
  CHECK(names::repo_path("hippo") == "/backrestrepo/hippo-backrest-shared-repo");
  CHECK(names::scope_sync("hippo-abcd") == "hippo-abcd-sync");
}

TEST_CASE("names: a replica's name follows from the cluster's UID and the ordinal") {
  const auto first = names::replica("hippo", "uid-1", 0);
  CHECK(first == names::replica("hippo", "uid-1", 0));
  CHECK(text::is_dns1035_label(first));
  CHECK(first.starts_with("hippo-"));
  CHECK(first.size() == std::string("hippo-").size() + 4);
  CHECK(first != names::replica("hippo", "uid-2", 0));
  std::set<std::string> drawn;
  for (unsigned i = 0; i < 8; ++i) drawn.insert(names::replica("hippo", "uid-1", i));
  CHECK(drawn.size() == 8);
}

TEST_CASE("K4: the pods of a replica are not taken for pods of the primary") {
  CHECK(names::is_pod_of("hippo-6765f8686c-brnnq", "hippo"));
  CHECK_FALSE(names::is_pod_of("hippo-abcd-6765f8686c-brnnq", "hippo"));
  CHECK(names::is_pod_of("hippo-abcd-6765f8686c-brnnq", "hippo-abcd"));
  CHECK_FALSE(names::is_pod_of("hippo", "hippo"));
  CHECK_FALSE(names::is_pod_of("hippo-6765f8686c", "hippo"));
  CHECK_FALSE(names::is_pod_of("hippopotamus-6765f8686c-brnnq", "hippo"));
  CHECK_FALSE(names::is_pod_of("hippo-6765f8686c-brnnq7", "hippo"));
}

TEST_CASE("K1: the primary is selected by the role that Patroni wrote") {
  CHECK(selector::primary_pod("hippo") == "pg-cluster=hippo,role=master");
  CHECK(selector::replica_pods("hippo") == "pg-cluster=hippo,role=replica");
  CHECK(selector::repo("hippo") == "pg-cluster=hippo,pgo-backrest-repo=true");
}

TEST_CASE("task types: each has one word, and each word one type") {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(TaskType::clone_step3); ++i) {
    const auto type = static_cast<TaskType>(i);
    const auto word = to_string(type);
    CHECK_FALSE(word.empty());
    CHECK(words.insert(word).second);
    CHECK(task_type(word) == type);
  }
  CHECK_FALSE(task_type("nosuch").has_value());
  CHECK_FALSE(task_type("").has_value());
}

TEST_CASE("permissions: the 59 of 4.2.0 in order, and the wildcard") {
  CHECK(kPermissions.size() == 59);
  CHECK(std::ranges::is_sorted(kPermissions));
  CHECK(is_permission("ShowPVC"));
  CHECK(is_permission("Clone"));
  CHECK(is_permission("*"));
  CHECK_FALSE(is_permission("showpvc"));
  CHECK_FALSE(is_permission(""));
}

}  // namespace pgo::model
