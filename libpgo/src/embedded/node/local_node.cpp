#include "pgo/embedded/local_node.h"

#include "embedded/node/files.h"
#include "embedded/node/local_node_impl.h"
#include "embedded/node/log_file.h"
#include "embedded/node/prerequisites.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pgo::embedded {

using namespace node;

namespace {

// Tokens by TokenRequest, when the owner of the node gives none itself.
Result<std::string> request_token(const kube::Client& client, std::string_view ns,
                                  std::string_view account, std::string_view audience,
                                  int seconds) {
  json::Value spec = json::Value::object({{"expirationSeconds", seconds}});
  if (!audience.empty()) spec.set("audiences", json::Value::array({audience}));
  kube::Request request;
  request.method = kube::Method::post;
  request.path = kube::path_of(kube::types::kServiceAccount, ns, account, "token");
  request.body = json::write(json::Value::object(
      {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"spec", spec}}));
  PGO_TRY(kube::Response response, client.transport().request(request));
  if (response.status >= 300)
    return fail(code_from_http(response.status, {}),
                "no token: HTTP status " + std::to_string(response.status),
                "ServiceAccount " + std::string(ns) + "/" + std::string(account));
  PGO_TRY(json::Value answer, json::parse(response.body));
  return std::string(answer["status"]["token"].as_string());
}

TokenSource token_source(const LocalNodeOptions& options, kube::Client client) {
  if (options.token)
    return [given = options.token](std::string_view ns, std::string_view account, std::string_view,
                                   int) { return given(ns, account); };
  return [client](std::string_view ns, std::string_view account, std::string_view audience,
                  int seconds) { return request_token(client, ns, account, audience, seconds); };
}

}  // namespace

LocalNode::LocalNode(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<void> LocalNode::check_prerequisites(const LocalNodeOptions& options) {
  PGO_TRY_VOID(check_not_root());
  PGO_TRY_VOID(check_sandbox(options.bwrap));
  PGO_TRY(ImageCatalogue images, ImageCatalogue::load(options.images_dir));
  return check_packages(images);
}

Result<std::vector<std::string>> LocalNode::image_names(const std::filesystem::path& images_dir) {
  PGO_TRY(const ImageCatalogue images, ImageCatalogue::load(images_dir));
  return images.names();
}

Result<std::unique_ptr<LocalNode>> LocalNode::create(LocalNodeOptions options,
                                                     kube::Transport& transport, const Clock& clock,
                                                     IdSource& ids, Log log) {
  PGO_TRY_VOID(check_not_root());
  PGO_TRY_VOID(check_sandbox(options.bwrap));
  auto impl =
      std::make_unique<Impl>(std::move(options), transport, clock, ids, log.named("embedded.node"));
  PGO_TRY_VOID(impl->prepare());
  return std::make_unique<LocalNode>(std::move(impl));
}

LocalNode::Impl::Impl(LocalNodeOptions given, kube::Transport& transport, const Clock& clock_,
                      IdSource& ids_, Log log_)
    : options(std::move(given)),
      client(transport),
      clock(clock_),
      ids(ids_),
      log(std::move(log_)) {}

Result<void> LocalNode::Impl::prepare() {
  if (!options.state_dir.is_absolute())
    return fail(Code::invalid_argument, "the state folder must be an absolute path",
                options.state_dir.string());
  PGO_TRY_VOID(make_directory(options.state_dir));
  PGO_TRY_VOID(make_directory(options.state_dir / "pods"));
  PGO_TRY_VOID(make_directory(options.state_dir / "pv"));
  PGO_TRY(auto init, install_init(options.state_dir / "libexec"));
  PGO_TRY(AddressRange range, AddressRange::parse(options.pod_range));
  std::set<std::uint32_t> reserved;
  for (const std::string& address : options.reserved_addresses) {
    PGO_TRY(std::uint32_t value, parse_ipv4(address));
    reserved.insert(value);
  }
  auto addresses =
      AddressPool::open(options.state_dir / "leases.json", range, std::move(reserved), log);
  PGO_TRY(ImageCatalogue images, ImageCatalogue::load(options.images_dir));
  PGO_TRY(supervisor, Supervisor::create({.bwrap = options.bwrap, .init = init}, log));
  PGO_TRY(proxy, ServiceProxy::create(log));
  PGO_TRY(loop, EventLoop::create("pgo-node"));
  context =
      std::make_unique<NodeContext>(NodeContext{.options = options,
                                                .loop = *loop,
                                                .supervisor = *supervisor,
                                                .client = client,
                                                .clock = clock,
                                                .ids = ids,
                                                .log = log,
                                                .init = init,
                                                .images = std::move(images),
                                                .names = Names(options.state_dir / "names"),
                                                .addresses = std::move(addresses),
                                                .claims = ClaimStore(options.state_dir / "pv"),
                                                .token = token_source(options, client),
                                                .registry = {},
                                                .ending_claims = {},
                                                .holds = {},
                                                .cleared = false,
                                                .stopping = false});
  wake->loop = loop.get();
  wake->step = [this] { step(); };
  return {};
}

LocalNode::~LocalNode() {
  {
    std::lock_guard lock(impl_->wake->mutex);
    impl_->wake->loop = nullptr;
  }
  impl_->loop->call([this] {
    impl_->context->stopping = true;
    impl_->loop->forget_all();
    impl_->informers.reset();
    impl_->workers.clear();
    impl_->node_object.reset();
  });
  impl_->loop->stop();
  impl_->supervisor.reset();
}

void LocalNode::start() {
  impl_->loop->post([impl = impl_.get()] { impl->begin(); });
}

void LocalNode::stop(std::chrono::milliseconds grace) {
  impl_->loop->call([&] {
    impl_->context->stopping = true;
    for (auto& [uid, worker] : impl_->workers) worker->stop(grace);
    impl_->check_stopped();
  });
  // The supervisor kills when the grace is over; a little longer for that to be seen.
  constexpr std::chrono::seconds kSlack{5};
  std::unique_lock lock(impl_->stop_mutex);
  impl_->stop_changed.wait_for(lock, grace + kSlack, [&] { return impl_->stopped; });
}

void LocalNode::hold(std::string ns, std::string name_prefix) {
  impl_->loop->call([&] {
    impl_->context->holds.emplace(std::move(ns), std::move(name_prefix));
    for (auto& [uid, worker] : impl_->workers)
      if (impl_->context->held(worker->object())) worker->kill();
  });
}

void LocalNode::release(std::string_view ns, std::string_view name_prefix) {
  impl_->loop->call([&] {
    impl_->context->holds.erase({std::string(ns), std::string(name_prefix)});
    impl_->advance_all();
  });
}

Result<kube::ExecResult> LocalNode::exec(const kube::ExecRequest& request) {
  return impl_->exec(request, nullptr);
}

Result<int> LocalNode::exec_streams(const kube::ExecRequest& request,
                                    const std::shared_ptr<ExecStreams>& streams) {
  PGO_TRY(const kube::ExecResult result, impl_->exec(request, streams));
  return result.exit_code;
}

Result<kube::ExecResult> LocalNode::Impl::exec(const kube::ExecRequest& request,
                                               const std::shared_ptr<ExecStreams>& streams) {
  PGO_TRY(ContainerEntry entry, context->registry.find(request.ns, request.pod, request.container));
  if (entry.id == 0)
    return fail(Code::failed_precondition, "the container is not running",
                "Pod " + request.ns + "/" + request.pod);
  // What container runtimes say of every terminal that they make.
  if (streams && streams->terminal()) entry.env.try_emplace("TERM", "xterm");
  auto result = supervisor->exec_wait(entry.id,
                                      {.command = request.command,
                                       .env = std::move(entry.env),
                                       .working_dir = std::move(entry.working_dir),
                                       .stdin_data = streams ? std::string() : request.stdin_data,
                                       .streams = streams,
                                       .timeout = request.timeout},
                                      request.stop);
  if (!result && result.error().subject.empty()) {
    Error error = std::move(result).error();
    error.subject = "Pod " + request.ns + "/" + request.pod;
    return fail(std::move(error));
  }
  return result;
}

Result<std::string> LocalNode::log(const std::string& ns, const std::string& pod,
                                   const std::string& container, int tail_lines, bool previous) {
  PGO_TRY(ContainerEntry entry, impl_->context->registry.find(ns, pod, container));
  if (!previous) return read_log(entry.log, tail_lines);
  if (entry.previous_log.empty())
    return fail(Code::not_found, "the container has not run before", "Pod " + ns + "/" + pod);
  return read_log(entry.previous_log, tail_lines);
}

Result<LogPiece> LocalNode::log_since(const std::string& ns, const std::string& pod,
                                      const std::string& container, const LogPosition& from) {
  PGO_TRY(const ContainerEntry entry, impl_->context->registry.find(ns, pod, container));
  LogPiece piece{.end = {.run = entry.log.filename().string()}};
  const std::uint64_t known = from.run == piece.end.run ? from.bytes : 0;
  PGO_TRY(LogRange range, read_log_since(entry.log, *entry.log_rotation, known));
  piece.text = std::move(range.text);
  piece.end.bytes = range.end;
  return piece;
}

}  // namespace pgo::embedded
