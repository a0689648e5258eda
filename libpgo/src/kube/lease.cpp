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

  void observe(Object object, TimePoint now);
  bool claim_is_live(TimePoint now) const;
  Result<void> try_claim(TimePoint now);
  Object claim(TimePoint now, bool vacant) const;
  TimePoint next_attempt(TimePoint now) const;
};

namespace {

std::int64_t whole_seconds(Duration duration) {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

/// Remembers the claim; the moment counts only when the claim is another one than before.
void Lease::State::observe(Object object, TimePoint now) {
  if (!seen || (*seen)["spec"] != object["spec"]) changed_at = now;
  holder = object["spec"]["holderIdentity"].as_string();
  seen = std::move(object);
}

/// Whether the holder must be left alone. Its own word on the duration counts, not ours.
bool Lease::State::claim_is_live(TimePoint now) const {
  if (!seen || holder.empty()) return false;
  const std::int64_t seconds = (*seen)["spec"]["leaseDurationSeconds"].as_int();
  // A wrong or hostile value must not lock everybody out for ever.
  const Duration duration =
      seconds > 0 ? Duration(std::chrono::seconds(std::min<std::int64_t>(seconds, 3600)))
                  : options.duration;
  return now < changed_at + duration;
}

/// The Lease as it is to be written: ours, or nobody's.
Object Lease::State::claim(TimePoint now, bool vacant) const {
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

/// One attempt to take or renew. Success says nothing about who leads: `holder` does.
Result<void> Lease::State::try_claim(TimePoint now) {
  // A leader writes on what it last wrote: one request, and a conflict tells of any other writer.
  if (!(leading && seen)) {
    Result<Object> current = client.get(types::kLease, options.ns, options.name);
    if (current) {
      observe(*std::move(current), now);
    } else if (current.error().code == Code::not_found) {
      seen.reset();
      holder.clear();
    } else {
      return fail(std::move(current).error());
    }
    if (holder != options.identity && claim_is_live(now)) return {};
  }
  const Object wanted = claim(now, false);
  Result<Object> written =
      seen ? client.update(types::kLease, wanted) : client.create(types::kLease, wanted);
  if (!written) {
    // Unknown or lost: the next attempt reads first.
    const Code code = written.error().code;
    if (code == Code::not_found || code == Code::conflict || code == Code::already_exists) {
      seen.reset();
    }
    return fail(std::move(written).error());
  }
  observe(*std::move(written), now);
  renewed_at = now;
  return {};
}

TimePoint Lease::State::next_attempt(TimePoint now) const {
  // Up to a fifth later, so that several candidates do not move in step.
  const auto spread = static_cast<std::uint64_t>(options.retry_period.count() / 5 + 1);
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
  const bool was_leading = s.leading;
  const TimePoint begun = s.clock.now();
  // Judged before the attempt: a leader that was held up for too long has lost, whatever comes.
  if (s.leading && begun >= s.renewed_at + s.options.renew_deadline) s.leading = false;
  const bool expired = was_leading && !s.leading;

  const Result<void> attempt = s.try_claim(begun);
  const TimePoint now = s.clock.now();
  if (attempt) {
    s.problem.reset();
    s.leading = s.holder == s.options.identity && !expired;
  } else {
    if (!s.problem || s.problem->code != attempt.error().code) {
      s.log.debug("lease not written",
                  {{"lease", s.options.name}, {"error", attempt.error().text()}});
    }
    s.problem = attempt.error();
    // A conflict is how a leader learns of another one.
    if (s.leading && !s.seen) {
      const Result<Object> current = s.client.get(types::kLease, s.options.ns, s.options.name);
      if (current) s.observe(*current, now);
      if (current && s.holder != s.options.identity) s.leading = false;
    }
  }
  if (s.leading && now >= s.renewed_at + s.options.renew_deadline) s.leading = false;

  Step step{.leading = s.leading,
            .gained = s.leading && !was_leading,
            .lost = was_leading && !s.leading,
            .next = s.next_attempt(now)};
  if (step.gained) s.log.info("leading", {{"lease", s.options.name}});
  if (step.lost) {
    s.log.warn("no longer leading", {{"lease", s.options.name}, {"holder", s.holder}});
    // Taken again at once when it is still ours and the server answers.
    if (attempt && s.holder == s.options.identity) step.next = now;
  }
  return step;
}

bool Lease::leading() const {
  return state_->leading &&
         state_->clock.now() < state_->renewed_at + state_->options.renew_deadline;
}

const std::string& Lease::holder() const { return state_->holder; }
const std::optional<Error>& Lease::problem() const { return state_->problem; }

Result<void> Lease::release() {
  State& s = *state_;
  if (!s.leading || !s.seen) return {};
  s.leading = false;
  const TimePoint now = s.clock.now();
  PGO_TRY(Object written, s.client.update(types::kLease, s.claim(now, true)));
  s.observe(std::move(written), now);
  return {};
}

}  // namespace pgo::kube
