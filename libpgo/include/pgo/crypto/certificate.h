#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/result.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::crypto {

/// A certificate and its private key, both PEM.
struct CertificatePair {
  std::string certificate_pem;
  std::string key_pem;
};

/// What a new certificate says. All keys are ECDSA P-256.
struct CertificateSpec {
  std::string common_name{};
  std::string organization{};            ///< Kubernetes reads groups from here
  std::vector<std::string> dns_names{};  ///< subject alternative names
  std::vector<std::string> ip_addresses{};
  TimePoint not_before{};
  std::chrono::hours lifetime{24 * 365 * 10};
};

/// A self-signed authority that may sign end certificates only.
Result<CertificatePair> make_authority(const CertificateSpec& spec);

/// A certificate for servers and clients signed by `authority`.
Result<CertificatePair> issue_certificate(const CertificatePair& authority,
                                          const CertificateSpec& spec);

/// True when the PEM certificate carries at least one subject alternative name.
Result<bool> has_alternative_names(std::string_view certificate_pem);

}  // namespace pgo::crypto
