#include "embedded/node/prerequisites.h"
#include "embedded/node/sandbox.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace pgo;
using namespace pgo::embedded::node;

namespace {

Sandbox sandbox() {
  Sandbox result;
  result.hostname = "hippo-0";
  result.user = "postgres";
  result.uid = result.gid = 26;
  result.init = "/state/libexec/pgo-init";
  result.private_dir = "/state/pods/u/containers/database";
  result.names_dir = "/state/names/demo";
  result.env = {{"PASSWORD", "secret"}};
  return result;
}

std::size_t position(const std::vector<std::string>& list, std::string_view word) {
  return static_cast<std::size_t>(std::ranges::find(list, word) - list.begin());
}

}  // namespace

TEST_CASE("sandbox: the root is made read-only after every mount") {
  auto box = sandbox();
  box.mounts = {{"/state/pv/demo/hippo", "/pgdata", false}};
  auto options = sandbox_options(box);
  std::size_t last = 0;
  for (std::size_t i = 0; i < options.size(); ++i)
    for (std::string_view mount :
         {"--bind", "--ro-bind", "--ro-bind-try", "--symlink", "--dir", "--proc", "--dev"})
      if (options[i] == mount) last = i;
  auto remount = position(options, "--remount-ro");
  REQUIRE(remount + 1 < options.size());
  CHECK(options[remount + 1] == "/");
  CHECK(remount > last);
}

TEST_CASE("sandbox: it has namespaces of its own and dies with its parent") {
  auto options = sandbox_options(sandbox());
  for (const char* wanted : {"--unshare-user", "--unshare-pid", "--unshare-uts", "--unshare-ipc",
                             "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"})
    CHECK(std::ranges::count(options, wanted) == 1);
  // The network is the host's, and a cgroup namespace would only hinder entering.
  CHECK(std::ranges::count(options, "--unshare-net") == 0);
  CHECK(std::ranges::count(options, "--unshare-cgroup") == 0);
  CHECK(options[position(options, "--uid") + 1] == "26");
  CHECK(options[position(options, "--hostname") + 1] == "hippo-0");
}

TEST_CASE("sandbox: parents are mounted before what lies in them") {
  auto box = sandbox();
  box.mounts = {
      {"/s/user", "/pgconf/pguser", true}, {"/s/x", "/data", false}, {"/s/conf", "/pgconf/", true}};
  auto options = sandbox_options(box);
  CHECK(position(options, "/pgconf") < position(options, "/pgconf/pguser"));
  CHECK(options[position(options, "/pgconf") - 2] == "--ro-bind");
  CHECK(options[position(options, "/data") - 2] == "--bind");
}

TEST_CASE("sandbox: mount paths through /var/run and /var/tmp are given by their real place") {
  auto box = sandbox();
  box.mounts = {{"/s/a", "/var/run/secrets/kubernetes.io/serviceaccount", true}};
  auto options = sandbox_options(box);
  CHECK(std::ranges::count(options, "/run/secrets/kubernetes.io/serviceaccount") == 1);
  CHECK(std::ranges::count(options, "/var/run/secrets/kubernetes.io/serviceaccount") == 0);
}

TEST_CASE("sandbox: variables are not on the command line, where ps would show them") {
  auto command = sandbox_command("/usr/bin/bwrap", {"/entrypoint", "patroni"});
  for (const std::string& word : command) CHECK(word.find("secret") == std::string::npos);
  CHECK(command.front() == "/usr/bin/bwrap");
  CHECK(command.back() == "patroni");
  CHECK(std::ranges::count(command, std::string(kInitInside)) == 1);
}

TEST_CASE("sandbox: the user is known by name, also when it is root or nobody") {
  CHECK(passwd_text(sandbox()).find("postgres:x:26:26:postgres:/home/postgres:/bin/bash\n") !=
        std::string::npos);
  auto box = sandbox();
  box.uid = box.gid = 65534;
  auto passwd = passwd_text(box);
  CHECK(passwd.find(":65534:") == passwd.rfind(":x:65534:") + 2);
  CHECK(curlrc_text("127.80.9.2").find("\"127.0.0.1::127.80.9.2:\"") != std::string::npos);
}

TEST_CASE("sandbox: names of outside are known where backups go to S3, after those of the pods") {
  auto box = sandbox();
  for (const char* endpoint : {"", "s3.example.org"}) {
    CAPTURE(endpoint);
    const bool outside = *endpoint != 0;
    box.env["PGBACKREST_REPO1_S3_ENDPOINT"] = endpoint;
    CHECK(nsswitch_text(box).find(outside ? "\nhosts: files dns\n" : "\nhosts: files\n") !=
          std::string::npos);
    CHECK(std::ranges::count(sandbox_options(box), "/etc/resolv.conf") == (outside ? 2 : 0));
  }
}

TEST_CASE("prerequisites: a missing bubblewrap is named with the command that installs it") {
  auto checked = check_sandbox("/no/such/bwrap");
  REQUIRE(!checked);
  CHECK(checked.error().message.find("apt-get install bubblewrap") != std::string::npos);
}

TEST_CASE("prerequisites: a sandbox that cannot be made is reported with bubblewrap's words") {
  auto checked = check_sandbox("/usr/bin/false");
  REQUIRE(!checked);
  CHECK(checked.error().code == Code::failed_precondition);
}

TEST_CASE("prerequisites: the advice names the setting of the kernel that is in the way") {
  struct Host {
    const char* setting;
    const char* value;
    const char* advice;
  };
  for (const Host& host :
       {Host{"user/max_user_namespaces", "0", "sysctl user.max_user_namespaces="},
        Host{"kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"},
        Host{"kernel/apparmor_restrict_unprivileged_userns", "1",
             "sysctl kernel.apparmor_restrict_unprivileged_userns=0"}}) {
    CAPTURE(host.setting);
    node_test::TemporaryFolder settings;
    const std::filesystem::path file = settings.path() / host.setting;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << host.value << "\n";
    CHECK(sandbox_advice("bwrap: no", settings.path()).find(host.advice) != std::string::npos);
    // The other value is that of a host where the reason is another one.
    std::ofstream(file) << (*host.value == '0' ? "1" : "0") << "\n";
    CHECK(sandbox_advice("bwrap: no", settings.path()).empty());
  }
}

TEST_CASE("prerequisites: a refusal that no setting explains is taken for a container's") {
  node_test::TemporaryFolder settings;
  for (const char* complaint :
       {"bwrap: Creating new namespace failed: Operation not permitted",
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow "
        "non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl "
        "kernel.unprivileged_userns_clone=1'."})
    CHECK(sandbox_advice(complaint, settings.path()).find("seccomp") != std::string::npos);
}

TEST_CASE(
    "prerequisites: who has allowed namespaces and may not mount /proc is told the next step") {
  node_test::TemporaryFolder settings;
  const auto advice = sandbox_advice(
      "bwrap: Can't mount proc on /newroot/proc: Operation not permitted", settings.path());
  CHECK(advice.find("systempaths=unconfined") != std::string::npos);
  CHECK(advice.find("seccomp") == std::string::npos);
}

TEST_CASE("prerequisites: all missing packages come in one message") {
  auto images = ImageCatalogue::from_value(*json::parse(R"({"images":[
    {"names":["a"],"requires":{"pkg-b":"/no/b","pkg-a":"/no/a","coreutils":"/usr/bin/env"}},
    {"names":["b"],"requires":{"pkg-b":"/no/b"}}]})"),
                                           "/images");
  REQUIRE(images);
  auto checked = check_packages(*images);
  REQUIRE(!checked);
  CHECK(checked.error().message == "packages are not installed: apt-get install pkg-a pkg-b");
}
