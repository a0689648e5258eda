# Compiler flags of our own targets; nothing here reaches a consumer.
add_library(pgo_build_flags INTERFACE)
target_compile_options(
  pgo_build_flags
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
            -fstack-protector-strong)
# g++ 12 reports uninitialised and dangling uses inside its own headers under optimisation.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(pgo_build_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
target_compile_options(pgo_build_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-Wno-pedantic>)
# A source that is included is taken for a header, whose types should not have members of a nameless
# namespace.
if(PGO_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(pgo_build_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()
if(PGO_WERROR)
  target_compile_options(pgo_build_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(pgo_build_flags INTERFACE _FORTIFY_SOURCE=2)
else()
  target_compile_definitions(pgo_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
target_link_options(pgo_build_flags INTERFACE -Wl,-z,relro,-z,now)

if(PGO_SANITIZE)
  add_compile_options(-fsanitize=${PGO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PGO_SANITIZE})
  # g++ warns of the fences inside Boost.Asio, which the thread sanitizer does not model.
  if(PGO_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()

find_program(PGO_CCACHE ccache)
if(PGO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PGO_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${PGO_CCACHE}")
endif()
find_program(PGO_MOLD mold)
if(PGO_MOLD AND NOT PGO_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
