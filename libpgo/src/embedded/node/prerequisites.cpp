#include "embedded/node/prerequisites.h"

#include "embedded/node/fd.h"
#include "embedded/node/files.h"
#include "embedded/node/spawn.h"
#include "pgo/base/text.h"

#include <poll.h>
#include <set>
#include <signal.h>
#include <system_error>
#include <unistd.h>

namespace pgo::embedded::node {

namespace {

constexpr int kPatienceMs = 10'000;

// True when a kernel setting exists and reads as `value`.
bool setting_is(const std::filesystem::path& path, std::string_view value) {
  auto text = read_file(path);
  return text && text::trim(*text) == value;
}

std::string drain(const Fd& fd) {
  std::string text;
  char block[4096];
  ssize_t count = 0;
  while ((count = ::read(fd.get(), block, sizeof block)) > 0)
    text.append(block, static_cast<std::size_t>(count));
  return text;
}

}  // namespace

Result<void> check_not_root() {
  if (::geteuid() != 0) return {};
  return fail(
      Code::failed_precondition,
      "the local node does not run containers as root: run as an ordinary user, or let the "
      "program drop to one before it starts (for example: useradd --system --create-home pgo)");
}

std::string sandbox_advice(const std::string& complaint, const std::filesystem::path& settings) {
  auto says = [&](std::string_view words) { return complaint.find(words) != complaint.npos; };
  if (setting_is(settings / "user/max_user_namespaces", "0"))
    return "user namespaces are switched off: sysctl user.max_user_namespaces=15000";
  if (setting_is(settings / "kernel/unprivileged_userns_clone", "0"))
    return "user namespaces are for root only here: sysctl kernel.unprivileged_userns_clone=1";
  if (setting_is(settings / "kernel/apparmor_restrict_unprivileged_userns", "1"))
    return "AppArmor forbids user namespaces: install the bwrap profile (package "
           "apparmor-profiles) or sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  // Parts of a container's own /proc are covered, so the kernel refuses a new one.
  if (says("Can't mount proc"))
    return "this is a container that covers parts of /proc; start it with --security-opt "
           "systempaths=unconfined (podman: --security-opt unmask=ALL)";
  if (says("No permissions to create new namespace") || says("Operation not permitted"))
    return "user namespaces are forbidden here; inside a container, start it with a seccomp "
           "profile that allows them (for example --security-opt seccomp=unconfined)";
  return {};
}

Result<void> check_sandbox(const std::string& bwrap) {
  if (::access(bwrap.c_str(), X_OK) != 0)
    return fail(Code::failed_precondition,
                "bubblewrap is not installed: apt-get install bubblewrap", bwrap);
  PGO_TRY(Pipe output, make_pipe());
  Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // The same kinds of namespaces and mounts as a container has.
  std::vector<std::string> argv{bwrap,           "--unshare-user",
                                "--uid",         "26",
                                "--gid",         "26",
                                "--unshare-pid", "--unshare-uts",
                                "--unshare-ipc", "--die-with-parent",
                                "--ro-bind",     "/usr",
                                "/usr",          "--symlink",
                                "usr/lib",       "/lib",
                                "--symlink",     "usr/lib64",
                                "/lib64",        "--proc",
                                "/proc",         "--dev",
                                "/dev",          "/usr/bin/true"};
  GivenFd fds[] = {{null.get(), 0}, {output.write.get(), 1}, {output.write.get(), 2}};
  PGO_TRY(Child child, spawn(bwrap, argv, {}, fds));
  output.write.reset();
  if (!wait_for_end(child, kPatienceMs)) {
    send_signal(child.pidfd, SIGKILL);
    reap(child);
    return fail(Code::deadline_exceeded, "an empty sandbox did not end within 10 s", bwrap);
  }
  ChildStatus status = reap(child);
  if (!status.known || status.code == 0) return {};
  std::string complaint(text::trim(drain(output.read)));
  std::string advice = sandbox_advice(complaint);
  return fail(Code::failed_precondition,
              "no sandbox can be made on this host" + (advice.empty() ? "" : ": " + advice) +
                  (complaint.empty() ? "" : " (bubblewrap says: " + complaint + ")"));
}

Result<void> check_packages(const ImageCatalogue& images) {
  std::set<std::string> missing;
  for (const Image& image : images.all())
    for (const std::string& package : image.missing_packages()) missing.insert(package);
  if (missing.empty()) return {};
  std::vector<std::string> list(missing.begin(), missing.end());
  return fail(Code::failed_precondition,
              "packages are not installed: apt-get install " + text::join(list, " "));
}

}  // namespace pgo::embedded::node
