#include "pgo/kube/lease.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pgo::kube {

struct Lease::State {
  Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;
  LeaseOptions options;

  std::optional<Object> seen{};  ///< the Lease object as last read or written
  TimePoint changed_at{};        ///< when, on our clock, its claim was last seen to change
  std::string holder{};
  bool leading = false;
  TimePoint renewed_at{};  ///< when the last successful claim was begun
  std::optional<Error> problem{};
  bool answered = false;  ///< the server has ever said anything of the Lease but 403
  int refusals = 0;       ///< how often it said that, before

  bool alone() const {
    return !answered && options.refusals_believed > 0 && refusals >= options.refusals_believed;
  }
  void observe(Object object);
  bool claim_is_live() const;
  Result<Client> client_for(TimePoint begun) const;
  Result<void> read(TimePoint begun);
  Result<void> try_claim(TimePoint begun);
  void note_trouble(Error error, TimePoint begun);
  Object claim(bool vacant) const;
  TimePoint next_attempt(TimePoint now) const;
};

namespace {

std::int64_t whole_seconds(Duration duration) {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

/// Remembers the claim; the moment counts only when the claim is another one than before. It is
/// that of the answer: until then the holder may have renewed.
void Lease::State::observe(Object object) {
  if (!seen || (*seen)["spec"] != object["spec"]) changed_at = clock.now();
  holder = object["spec"]["holderIdentity"].as_string();
  seen = std::move(object);
  answered = true;
}

/// Whether the holder must be left alone. Its own word on the duration counts, not ours.
bool Lease::State::claim_is_live() const {
  if (!seen || holder.empty()) return false;
  const std::int64_t seconds = (*seen)["spec"]["leaseDurationSeconds"].as_int();
  // A wrong or hostile value must not lock everybody out for ever.
  const Duration duration =
      seconds > 0 ? Duration(std::chrono::seconds(std::min<std::int64_t>(seconds, 3600)))
                  : options.duration;
  return clock.now() < changed_at + duration;
}

/// A client whose calls end by when a leader must have renewed: it cannot step down while it waits.
Result<Client> Lease::State::client_for(TimePoint begun) const {
  const TimePoint end = (leading ? renewed_at : begun) + options.renew_deadline;
  const Duration left = end - clock.now();
  if (left <= Duration::zero()) return fail(Code::deadline_exceeded, "no time is left to renew");
  return client.with_timeout(std::chrono::ceil<std::chrono::milliseconds>(left));
}

/// The Lease as it is to be written: ours, or nobody's.
Object Lease::State::claim(bool vacant) const {
  const TimePoint now = (options.shown_time != nullptr ? *options.shown_time : clock).now();
  Object object = seen ? *seen : Object(types::kLease, options.ns, options.name);
  json::Value& spec = object.document().at_or_add("spec");
  const bool taken_over = holder != options.identity;
  spec.set("holderIdentity", vacant ? std::string() : options.identity);
  spec.set("leaseDurationSeconds", vacant ? std::int64_t{1} : whole_seconds(options.duration));
  spec.set("renewTime", to_rfc3339_micro(now));
  if (!vacant && taken_over) {
    spec.set("acquireTime", to_rfc3339_micro(now));
    spec.set("leaseTransitions", seen ? spec["leaseTransitions"].as_int() + 1 : std::int64_t{0});
  }
  return object;
}

Result<void> Lease::State::read(TimePoint begun) {
  PGO_TRY(const Client hurried, client_for(begun));
  Result<Object> current = hurried.get(types::kLease, options.ns, options.name);
  if (current) {
    observe(*std::move(current));
    return {};
  }
  if (current.error().code != Code::not_found) return fail(std::move(current).error());
  answered = true;
  seen.reset();
  holder.clear();
  return {};
}

/// One attempt to take or renew. Success says nothing about who leads: `holder` does.
Result<void> Lease::State::try_claim(TimePoint begun) {
  // A leader writes on what it last wrote: one request, and a conflict tells of any other writer.
  if (!(leading && seen)) {
    PGO_TRY_VOID(read(begun));
    if (holder != options.identity && claim_is_live()) return {};
  }
  PGO_TRY(const Client hurried, client_for(begun));
  const Object wanted = claim(false);
  Result<Object> written =
      seen ? hurried.update(types::kLease, wanted) : hurried.create(types::kLease, wanted);
  if (!written) {
    // Unknown or lost: the next attempt reads first.
    const Code code = written.error().code;
    if (code == Code::not_found || code == Code::conflict || code == Code::already_exists) {
      seen.reset();
    }
    return fail(std::move(written).error());
  }
  observe(*std::move(written));
  renewed_at = begun;
  return {};
}

void Lease::State::note_trouble(Error error, TimePoint begun) {
  if (!problem || problem->code != error.code) {
    log.debug("lease not written", {{"lease", options.name}, {"error", error.text()}});
  }
  if (error.code == Code::permission_denied && !answered) ++refusals;
  problem = std::move(error);
  // A conflict is how a leader learns of another one.
  if (leading && !seen && read(begun) && seen && holder != options.identity) leading = false;
}

TimePoint Lease::State::next_attempt(TimePoint now) const {
  // Up to a fifth later, so that several candidates do not move in step.
  const auto spread = static_cast<std::uint64_t>(options.retry_period.count() / 5 + 1);
  // Who leads without an election only looks whether there is one by now.
  if (alone()) return now + 15 * options.retry_period;
  TimePoint next =
      now + options.retry_period + Duration(static_cast<Duration::rep>(ids.below(spread)));
  if (leading) next = std::min(next, renewed_at + options.renew_deadline);
  return std::max(next, now);
}

Lease::Lease(Client client, const Clock& clock, IdSource& ids, Log log, LeaseOptions options)
    : state_(std::make_unique<State>(State{.client = std::move(client),
                                           .clock = clock,
                                           .ids = ids,
                                           .log = log.named("kube.lease"),
                                           .options = std::move(options)})) {}
Lease::~Lease() = default;

Lease::Step Lease::step() {
  State& s = *state_;
  const bool had_lease = s.leading;
  const bool was_leading = s.leading || s.alone();
  const TimePoint begun = s.clock.now();
  // Judged before the attempt: a leader that was held up for too long has lost, whatever comes.
  if (s.leading && begun >= s.renewed_at + s.options.renew_deadline) s.leading = false;
  const bool expired = had_lease && !s.leading;

  const Result<void> attempt = s.try_claim(begun);
  if (attempt) {
    s.problem.reset();
    s.leading = s.holder == s.options.identity && !expired;
  } else {
    s.note_trouble(attempt.error(), begun);
  }
  const TimePoint now = s.clock.now();
  if (s.leading && now >= s.renewed_at + s.options.renew_deadline) s.leading = false;

  const bool leads = s.leading || s.alone();
  Step step{.leading = leads,
            .gained = leads && !was_leading,
            .lost = was_leading && !leads,
            .next = s.next_attempt(now)};
  if (step.gained) s.log.info("leading", {{"lease", s.options.name}});
  if (step.lost) {
    s.log.warn("no longer leading", {{"lease", s.options.name}, {"holder", s.holder}});
    // Taken again at once when it is still ours and the server answers.
    if (attempt && s.holder == s.options.identity) step.next = now;
  }
  return step;
}

bool Lease::alone() const { return state_->alone(); }

bool Lease::leading() const {
  const State& s = *state_;
  return s.alone() || (s.leading && s.clock.now() < s.renewed_at + s.options.renew_deadline);
}

const std::string& Lease::holder() const { return state_->holder; }
const std::optional<Error>& Lease::problem() const { return state_->problem; }

Result<void> Lease::release() {
  State& s = *state_;
  if (!s.leading || !s.seen) return {};
  s.leading = false;
  PGO_TRY(const Client hurried, s.client_for(s.clock.now()));
  PGO_TRY(Object written, hurried.update(types::kLease, s.claim(true)));
  s.observe(std::move(written));
  return {};
}

}  // namespace pgo::kube
