#include "dev/pki.h"

#include <string_view>

namespace pgo::dev {
namespace {

namespace fs = std::filesystem;
using crypto::CertificatePair;
using crypto::CertificateSpec;

/// The folder of key pairs; NAME.crt and NAME.key.
class Folder {
 public:
  Folder(fs::path path, const CertificatePair* authority)
      : path_(std::move(path)), authority_(authority) {}

  Result<CertificatePair> load_or_make(std::string_view name, const CertificateSpec& spec) const {
    auto certificate = read_file(file(name, ".crt"));
    auto key = read_file(file(name, ".key"));
    if (certificate && key) {
      return CertificatePair{.certificate_pem = *std::move(certificate),
                             .key_pem = *std::move(key)};
    }
    PGO_TRY(CertificatePair made, authority_ != nullptr
                                      ? crypto::issue_certificate(*authority_, spec)
                                      : crypto::make_authority(spec));
    // The certificate goes last: with it the pair counts as complete.
    PGO_TRY_VOID(write_private_file(file(name, ".key"), made.key_pem));
    PGO_TRY_VOID(write_private_file(file(name, ".crt"), made.certificate_pem));
    return made;
  }

 private:
  fs::path file(std::string_view name, std::string_view extension) const {
    return path_ / (std::string(name) + std::string(extension));
  }

  fs::path path_;
  const CertificatePair* authority_;
};

}  // namespace

Result<Pki> load_pki(const StateDir& state, const std::string& address, TimePoint now) {
  const fs::path path = state / "pki";
  PGO_TRY_VOID(make_private_directory(path));
  // Clocks of guests and hosts may differ by a little.
  const TimePoint from = now - std::chrono::hours(1);
  Pki pki;
  PGO_TRY(pki.authority,
          Folder(path, nullptr)
              .load_or_make("ca", {.common_name = "pgo local authority", .not_before = from}));
  const Folder folder(path, &pki.authority);
  PGO_TRY(pki.api, folder.load_or_make(
                       "api-" + address,
                       {.common_name = "kube-apiserver",
                        .dns_names = {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
                                      "kubernetes.default.svc.cluster.local"},
                        .ip_addresses = {address},
                        .not_before = from}));
  PGO_TRY(pki.rest,
          folder.load_or_make("rest-" + address, {.common_name = "postgres-operator",
                                                  .dns_names = {"postgres-operator", "localhost"},
                                                  .ip_addresses = {address},
                                                  .not_before = from}));
  PGO_TRY(pki.admin, folder.load_or_make("admin", {.common_name = "admin",
                                                   .organization = "system:masters",
                                                   .not_before = from}));
  PGO_TRY(pki.client, folder.load_or_make("client", {.common_name = "pgo", .not_before = from}));
  return pki;
}

}  // namespace pgo::dev
