#pragma once

#include <array>
#include <string_view>

namespace pgo::model {

/// What a pgorole may allow. Which route needs which is said where the routes are.
namespace permission {
inline constexpr std::string_view kAll = "*";  ///< in a role: everything
inline constexpr std::string_view kApplyPolicy = "ApplyPolicy";
inline constexpr std::string_view kCat = "Cat";
inline constexpr std::string_view kClone = "Clone";
inline constexpr std::string_view kCreateBackup = "CreateBackup";
inline constexpr std::string_view kCreateBenchmark = "CreateBenchmark";
inline constexpr std::string_view kCreateCluster = "CreateCluster";
inline constexpr std::string_view kCreateDump = "CreateDump";
inline constexpr std::string_view kCreateFailover = "CreateFailover";
inline constexpr std::string_view kCreateIngest = "CreateIngest";
inline constexpr std::string_view kCreateNamespace = "CreateNamespace";
inline constexpr std::string_view kCreatePgbouncer = "CreatePgbouncer";
inline constexpr std::string_view kCreatePgorole = "CreatePgorole";
inline constexpr std::string_view kCreatePgouser = "CreatePgouser";
inline constexpr std::string_view kCreatePolicy = "CreatePolicy";
inline constexpr std::string_view kCreateSchedule = "CreateSchedule";
inline constexpr std::string_view kCreateUpgrade = "CreateUpgrade";
inline constexpr std::string_view kCreateUser = "CreateUser";
inline constexpr std::string_view kDeleteBackup = "DeleteBackup";
inline constexpr std::string_view kDeleteBenchmark = "DeleteBenchmark";
inline constexpr std::string_view kDeleteCluster = "DeleteCluster";
inline constexpr std::string_view kDeleteIngest = "DeleteIngest";
inline constexpr std::string_view kDeleteNamespace = "DeleteNamespace";
inline constexpr std::string_view kDeletePgbouncer = "DeletePgbouncer";
inline constexpr std::string_view kDeletePgorole = "DeletePgorole";
inline constexpr std::string_view kDeletePgouser = "DeletePgouser";
inline constexpr std::string_view kDeletePolicy = "DeletePolicy";
inline constexpr std::string_view kDeleteSchedule = "DeleteSchedule";
inline constexpr std::string_view kDeleteUser = "DeleteUser";
inline constexpr std::string_view kDfCluster = "DfCluster";
inline constexpr std::string_view kLabel = "Label";
inline constexpr std::string_view kLoad = "Load";
inline constexpr std::string_view kLs = "Ls";
inline constexpr std::string_view kReload = "Reload";
inline constexpr std::string_view kRestore = "Restore";
inline constexpr std::string_view kRestoreDump = "RestoreDump";
inline constexpr std::string_view kRestorePgbasebackup = "RestorePgbasebackup";
inline constexpr std::string_view kScaleCluster = "ScaleCluster";
inline constexpr std::string_view kShowBackup = "ShowBackup";
inline constexpr std::string_view kShowBenchmark = "ShowBenchmark";
inline constexpr std::string_view kShowCluster = "ShowCluster";
inline constexpr std::string_view kShowConfig = "ShowConfig";
inline constexpr std::string_view kShowIngest = "ShowIngest";
inline constexpr std::string_view kShowNamespace = "ShowNamespace";
inline constexpr std::string_view kShowPvc = "ShowPVC";
inline constexpr std::string_view kShowPgorole = "ShowPgorole";
inline constexpr std::string_view kShowPgouser = "ShowPgouser";
inline constexpr std::string_view kShowPolicy = "ShowPolicy";
inline constexpr std::string_view kShowSchedule = "ShowSchedule";
inline constexpr std::string_view kShowSecrets = "ShowSecrets";
inline constexpr std::string_view kShowUser = "ShowUser";
inline constexpr std::string_view kShowWorkflow = "ShowWorkflow";
inline constexpr std::string_view kStatus = "Status";
inline constexpr std::string_view kTestCluster = "TestCluster";
inline constexpr std::string_view kUpdateCluster = "UpdateCluster";
inline constexpr std::string_view kUpdateNamespace = "UpdateNamespace";
inline constexpr std::string_view kUpdatePgorole = "UpdatePgorole";
inline constexpr std::string_view kUpdatePgouser = "UpdatePgouser";
inline constexpr std::string_view kUpdateUser = "UpdateUser";
inline constexpr std::string_view kVersion = "Version";
}  // namespace permission

/// Every permission of 4.2.0 in alphabetical order, without "*".
inline constexpr std::array<std::string_view, 59> kPermissions{
    permission::kApplyPolicy,
    permission::kCat,
    permission::kClone,
    permission::kCreateBackup,
    permission::kCreateBenchmark,
    permission::kCreateCluster,
    permission::kCreateDump,
    permission::kCreateFailover,
    permission::kCreateIngest,
    permission::kCreateNamespace,
    permission::kCreatePgbouncer,
    permission::kCreatePgorole,
    permission::kCreatePgouser,
    permission::kCreatePolicy,
    permission::kCreateSchedule,
    permission::kCreateUpgrade,
    permission::kCreateUser,
    permission::kDeleteBackup,
    permission::kDeleteBenchmark,
    permission::kDeleteCluster,
    permission::kDeleteIngest,
    permission::kDeleteNamespace,
    permission::kDeletePgbouncer,
    permission::kDeletePgorole,
    permission::kDeletePgouser,
    permission::kDeletePolicy,
    permission::kDeleteSchedule,
    permission::kDeleteUser,
    permission::kDfCluster,
    permission::kLabel,
    permission::kLoad,
    permission::kLs,
    permission::kReload,
    permission::kRestore,
    permission::kRestoreDump,
    permission::kRestorePgbasebackup,
    permission::kScaleCluster,
    permission::kShowBackup,
    permission::kShowBenchmark,
    permission::kShowCluster,
    permission::kShowConfig,
    permission::kShowIngest,
    permission::kShowNamespace,
    permission::kShowPvc,
    permission::kShowPgorole,
    permission::kShowPgouser,
    permission::kShowPolicy,
    permission::kShowSchedule,
    permission::kShowSecrets,
    permission::kShowUser,
    permission::kShowWorkflow,
    permission::kStatus,
    permission::kTestCluster,
    permission::kUpdateCluster,
    permission::kUpdateNamespace,
    permission::kUpdatePgorole,
    permission::kUpdatePgouser,
    permission::kUpdateUser,
    permission::kVersion,
};

/// True for "*" and every name of kPermissions.
bool is_permission(std::string_view name);

}  // namespace pgo::model
