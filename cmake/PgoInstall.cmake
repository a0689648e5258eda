# What `cmake --install` puts where, and how others find it: find_package(pgo), pkg-config pgo.
include(CMakePackageConfigHelpers)

# One static archive of all floors for C++ embedders; the shared library carries the C interface.
set(core_objects "")
foreach(component IN LISTS PGO_COMPONENTS ITEMS embedded_api embedded_controllers rest_channel)
  if(TARGET pgo_${component})
    list(APPEND core_objects $<TARGET_OBJECTS:pgo_${component}>)
  endif()
endforeach()
add_library(pgo_core STATIC ${core_objects})
add_library(pgo::core ALIAS pgo_core)
set_target_properties(pgo_core PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME core)
target_compile_features(pgo_core INTERFACE cxx_std_23)
target_include_directories(
  pgo_core INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libpgo/include>
                     $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated/include>
                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(pgo_core INTERFACE OpenSSL::SSL OpenSSL::Crypto CURL::libcurl date::date-tz fmt::fmt
                                         SQLite::SQLite3 ZLIB::ZLIB PkgConfig::LIBYAML PkgConfig::LIBZSTD Threads::Threads)

install(TARGETS pgo_core pgo EXPORT pgo_targets
        PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY libpgo/include/pgo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
        PATTERN "*.h")
install(DIRECTORY "${PROJECT_BINARY_DIR}/generated/include/pgo"
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY deploy/images DESTINATION ${CMAKE_INSTALL_DATADIR}/pgo USE_SOURCE_PERMISSIONS)
install(EXPORT pgo_targets NAMESPACE pgo:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pgo)

configure_package_config_file(
  cmake/pgoConfig.cmake.in "${PROJECT_BINARY_DIR}/pgoConfig.cmake"
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pgo)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pgoConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pgoConfig.cmake" "${PROJECT_BINARY_DIR}/pgoConfigVersion.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pgo)

# Relative to itself, so that the installed tree may be moved.
file(RELATIVE_PATH PGO_PREFIX_FROM_PKGCONFIG "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/pgo.pc.in "${PROJECT_BINARY_DIR}/pgo.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pgo.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
