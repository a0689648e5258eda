#include "dev/state_dir.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pgo::dev {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> system_failure(std::string doing, const fs::path& path, int number) {
  return fail(Code::failed_precondition,
              std::move(doing) + ": " + std::generic_category().message(number), path.string());
}

}  // namespace

Result<void> make_private_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return system_failure("making the directory", path, error.value());
  if (chmod(path.c_str(), 0700) != 0) {
    return system_failure("making the directory private", path, errno);
  }
  return {};
}

Result<StateDir> StateDir::open(const fs::path& path) {
  PGO_TRY_VOID(make_private_directory(path));
  const fs::path lock_path = path / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_failure("opening the lock", lock_path, errno);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return fail(Code::failed_precondition,
                "another daemon is running on this state directory; stop it first or choose "
                "another directory with --state-dir",
                path.string());
  }
  return StateDir(path, lock);
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDir::~StateDir() {
  if (lock_ >= 0) close(lock_);
}

Result<void> write_private_file(const fs::path& path, std::string_view text) {
  const fs::path fresh = path.string() + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return system_failure("writing the file", fresh, errno);
  int failed = fchmod(file, 0600) == 0 ? 0 : errno;
  while (failed == 0 && !text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) failed = errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (failed == 0 && fsync(file) != 0) failed = errno;
  close(file);
  if (failed == 0 && rename(fresh.c_str(), path.c_str()) != 0) failed = errno;
  if (failed != 0) return system_failure("writing the file", path, failed);
  return {};
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::error_code error;
    if (!fs::exists(path, error)) return fail(Code::not_found, "no such file", path.string());
    return fail(Code::failed_precondition, "the file cannot be read", path.string());
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace pgo::dev
