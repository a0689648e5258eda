#include "pgo/model/config.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace pgo::model {
namespace {

/// The built-in file with one piece of text replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string yaml(default_pgo_yaml());
  const auto at = yaml.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, "no \"" << from << "\" in the built-in file");
  return yaml.replace(at, from.size(), to);
}

std::size_t line_of(const std::string& yaml, const std::string& piece) {
  const auto at = yaml.find(piece);
  REQUIRE(at != std::string::npos);
  return static_cast<std::size_t>(
             std::count(yaml.begin(), yaml.begin() + static_cast<long>(at), '\n')) +
         1;
}

/// The error names the line on which `piece` stands, and `word`.
void fails_at(const std::string& yaml, const std::string& piece, const std::string& word) {
  const auto config = parse_config(yaml, "my.yaml");
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().code == Code::invalid_argument);
  CHECK_MESSAGE(config.error().subject == "my.yaml:" + std::to_string(line_of(yaml, piece)),
                config.error().text());
  CHECK_MESSAGE(config.error().message.find(word) != std::string::npos, config.error().text());
}

}  // namespace

TEST_CASE("pgo.yaml: the built-in file has the values that 4.2.0 shipped") {
  const auto config = parse_config(default_pgo_yaml());
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().text()));
  CHECK(*config == Config::defaults());
  CHECK(config->cluster.ccp_image_tag == "centos7-12.1-4.2.0");
  CHECK(config->cluster.port == "5432");
  CHECK(config->cluster.backrest_port == 2022);
  CHECK(config->cluster.pod_anti_affinity == "preferred");
  CHECK(config->pgo.pgo_image_tag == "centos7-4.2.0");
  CHECK(config->pgo.autofail_sleep_seconds_value == 9);
  CHECK(config->storage.size() == 9);
  CHECK(config->storage.at("storageos").fs_group == "26");
  CHECK(config->container_resources.at("large").limits_cpu == "4.0");
  CHECK(config->check_passwords());
}

TEST_CASE("pgo.yaml: absent keys get the values of 4.2.0") {
  const auto config = parse_config(R"(
Cluster: {CCPImagePrefix: a, CCPImageTag: b, User: u}
Pgo: {PGOImagePrefix: c, PGOImageTag: d}
PrimaryStorage: one
BackupStorage: one
ReplicaStorage: one
Storage: {one: {AccessMode: ReadWriteOnce, Size: 1G, StorageType: create}}
)");
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().text()));
  CHECK(config->cluster.badger_port == "10000");
  CHECK(config->cluster.exporter_port == "9187");
  CHECK(config->cluster.log_statement == "none");
  CHECK(config->cluster.service_type == "ClusterIP");
  CHECK(config->cluster.database == "userdb");
  CHECK(config->cluster.archive_timeout == "60");
  CHECK(config->pgo.autofail_sleep_seconds == "30");
  CHECK(config->backrest_storage == "one");
}

TEST_CASE("K7: the length of passwords is that of pgo.yaml, or 24") {
  CHECK(Config::defaults().generated_password_length() == 8);
  const auto config = parse_config(with("PasswordLength: 8", "PasswordLength:"));
  REQUIRE(config.has_value());
  CHECK(config->generated_password_length() == 24);
}

TEST_CASE("pgo.yaml: what is wrong is named with its line") {
  fails_at(with("Port: 5432", "Port: high"), "Port: high", "integer");
  fails_at(with("LogStatement: none", "LogStatement: some"), "LogStatement: some", "ddl");
  fails_at(with("ServiceType: ClusterIP", "ServiceType: Other"), "ServiceType: Other", "NodePort");
  fails_at(with("PodAntiAffinity: preferred", "PodAntiAffinity: maybe"), "PodAntiAffinity: maybe",
           "required");
  fails_at(with("PrimaryNodeLabel:", "PrimaryNodeLabel: east"), "PrimaryNodeLabel: east",
           "key=value");
  fails_at(with("User: testuser", "User: Test_User"), "User: Test_User", "secret");
  fails_at(with("PrimaryStorage: storageos", "PrimaryStorage: nosuch"), "PrimaryStorage: nosuch",
           "nosuch");
  fails_at(with("DefaultContainerResources:", "DefaultContainerResources: nosuch"),
           "DefaultContainerResources: nosuch", "ContainerResources");
  fails_at(with("RequestsMemory: 512Mi", "RequestsMemory: much"), "RequestsMemory: much",
           "quantity");
  fails_at(with("Fsgroup: 26", "Fsgroup: 26\n    SupplementalGroups: 65534"),
           "SupplementalGroups: 65534\n  primarysite", "Fsgroup");
  fails_at(with("Metrics: false", "Metrics: perhaps"), "Metrics: perhaps", "true or false");
}

TEST_CASE("K30: a key that nobody reads is a mistake, but for those that old installers wrote") {
  fails_at(with("Metrics: false", "Metrik: false"), "Metrik: false", "Metrik");
  CHECK(parse_config(with("Metrics: false", "Metrics: false\n  ArchiveMode: true")).has_value());
  CHECK(parse_config(with("Metrics: false", "Metrics: false\n  Autofail: true")).has_value());
}

TEST_CASE("pgo.yaml: text that is no YAML, and YAML that is no mapping, are refused") {
  CHECK_FALSE(parse_config("Cluster: [").has_value());
  CHECK_FALSE(parse_config("").has_value());
  CHECK_FALSE(parse_config("- a").has_value());
}

TEST_CASE("pgo.yaml: image settings of the environment win where they are not empty") {
  const auto config = parse_config(default_pgo_yaml(), "pgo.yaml",
                                   {{"CCP_IMAGE_PREFIX", "registry.example/x"},
                                    {"CCP_IMAGE_TAG", ""},
                                    {"PGO_IMAGE_TAG", "new"},
                                    {"HOME", "/root"}});
  REQUIRE(config.has_value());
  CHECK(config->cluster.ccp_image_prefix == "registry.example/x");
  CHECK(config->cluster.ccp_image_tag == "centos7-12.1-4.2.0");
  CHECK(config->pgo.pgo_image_tag == "new");
  CHECK(config->pgo.pgo_image_prefix == "crunchydata");
}

TEST_CASE("pgo.yaml: storage and resources are looked up by name") {
  const auto& config = Config::defaults();
  const auto storage = config.storage_spec("nfsstoragered");
  REQUIRE(storage.has_value());
  CHECK(storage->supplemental_groups == "65534");
  CHECK(storage->match_labels == "crunchyzone=red");
  CHECK(storage->name.empty());
  const auto unknown = config.storage_spec("nosuch");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().message.find("storageos") != std::string::npos);
  CHECK(config.resources("")->limits_cpu.empty());
  CHECK(config.resources("small")->complete());
  CHECK_FALSE(config.resources("nosuch").has_value());
}

}  // namespace pgo::model
