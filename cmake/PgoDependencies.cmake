# Third-party libraries, each wrapped once: headers as SYSTEM, macros in one place, linked PRIVATE.
# Why each is here: docs/dependencies.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(ZLIB 1.2 REQUIRED)
find_package(date 3 REQUIRED)
pkg_check_modules(LIBYAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(LIBZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)

function(pgo_dependency name)
  cmake_parse_arguments(ARG "" "" "LINK;INCLUDE;DEFINE" ${ARGN})
  add_library(pgo_dep_${name} INTERFACE)
  target_link_libraries(pgo_dep_${name} INTERFACE ${ARG_LINK})
  target_include_directories(pgo_dep_${name} SYSTEM INTERFACE ${ARG_INCLUDE})
  target_compile_definitions(pgo_dep_${name} INTERFACE ${ARG_DEFINE})
endfunction()

pgo_dependency(openssl LINK OpenSSL::SSL OpenSSL::Crypto)
pgo_dependency(curl LINK CURL::libcurl)
pgo_dependency(rapidjson INCLUDE ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS} DEFINE
               RAPIDJSON_HAS_STDSTRING=1)
pgo_dependency(yaml LINK PkgConfig::LIBYAML)
pgo_dependency(zstd LINK PkgConfig::LIBZSTD)
pgo_dependency(zlib LINK ZLIB::ZLIB)
pgo_dependency(date LINK date::date-tz)
pgo_dependency(fmt LINK fmt::fmt)
pgo_dependency(sqlite LINK SQLite::SQLite3)
pgo_dependency(beast LINK Threads::Threads OpenSSL::SSL OpenSSL::Crypto INCLUDE
               ${Boost_INCLUDE_DIRS} DEFINE BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW)
# For executables only: which allocator a process uses is not for a library to say. The sanitizers
# bring their own.
if(PGO_SANITIZE)
  pgo_dependency(allocator)
else()
  pgo_dependency(allocator LINK PkgConfig::JEMALLOC)
endif()
