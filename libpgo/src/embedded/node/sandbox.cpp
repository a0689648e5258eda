#include "embedded/node/sandbox.h"

#include "embedded/node/files.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <initializer_list>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

// What programs need of the host's /etc; everything else stays out.
constexpr std::string_view kHostEtc[] = {"alternatives",
                                         "ca-certificates",
                                         "ca-certificates.conf",
                                         "ld.so.cache",
                                         "ld.so.conf",
                                         "ld.so.conf.d",
                                         "localtime",
                                         "login.defs",
                                         "mime.types",
                                         "postgresql-common",
                                         "protocols",
                                         "python3",
                                         "python3.11",
                                         "python3.12",
                                         "python3.13",
                                         "services",
                                         "ssh",
                                         "ssl"};

constexpr std::size_t kLongestHostname = 63;

class Options {
 public:
  void add(std::initializer_list<std::string_view> words) {
    for (std::string_view word : words) list_.emplace_back(word);
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

// /var/run and /var/tmp are links inside; mount points are given by their real place.
std::string real_target(std::string_view target) {
  std::string clean = fs::path(target).lexically_normal().string();
  if (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
  if (clean == "/var/run" || clean.starts_with("/var/run/")) return clean.substr(4);
  if (clean == "/var/tmp" || clean.starts_with("/var/tmp/")) return clean.substr(4);
  return clean;
}

std::string writable_source(const Sandbox& sandbox, std::size_t index) {
  return (sandbox.private_dir / ("writable" + std::to_string(index))).string();
}

void add_system(const Sandbox& sandbox, Options& options) {
  std::string uid = std::to_string(sandbox.uid);
  std::string gid = std::to_string(sandbox.gid);
  std::string hostname = sandbox.hostname.substr(0, kLongestHostname);
  options.add({"--unshare-user", "--uid", uid, "--gid", gid, "--unshare-pid", "--unshare-uts",
               "--hostname", hostname, "--unshare-ipc", "--die-with-parent", "--new-session",
               "--as-pid-1"});
  options.add({"--ro-bind", "/usr", "/usr"});
  for (std::string_view name : {"bin", "sbin", "lib", "lib64"})
    options.add({"--symlink", "usr/" + std::string(name), "/" + std::string(name)});
  options.add({"--proc", "/proc", "--dev", "/dev", "--dir", "/etc", "--dir", "/run", "--dir",
               "/var", "--symlink", "../run", "/var/run", "--symlink", "../tmp", "/var/tmp"});
  for (std::string_view name : kHostEtc) {
    std::string path = "/etc/" + std::string(name);
    options.add({"--ro-bind-try", path, path});
  }
}

void add_own_files(const Sandbox& sandbox, Options& options) {
  for (std::string_view name : {"passwd", "group", "nsswitch.conf"}) {
    std::string source = (sandbox.private_dir / "etc" / name).string();
    options.add({"--ro-bind", source, "/etc/" + std::string(name)});
  }
  if (sandbox.asks_dns()) options.add({"--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"});
  // The folder is bound, not the file: a file replaced by rename stays visible that way.
  options.add({"--ro-bind", sandbox.names_dir.string(), "/run/pgo/names", "--symlink",
               "../run/pgo/names/hosts", "/etc/hosts"});
  options.add({"--ro-bind", sandbox.init.string(), kInitInside});
  options.add({"--bind", (sandbox.private_dir / "tmp").string(), "/tmp", "--bind",
               (sandbox.private_dir / "home").string(), sandbox.home()});
  for (std::size_t i = 0; i < sandbox.writable.size(); ++i)
    options.add({"--bind", writable_source(sandbox, i), real_target(sandbox.writable[i])});
}

}  // namespace

bool Sandbox::asks_dns() const {
  auto endpoint = env.find("PGBACKREST_REPO1_S3_ENDPOINT");
  return endpoint != env.end() && !endpoint->second.empty();
}

std::vector<std::string> sandbox_options(const Sandbox& sandbox) {
  Options options;
  add_system(sandbox, options);
  add_own_files(sandbox, options);
  for (const ReadOnlyBind& bind : sandbox.image)
    options.add({"--ro-bind", bind.source.string(), real_target(bind.target)});

  std::vector<Mount> mounts = sandbox.mounts;
  for (Mount& mount : mounts) mount.target = real_target(mount.target);
  std::ranges::stable_sort(mounts, {}, &Mount::target);  // a parent sorts before its children
  for (const Mount& mount : mounts)
    options.add({mount.read_only ? "--ro-bind" : "--bind", mount.source.string(), mount.target});

  // Without this a stray recursive delete inside could remove the links /bin and /lib.
  options.add({"--remount-ro", "/", "--chdir",
               sandbox.working_dir.empty() ? "/" : std::string_view(sandbox.working_dir),
               "--clearenv"});
  for (const auto& [name, value] : sandbox.env) options.add({"--setenv", name, value});
  return options.take();
}

std::vector<std::string> sandbox_command(const std::string& bwrap,
                                         const std::vector<std::string>& program) {
  std::vector<std::string> command{bwrap,
                                   "--info-fd",
                                   std::to_string(kInfoFd),
                                   "--args",
                                   std::to_string(kArgumentsFd),
                                   "--",
                                   std::string(kInitInside),
                                   "run",
                                   std::to_string(kStatusFd)};
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

std::string passwd_text(const Sandbox& sandbox) {
  std::string text;
  if (sandbox.uid != 0) text += "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n";
  text += sandbox.user + ":x:" + std::to_string(sandbox.uid) + ":" + std::to_string(sandbox.gid) +
          ":" + sandbox.user + ":" + sandbox.home() + ":/bin/bash\n";
  if (sandbox.uid != 65534) text += "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  return text;
}

std::string group_text(const Sandbox& sandbox) {
  std::string text;
  if (sandbox.gid != 0) text += "root:x:0:\n";
  text += sandbox.user + ":x:" + std::to_string(sandbox.gid) + ":\n";
  if (sandbox.gid != 65534) text += "nogroup:x:65534:\n";
  return text;
}

std::string nsswitch_text(const Sandbox& sandbox) {
  return std::string("passwd: files\ngroup: files\nhosts: files") +
         (sandbox.asks_dns() ? " dns" : "") + "\nservices: files\n";
}

std::string curlrc_text(std::string_view pod_ip) {
  std::string text;
  for (std::string_view host : {"127.0.0.1", "localhost"})
    text += "connect-to = \"" + std::string(host) + "::" + std::string(pod_ip) + ":\"\n";
  return text;
}

Result<void> prepare_private_dir(const Sandbox& sandbox, const fs::path& guard,
                                 std::string_view pod_ip) {
  const fs::path& dir = sandbox.private_dir;
  PGO_TRY_VOID(remove_tree(guard, dir));
  PGO_TRY_VOID(make_directory(dir));
  PGO_TRY_VOID(make_directory(dir / "tmp"));
  PGO_TRY_VOID(make_directory(dir / "home"));
  PGO_TRY_VOID(make_directory(dir / "etc"));
  for (std::size_t i = 0; i < sandbox.writable.size(); ++i)
    PGO_TRY_VOID(make_directory(writable_source(sandbox, i)));
  PGO_TRY_VOID(replace_file(dir / "etc" / "passwd", passwd_text(sandbox), 0644));
  PGO_TRY_VOID(replace_file(dir / "etc" / "group", group_text(sandbox), 0644));
  PGO_TRY_VOID(replace_file(dir / "etc" / "nsswitch.conf", nsswitch_text(sandbox), 0644));
  return replace_file(dir / "home" / ".curlrc", curlrc_text(pod_ip), 0600);
}

}  // namespace pgo::embedded::node
