#include "pgo/kube/kubeconfig.h"

#include "pgo/base/text.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <unistd.h>

namespace pgo::kube {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

/// A folder of its own that goes with the test.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "pgo-kubeconfig-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const std::string& name, std::string_view content) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << content;
    return path / name;
  }
  fs::path path;
};

Environment environment(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

std::string authorization(const ConnectionSettings& settings) {
  REQUIRE(settings.transport.auth != nullptr);
  const auto credentials = settings.transport.auth->credentials();
  REQUIRE(credentials);
  return credentials->authorization;
}

constexpr std::string_view kBasic = R"(apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c1
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority: ca.crt
    tls-server-name: api.test
contexts:
- name: dev
  context: {cluster: c1, user: u1, namespace: pgo}
- name: other
  context: {cluster: c1, user: u2}
users:
- name: u1
  user:
    token: t0ken
- name: u2
  user:
    tokenFile: tokens/t
)";

}  // namespace

TEST_SUITE("kube.kubeconfig") {
  TEST_CASE("kubeconfig: the current context decides, files count from the config's folder") {
    const Folder folder;
    folder.write("ca.crt", kPem);
    const auto settings = load_kubeconfig({folder.write("config", kBasic)});
    REQUIRE_MESSAGE(settings, settings.error().text());
    CHECK(settings->context == "dev");
    CHECK(settings->ns == "pgo");
    CHECK(settings->transport.server == "https://127.0.0.1:6443");
    CHECK(settings->transport.tls.ca_pem == kPem);
    CHECK(settings->transport.tls.server_name == "api.test");
    CHECK(settings->transport.proxy.empty());
    CHECK(authorization(*settings) == "Bearer t0ken");
  }

  TEST_CASE("kubeconfig: another context and a token file can be chosen") {
    const Folder folder;
    folder.write("ca.crt", kPem);
    folder.write("tokens/t", "from-file\n");
    const auto file = folder.write("config", kBasic);
    const auto settings = load_kubeconfig({file}, {.context = "other"});
    REQUIRE_MESSAGE(settings, settings.error().text());
    CHECK(authorization(*settings) == "Bearer from-file");
    CHECK(authorization(*load_kubeconfig({file}, {.user = "u2"})) == "Bearer from-file");
  }

  TEST_CASE(
      "kubeconfig: of files that are merged the first entry wins and missing ones are left out") {
    const Folder folder;
    folder.write("ca.crt", kPem);
    const auto first = folder.write("first", R"(
contexts: [{name: dev, context: {cluster: c2, user: u1}}]
clusters: [{name: c2, cluster: {server: "https://second:1"}}]
)");
    const auto second = folder.write("second", kBasic);
    const auto settings = load_kubeconfig({folder.path / "absent", first, second});
    REQUIRE_MESSAGE(settings, settings.error().text());
    CHECK(settings->context == "dev");
    CHECK(settings->transport.server == "https://second:1");
    CHECK(authorization(*settings) == "Bearer t0ken");
  }

  TEST_CASE("kubeconfig: inline data is decoded and wins over files") {
    const Folder folder;
    const std::string data = text::base64_encode(kPem);
    const auto file = folder.write(
        "config",
        "current-context: x\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: no,"
        " certificate-authority-data: " +
            data +
            "}}]\n"
            "users: [{name: u, user: {client-certificate-data: " +
            data + ", client-key-data: " + data + "}}]\n");
    auto settings = load_kubeconfig({file});
    // "no" is a boolean in YAML 1.1: the message must not leave the reader guessing.
    REQUIRE_FALSE(settings);
    CHECK(settings.error().message.find("quotes") != std::string::npos);
    CHECK(settings.error().message.find("certificate-authority") != std::string::npos);
    const auto good = folder.write(
        "good",
        "current-context: x\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: 'no',"
        " certificate-authority-data: " +
            data +
            "}}]\n"
            "users: [{name: u, user: {client-certificate-data: " +
            data + ", client-key-data: " + data + "}}]\n");
    settings = load_kubeconfig({good});
    REQUIRE_MESSAGE(settings, settings.error().text());
    CHECK(settings->transport.tls.ca_pem == kPem);
    CHECK(settings->transport.tls.certificate_pem == kPem);
    CHECK(settings->transport.tls.key_pem == kPem);
    CHECK(settings->transport.auth == nullptr);
  }

  TEST_CASE("kubeconfig: errors name file and line or the missing name, and no secret") {
    const Folder folder;
    auto error_of = [&](std::string_view content, const KubeconfigOptions& options = {}) {
      const auto settings = load_kubeconfig({folder.write("config", content)}, options);
      REQUIRE_FALSE(settings);
      CHECK(settings.error().text().find("t0ken") == std::string::npos);
      return settings.error();
    };
    auto has = [](const Error& error, std::string_view part) {
      return error.text().find(part) != std::string::npos;
    };
    CHECK(has(error_of(kBasic), "config:8"));  // ca.crt is not there
    CHECK(has(error_of(kBasic), "certificate-authority"));
    CHECK(error_of(kBasic, {.context = "nope"}).code == Code::not_found);
    CHECK(has(error_of(kBasic, {.context = "nope"}), "'nope'"));
    CHECK(has(error_of(kBasic, {.cluster = "nope"}), "no cluster 'nope'"));
    CHECK(has(error_of("a: [", {}), "line"));
    CHECK(has(error_of("- list"), "mapping"));
    CHECK(has(error_of("users: []"), "current-context"));
    CHECK(error_of("").code == Code::not_found);
    const std::string_view frame =
        "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h'}}]\nusers:\n- name: u\n  user:\n";
    CHECK(has(error_of(std::string(frame) + "    token: 12345\n"), "config:7"));
    CHECK(has(error_of(std::string(frame) + "    client-key-data: '%%'\n"), "base64"));
    CHECK(has(error_of(std::string(frame) + "    token: t0ken\n    client-key-data: " +
                       text::base64_encode(kPem) + "\n"),
              "client-certificate"));
    CHECK(error_of(std::string(frame) + "    exec: {command: aws}\n").code == Code::unimplemented);
  }

  TEST_CASE("kubeconfig: the list of files comes from KUBECONFIG, else from HOME") {
    CHECK(kubeconfig_files(environment({{"KUBECONFIG", "/a:/b"}, {"HOME", "/h"}})) ==
          std::vector<fs::path>{"/a", "/b"});
    CHECK(kubeconfig_files(environment({{"HOME", "/h"}})) ==
          std::vector<fs::path>{"/h/.kube/config"});
    CHECK(load_default(environment({})).error().code == Code::not_found);
  }

  TEST_CASE("in-cluster: the service account of the pod is used, its token read again") {
    const Folder root;
    const std::string folder = "var/run/secrets/kubernetes.io/serviceaccount/";
    root.write(folder + "token", "one");
    root.write(folder + "ca.crt", kPem);
    root.write(folder + "namespace", "pgo\n");
    const auto pod =
        environment({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
    const auto settings = load_in_cluster(pod, root.path);
    REQUIRE_MESSAGE(settings, settings.error().text());
    CHECK(settings->transport.server == "https://10.0.0.1:443");
    CHECK(settings->ns == "pgo");
    CHECK(authorization(*settings) == "Bearer one");
    root.write(folder + "token", "second");
    CHECK(authorization(*settings) == "Bearer second");
    CHECK(load_in_cluster(environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"},
                                       {"KUBERNETES_SERVICE_PORT", "443"}}),
                          root.path)
              ->transport.server == "https://[fd00::1]:443");
  }

  TEST_CASE("in-cluster: outside of a pod, or without its files, the reason is said") {
    const Folder root;
    CHECK(load_in_cluster(environment({}), root.path).error().code == Code::failed_precondition);
    const auto missing = load_in_cluster(
        environment({{"KUBERNETES_SERVICE_HOST", "h"}, {"KUBERNETES_SERVICE_PORT", "1"}}),
        root.path);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().subject.ends_with("ca.crt"));
  }
}

}  // namespace pgo::kube
