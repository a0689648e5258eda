#include "embedded/node/files.h"

#include "embedded/node/fd.h"

#include <sys/stat.h>
#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

Result<void> make_directory(const fs::path& path, mode_t mode) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail_errno("make", path.string(), error.value());
  if (::chmod(path.c_str(), mode) < 0) return fail_errno("set the mode of", path.string());
  return {};
}

namespace {

enum class Synced : bool { no, yes };

Result<void> write_and_rename(const fs::path& path, std::string_view content, mode_t mode,
                              Synced synced) {
  std::string temporary = path.string() + ".new";
  Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return fail_errno("create", temporary);
  ::fchmod(file.get(), mode);  // the umask must not narrow it
  while (!content.empty()) {
    ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", temporary);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (synced == Synced::yes && ::fsync(file.get()) < 0) return fail_errno("write", temporary);
  file.reset();
  if (::rename(temporary.c_str(), path.c_str()) < 0) return fail_errno("replace", path.string());
  return {};
}

}  // namespace

Result<void> replace_file(const fs::path& path, std::string_view content, mode_t mode) {
  return write_and_rename(path, content, mode, Synced::no);
}

Result<void> keep_file(const fs::path& path, std::string_view content) {
  PGO_TRY_VOID(write_and_rename(path, content, 0600, Synced::yes));
  return sync_folder(path.parent_path());
}

Result<void> sync_folder(const fs::path& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) < 0) return fail_errno("write", path.string());
  return {};
}

Result<std::string> read_file(const fs::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return fail(Code::not_found, "no file " + path.string());
    return fail_errno("open", path.string());
  }
  std::string content;
  char block[16384];
  for (;;) {
    ssize_t count = ::read(file.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("read", path.string());
    if (count == 0) return content;
    content.append(block, static_cast<std::size_t>(count));
  }
}

namespace {
// Strictly below: at least one more component, compared without touching the file system.
bool below(const fs::path& guard, const fs::path& path) {
  if (!guard.is_absolute() || !path.is_absolute()) return false;
  fs::path inner = path.lexically_normal().lexically_relative(guard.lexically_normal());
  return !inner.empty() && inner != "." && *inner.begin() != "..";
}
}  // namespace

Result<void> remove_tree(const fs::path& guard, const fs::path& path) {
  if (!below(guard, path))
    return fail(Code::internal, "refused to delete outside of " + guard.string(), path.string());
  std::error_code error;
  fs::remove_all(path, error);
  if (error == std::errc::permission_denied) {
    // A folder without write permission (a program may have made one) stops remove_all: open up.
    for (auto entry = fs::recursive_directory_iterator(path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
        fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
    error.clear();
    fs::remove_all(path, error);
  }
  if (error) return fail_errno("delete", path.string(), error.value());
  return {};
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos && name.size() <= 255;
}

bool is_inner_path(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != path.npos) return false;
  for (const auto& part : fs::path(path))
    if (part == "..") return false;
  return true;
}

}  // namespace pgo::embedded::node
