#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

#include <algorithm>

namespace pgo::embedded::controllers {

namespace {

// Source: Kubernetes, "Jobs", pod backoff failure policy.
constexpr Duration kFirstDelay = std::chrono::seconds(10);
constexpr Duration kMaxDelay = std::chrono::minutes(6);

struct Pods {
  std::vector<Seen> active;
  int succeeded = 0, failed = 0, ready = 0;
  std::int64_t restarts = 0;
  TimePoint last_failure{};
};

Pods sort_out(std::span<const Seen> pods) {
  Pods sorted;
  for (const Seen& pod : pods) {
    if (phase(*pod) == "Succeeded") {
      ++sorted.succeeded;
    } else if (phase(*pod) == "Failed") {
      ++sorted.failed;
      sorted.last_failure = std::max(sorted.last_failure, finished_at(*pod));
    } else if (!pod->being_deleted()) {
      sorted.active.push_back(pod);
      if (ready(*pod)) ++sorted.ready;
      for (std::string_view list : {"containerStatuses", "initContainerStatuses"}) {
        for (const json::Value& container : (*pod)["status"][list].items()) {
          sorted.restarts += container["restartCount"].as_int();
        }
      }
    }
  }
  return sorted;
}

/// One look at one Job.
class Look {
 public:
  Look(const kube::Object& job, std::span<const Seen> pods, TimePoint now)
      : job_(job), now_(now), pods_(sort_out(pods)), status_(job["status"]) {
    status_.make_object();
    const json::Value& completions = job["spec"]["completions"];
    // Neither field set means one pod; only parallelism set means a work queue.
    bool plain = completions.is_null() && job["spec"]["parallelism"].is_null();
    if (!completions.is_null() || plain) wanted_ = static_cast<int>(completions.as_int(1));
    parallel_ = static_cast<int>(job["spec"]["parallelism"].as_int(1));
  }

  Decision decide() {
    if (over()) {
      expire();
      return std::move(out_);
    }
    if (job_.being_deleted()) return std::move(out_);
    if (suspended()) {
      suspend();
    } else {
      work();
    }
    tell();
    return std::move(out_);
  }

 private:
  bool over() const {
    return condition_is(job_["status"], "Complete", "True") ||
           condition_is(job_["status"], "Failed", "True");
  }
  bool suspended() const { return job_["spec"]["suspend"].as_bool(); }

  void expire() {
    const json::Value& ttl = job_["spec"]["ttlSecondsAfterFinished"];
    if (!ttl.is_int() || job_.being_deleted()) return;
    const json::Value* end = find_condition(job_["status"], "Complete");
    if (end == nullptr) end = find_condition(job_["status"], "Failed");
    auto since = time_of((*end)["lastTransitionTime"]).value_or(now_);
    TimePoint due = since + std::chrono::seconds(ttl.as_int());
    if (due > now_) return out_.look_again(due);
    out_.remove(kube::types::kJob, job_, "Foreground");
  }

  void stop_pods() {
    for (const Seen& pod : pods_.active) out_.remove(kube::types::kPod, *pod);
    pods_.active.clear();
    pods_.ready = 0;
  }

  void suspend() {
    stop_pods();
    if (!condition_is(status_, "Suspended", "True")) {
      out_.note("Normal", "Suspended", "Job suspended");
    }
    condition("Suspended", "True", "JobSuspended", "Job suspended");
    status_.erase("startTime");
  }

  void condition(std::string_view type, std::string_view state, std::string_view reason,
                 std::string_view message) {
    if (!condition_is(status_, type, state)) {
      set_condition(status_, type, state, reason, message, now_);
      for (json::Value& item : status_.at_or_add("conditions").make_array()) {
        if (item["type"].as_string() == type) item.set("lastProbeTime", to_rfc3339(now_));
      }
    }
  }

  void give_up(std::string_view reason, std::string_view message) {
    stop_pods();
    condition("Failed", "True", reason, message);
    out_.note("Warning", reason, std::string(message));
  }

  void work() {
    if (find_condition(status_, "Suspended") != nullptr &&
        condition_is(status_, "Suspended", "True")) {
      condition("Suspended", "False", "JobResumed", "Job resumed");
      out_.note("Normal", "Resumed", "Job resumed");
    }
    if (status_["startTime"].is_null()) status_.set("startTime", to_rfc3339(now_));

    std::int64_t limit = job_["spec"]["backoffLimit"].as_int(6);
    bool restarts_in_place =
        job_["spec"]["template"]["spec"]["restartPolicy"].as_string() == "OnFailure";
    if (pods_.failed > limit || (restarts_in_place && pods_.restarts > limit)) {
      return give_up("BackoffLimitExceeded", "Job has reached the specified backoff limit");
    }
    const json::Value& deadline = job_["spec"]["activeDeadlineSeconds"];
    if (deadline.is_int()) {
      TimePoint end =
          time_of(status_["startTime"]).value_or(now_) + std::chrono::seconds(deadline.as_int());
      if (end <= now_) {
        return give_up("DeadlineExceeded", "Job was active longer than specified deadline");
      }
      out_.look_again(end);
    }
    if (complete()) {
      stop_pods();
      condition("Complete", "True", "", "");
      status_.set("completionTime", to_rfc3339(now_));
      return out_.note("Normal", "Completed", "Job completed");
    }
    start_pods();
  }

  bool complete() const {
    if (wanted_ >= 0) return pods_.succeeded >= wanted_;
    return pods_.succeeded > 0 && pods_.active.empty();
  }

  void start_pods() {
    int running = static_cast<int>(pods_.active.size());
    int target = parallel_;
    if (wanted_ >= 0) target = std::min(parallel_, wanted_ - pods_.succeeded);
    // A work queue starts nothing new once one of its pods has succeeded.
    if (wanted_ < 0 && pods_.succeeded > 0) target = running;
    for (int i = target; i < running; ++i) {
      out_.remove(kube::types::kPod, *pods_.active.back());
      pods_.active.pop_back();
    }
    if (running >= target) return;
    TimePoint due = pods_.last_failure + delay();
    if (pods_.failed > 0 && due > now_) return out_.look_again(due);
    for (int i = running; i < target; ++i) out_.create(kube::types::kPod, pod());
    started_ = target - running;
  }

  Duration delay() const {
    Duration wait = kFirstDelay;
    for (int i = 1; i < pods_.failed && wait < kMaxDelay; ++i) wait *= 2;
    return std::min(wait, kMaxDelay);
  }

  kube::Object pod() const {
    const json::Value& form = job_["spec"]["template"];
    kube::Object pod;
    json::Value& document = pod.document();
    document.set("apiVersion", "v1");
    document.set("kind", "Pod");
    json::Value& metadata = document.at_or_add("metadata");
    metadata.set("generateName", std::string(job_.name()) + "-");
    metadata.set("namespace", job_.ns());
    for (std::string_view key : {"labels", "annotations", "finalizers"}) {
      if (!form["metadata"][key].is_null()) metadata.set(key, form["metadata"][key]);
    }
    pod.set_label("controller-uid", job_.uid());
    pod.set_label("job-name", job_.name());
    document.set("spec", form["spec"]);
    pod.add_owner(controller_reference(kube::types::kJob, job_));
    return pod;
  }

  void tell() {
    auto put = [&](std::string_view field, int count) {
      if (count > 0) {
        status_.set(field, count);
      } else {
        status_.erase(field);
      }
    };
    put("active", static_cast<int>(pods_.active.size()) + started_);
    put("succeeded", pods_.succeeded);
    put("failed", pods_.failed);
    status_.set("ready", pods_.ready);
    if (status_ == job_["status"]) return;
    kube::Object changed = job_;
    changed.document().set("status", std::move(status_));
    out_.update_status(kube::types::kJob, std::move(changed));
  }

  const kube::Object& job_;
  TimePoint now_;
  Pods pods_;
  json::Value status_;
  int wanted_ = -1;  ///< completions; -1 = work queue
  int parallel_ = 1;
  int started_ = 0;
  Decision out_;
};

}  // namespace

Decision plan_job(const kube::Object& job, std::span<const Seen> pods, TimePoint now) {
  return Look(job, pods, now).decide();
}

}  // namespace pgo::embedded::controllers
