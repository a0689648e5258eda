#include "execute.h"

#include "pgo/base/text.h"
#include "pgo/crypto/password.h"
#include "pgo/http/fetch.h"
#include "pgo/kube/exec_result.h"
#include "pgo/manifests/pgbouncer.h"
#include "pgo/model/event.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;
using json::Value;

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The object that holds the name already: ours when it belongs to the same cluster, or with
/// `adopt` to none, and is not on its way out.
Result<kube::Object> take_existing(const kube::Client& client, const kube::ResourceType& type,
                                   const kube::Object& wanted, bool adopt) {
  auto found = client.get(type, wanted.ns(), wanted.name());
  if (!found) return found;
  if (found->being_deleted()) {
    return fail(Code::conflict, "an older object of that name is still being deleted",
                wanted.text());
  }
  const std::string_view cluster = wanted.label(model::label::kCluster);
  const std::string_view owner = found->label(model::label::kCluster);
  if (owner == cluster || (adopt && owner.empty())) return found;
  return fail(Code::already_exists, "an object of that name exists and belongs to something else",
              wanted.text());
}

/// What the command is to read. Its value is in no message.
Result<std::string> secret_value(const kube::Client& client, const plan::Exec& exec) {
  PGO_TRY(const kube::Object secret, client.get(types::kSecret, exec.ns, exec.input_secret));
  if (auto value = text::base64_decode(secret["data"][exec.input_key].as_string()); value) {
    return *std::move(value);
  }
  return fail(Code::invalid_argument, exec.input_key + " cannot be read", secret.text());
}

/// Whom pgBouncer lets in by itself: its own account, whose password was drawn just now.
void set_pool_users(Value& data, std::string_view password) {
  const auto user = text::base64_decode(data[model::data_key::kUsername].as_string());
  if (!user) return;
  data.set(model::data_key::kPoolUsers, text::base64_encode(manifests::pgbouncer_users(
                                            *user, crypto::postgres_md5(*user, password))));
}

}  // namespace

struct Executor::Run {
  const Executor& executor;
  const std::string& ns;
  const std::string& cluster;
  Outcome outcome{};

  Result<void> operator()(const plan::Ensure& ensure) {
    return create(ensure.type, ensure.object, ensure.adopt);
  }

  Result<void> operator()(const plan::EnsureSecret& ensure) {
    kube::Object secret = ensure.object;
    Value& data = secret.document().at_or_add("data");
    if (!ensure.copy_of.empty()) {
      PGO_TRY(const kube::Object source,
              executor.client_.get(types::kSecret, secret.ns(), ensure.copy_of));
      for (const auto& [key, value] : source["data"].members()) data.set(key, value);
    }
    if (ensure.generated == plan::Generated::password ||
        ensure.generated == plan::Generated::pool) {
      const auto length = static_cast<std::size_t>(executor.password_length_);
      const std::string password = executor.ids_->text(length, kLetters);
      data.set(model::data_key::kPassword, text::base64_encode(password));
      if (ensure.generated == plan::Generated::pool) set_pool_users(data, password);
    } else if (ensure.generated == plan::Generated::repo_key) {
      PGO_TRY(const SshKeys keys, executor.make_keys_());
      data.set(model::data_key::kSshPrivateKey, text::base64_encode(keys.private_key));
      data.set(model::data_key::kSshHostKey, text::base64_encode(keys.private_key));
      data.set(model::data_key::kAuthorizedKeys, text::base64_encode(keys.authorized_key));
    }
    return create(types::kSecret, secret, false);
  }

  Result<void> operator()(const plan::Patch& patch) {
    Value body = patch.body;
    if (!patch.version.empty()) {
      body.at_or_add("metadata").set("resourceVersion", patch.version);
    }
    PGO_TRY(auto stored,
            executor.client_.patch(patch.type, patch.ns, patch.name, kube::PatchType::merge, body));
    outcome.answers.push_back({patch.type, std::move(stored)});
    return {};
  }

  Result<void> operator()(const plan::Delete& remove) {
    if (remove.uid.empty()) {
      return fail(Code::internal, "a deletion without a UID was refused", remove.name);
    }
    auto done = executor.client_.remove(remove.type, remove.ns, remove.name,
                                        {.uid = remove.uid,
                                         .resource_version = {},
                                         .propagation = remove.propagation,
                                         .grace_period_seconds = {}});
    if (done || done.error().code == Code::not_found) return {};
    if (done.error().code != Code::conflict) return fail(std::move(done).error());
    // Either another object bears the name by now, then this very one is gone; or a race was lost.
    auto found = executor.client_.get(remove.type, remove.ns, remove.name);
    if (!found && found.error().code == Code::not_found) return {};
    if (found && found->uid() != remove.uid) return {};
    return fail(std::move(done).error());
  }

  Result<void> operator()(const plan::Exec& exec) {
    outcome.execs.push_back(exec);
    return {};
  }

  /// Nothing fails because an event could not be delivered.
  Result<void> operator()(const plan::Event& event) {
    const TimePoint now = executor.clock_->now();
    if (executor.events_) {
      executor.events_({event.type, event.topics, ns, event.user, now, event.payload});
    }
    auto stored =
        executor.client_.create(types::kEvent, model::kubernetes_event({.type = types::kPgCluster,
                                                                        .ns = ns,
                                                                        .object = cluster,
                                                                        .event = event.type,
                                                                        .payload = event.payload,
                                                                        .warning = event.warning},
                                                                       now));
    if (!stored) {
      executor.log_.debug("an event could not be stored",
                          {{"type", event.type}, {"error", stored.error().text()}});
    }
    return {};
  }

 private:
  Result<void> create(const kube::ResourceType& type, const kube::Object& object, bool adopt) {
    auto stored = executor.client_.create(type, object);
    if (!stored && stored.error().code == Code::already_exists) {
      stored = take_existing(executor.client_, type, object, adopt);
    }
    if (!stored) return fail(std::move(stored).error());
    outcome.answers.push_back({type, *std::move(stored)});
    return {};
  }
};

Executor::Executor(kube::Client client, const Clock& clock, IdSource& ids, Log log,
                   EventSink events, KeyMaker make_keys, int password_length)
    : client_(std::move(client)),
      clock_(&clock),
      ids_(&ids),
      log_(std::move(log)),
      events_(std::move(events)),
      make_keys_(std::move(make_keys)),
      password_length_(password_length) {}

Outcome Executor::execute(const std::string& ns, const std::string& cluster,
                          const std::vector<plan::Action>& actions) const {
  Run run{*this, ns, cluster};
  for (const plan::Action& action : actions) {
    if (log_.enabled(Level::debug)) log_.debug("act", {{"action", action.text()}});
    auto done = std::visit(run, action.what);
    if (done) continue;
    run.outcome.error = std::move(done).error();
    run.outcome.failed = action.text();
    break;
  }
  return std::move(run.outcome);
}

plan::ExecState Executor::run(const plan::Exec& exec, const std::stop_token& stop) const {
  using enum plan::ExecState::Outcome;
  const TimePoint started = clock_->now();
  const auto ended = [&](plan::ExecState::Outcome outcome, std::string why = {}) {
    return plan::ExecState{.id = exec.id,
                           .pod = exec.pod,
                           .started = started,
                           .outcome = outcome,
                           .ended = clock_->now(),
                           .why = std::move(why)};
  };
  kube::ExecRequest request{.ns = exec.ns,
                            .pod = exec.pod,
                            .container = exec.container,
                            .command = exec.command,
                            .stdin_data = exec.input,
                            .timeout = exec.timeout,
                            .stop = stop};
  if (!exec.input_url.empty()) {
    auto fetched = http::fetch(exec.input_url, {}, stop);
    if (!fetched) return ended(failed, fetched.error().text());
    request.stdin_data = *std::move(fetched);
  }
  if (!exec.input_secret.empty()) {
    auto input = secret_value(client_, exec);
    if (!input) return ended(never_ran, input.error().text());
    request.stdin_data = *std::move(input);
  }
  const auto result = client_.exec(request);
  if (result && result->exit_code == 0) return ended(succeeded);
  if (result) return ended(failed, kube::failure_text(*result));
  const Error& error = result.error();
  if (error.code == Code::deadline_exceeded && clock_->now() - started >= exec.timeout) {
    return ended(failed, "it did not end within " + to_human(exec.timeout));
  }
  return ended(kube::never_began(error) ? never_ran : unknown, error.text());
}

}  // namespace pgo::engine
