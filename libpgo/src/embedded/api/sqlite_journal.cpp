#include "embedded/api/journal.h"

#include <sqlite3.h>

namespace pgo::embedded::api {
namespace {

/// How long another process may hold the file before opening fails.
constexpr int kBusyMilliseconds = 2000;
/// The last version is written down so far ahead that few writes have to touch its page.
constexpr std::uint64_t kAhead = 1000;

/// With row ids: a document of up to a page lies in the row's own leaf, and a write to an object
/// that is there changes that one page. In a table without them everything beyond a kilobyte would
/// go to pages of its own.
constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS objects (tbl TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,"
    " version INTEGER NOT NULL, document TEXT NOT NULL, UNIQUE (tbl, ns, name));"
    "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO setting VALUES ('version', '0');";

/// Before there were row ids the table was called `object`.
constexpr const char* kTakeOver =
    "INSERT INTO objects (tbl, ns, name, version, document)"
    " SELECT tbl, ns, name, version, document FROM object;"
    "DROP TABLE object;";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  // The text outlives the step: no copy.
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string column(sqlite3_stmt* statement, int index) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
  return text == nullptr
             ? std::string()
             : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
}

/// One SQLite file in WAL mode, held exclusively. A commit survives the death of the process; the
/// last ones may be lost when the machine dies, which the store's version gap allows for.
class SqliteJournal final : public Journal {
 public:
  SqliteJournal(std::string file, Database database)
      : file_(std::move(file)), database_(std::move(database)) {}

  Result<void> prepare() {
    PGO_TRY_VOID(run("PRAGMA locking_mode=EXCLUSIVE"));
    PGO_TRY_VOID(run("PRAGMA journal_mode=WAL"));
    PGO_TRY_VOID(run("PRAGMA synchronous=NORMAL"));
    // A cache that holds what a few hundred clusters keep changing, and a log long enough that
    // pages written again and again are copied once: a small database fills neither.
    PGO_TRY_VOID(run("PRAGMA cache_size=-4096"));
    PGO_TRY_VOID(run("PRAGMA wal_autocheckpoint=4096"));
    PGO_TRY_VOID(run("BEGIN IMMEDIATE"));
    PGO_TRY_VOID(run(kSchema));
    PGO_TRY(const bool former, has_table("object"));
    if (former) PGO_TRY_VOID(run(kTakeOver));
    PGO_TRY_VOID(run("COMMIT"));
    PGO_TRY(put_, make("INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tbl, ns, name)"
                       " DO UPDATE SET version = excluded.version, document = excluded.document"));
    PGO_TRY(remove_, make("DELETE FROM objects WHERE tbl = ?1 AND ns = ?2 AND name = ?3"));
    PGO_TRY(count_, make("UPDATE setting SET value = ?1 WHERE name = 'version'"));
    PGO_TRY(begin_, make("BEGIN"));
    PGO_TRY(commit_, make("COMMIT"));
    return {};
  }

  Result<std::uint64_t> load(const Visit& visit) override {
    PGO_TRY(Statement all, make("SELECT tbl, version, document FROM objects"));
    int state = 0;
    while ((state = sqlite3_step(all.get())) == SQLITE_ROW) {
      const std::string table = column(all.get(), 0);
      auto done = visit(table, static_cast<std::uint64_t>(sqlite3_column_int64(all.get(), 1)),
                        column(all.get(), 2));
      if (!done) {
        return fail(std::move(done).error().with_context("the state database " + file_ +
                                                         " holds an unreadable object"));
      }
    }
    if (state != SQLITE_DONE) return failure("reading");
    const std::string version = setting("version");
    return static_cast<std::uint64_t>(std::strtoull(version.c_str(), nullptr, 10));
  }

  Result<void> write(std::span<const Entry> entries) override {
    const std::uint64_t last = entries.back().version;
    const std::uint64_t counted = last > counted_to_ ? last + kAhead : counted_to_;
    bool done = step(begin_.get());
    for (const Entry& entry : entries) done = done && write(entry);
    if (counted != counted_to_) done = done && count_to(counted);
    if (done && step(commit_.get())) {
      counted_to_ = counted;
      return {};
    }
    auto error = failure("writing to");
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return error;
  }

  bool keeps() const override { return true; }

  std::string setting(const std::string& name) override {
    auto query = make("SELECT value FROM setting WHERE name = ?1");
    if (!query) return {};
    bind_text(query->get(), 1, name);
    return sqlite3_step(query->get()) == SQLITE_ROW ? column(query->get(), 0) : std::string();
  }

  Result<void> set_setting(const std::string& name, const std::string& value) override {
    PGO_TRY(Statement put, make("INSERT OR REPLACE INTO setting VALUES (?1, ?2)"));
    bind_text(put.get(), 1, name);
    bind_text(put.get(), 2, value);
    if (sqlite3_step(put.get()) != SQLITE_DONE) return failure("writing to");
    return {};
  }

 private:
  static bool step(sqlite3_stmt* statement) {
    const int state = sqlite3_step(statement);
    sqlite3_reset(statement);
    return state == SQLITE_DONE;
  }

  bool write(const Entry& entry) {
    sqlite3_stmt* const change = entry.text != nullptr ? put_.get() : remove_.get();
    bind_text(change, 1, entry.table);
    bind_text(change, 2, entry.ns);
    bind_text(change, 3, entry.name);
    if (entry.text != nullptr) {
      sqlite3_bind_int64(change, 4, static_cast<sqlite3_int64>(entry.version));
      bind_text(change, 5, *entry.text);
    }
    return step(change);
  }

  bool count_to(std::uint64_t version) {
    const std::string number = std::to_string(version);
    bind_text(count_.get(), 1, number);
    return step(count_.get());
  }

  Result<void> run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return failure("opening");
  }

  Result<Statement> make(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) == SQLITE_OK) {
      return Statement(statement);
    }
    return failure("opening");
  }

  Result<bool> has_table(std::string_view name) {
    PGO_TRY(Statement query,
            make("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1"));
    bind_text(query.get(), 1, name);
    const int state = sqlite3_step(query.get());
    if (state == SQLITE_ROW || state == SQLITE_DONE) return state == SQLITE_ROW;
    return failure("opening");
  }

  std::unexpected<Error> failure(std::string_view doing) const {
    const int code = sqlite3_errcode(database_.get());
    std::string message = std::string(doing) + " the state database " + file_ + ": ";
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
      message += "another process is using it; stop that one or choose another state directory";
    } else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      message +=
          "it is damaged or no database; restore it from a copy or move it away to start "
          "with an empty state";
    } else {
      message += sqlite3_errmsg(database_.get());
    }
    return fail(code == SQLITE_FULL ? Code::resource_exhausted : Code::failed_precondition,
                std::move(message));
  }

  std::string file_;
  Database database_;
  Statement put_, remove_, count_, begin_, commit_;
  std::uint64_t counted_to_ = 0;  ///< up to here versions are written down
};

}  // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int state =
      sqlite3_open_v2(file.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (state != SQLITE_OK) {
    return fail(Code::failed_precondition,
                "cannot open the state database " + file.string() + ": " +
                    (raw != nullptr ? sqlite3_errmsg(raw) : "out of memory"));
  }
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  auto journal = std::make_unique<SqliteJournal>(file.string(), std::move(database));
  PGO_TRY_VOID(journal->prepare());
  return std::unique_ptr<Journal>(std::move(journal));
}

}  // namespace pgo::embedded::api
