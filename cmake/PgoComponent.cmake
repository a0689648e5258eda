# Files whose own names do not go together with those of others: never compiled with them as one
# (PGO_UNITY).
function(pgo_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# pgo_component(NAME SOURCES a.cpp b.cpp USES base json PRIVATE_DEPS pgo_dep_fmt ... APART b.cpp)
#
# One floor of the house as a static library `pgo_NAME`. USES names the components whose headers it
# may include; PRIVATE_DEPS are third-party targets that never show in our headers; APART as pgo_apart.
function(pgo_component name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE_DEPS;APART" ${ARGN})
  add_library(pgo_${name} STATIC ${ARG_SOURCES})
  pgo_apart(${ARG_APART})
  target_include_directories(
    pgo_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libpgo/include>
           $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated/include>
    PRIVATE "${PROJECT_SOURCE_DIR}/libpgo/src" "${PROJECT_BINARY_DIR}/generated")
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(pgo_${name} PUBLIC pgo_${used})
  endforeach()
  target_link_libraries(pgo_${name} PRIVATE pgo_build_flags ${ARG_PRIVATE_DEPS})
endfunction()

# What is compiled more often than it runs long: optimising it is a quarter of the time that its
# compilation takes, and what it tests is optimised all the same.
function(pgo_compile_quickly name)
  target_compile_options(${name} PRIVATE "$<$<CONFIG:Release>:-O0;-U_FORTIFY_SOURCE>")
endfunction()

# pgo_test(NAME SOURCES ... USES components... DEPS targets... LABELS unit [WORKING_DIRECTORY dir]
#          [OPTIMIZED] [APART ...])
#
# One doctest program and its ctest entry. Every label is also a way to run it: ctest -L unit.
function(pgo_test name)
  cmake_parse_arguments(ARG "OPTIMIZED" "WORKING_DIRECTORY;TIMEOUT" "SOURCES;USES;DEPS;LABELS;APART" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  pgo_apart(${ARG_APART})
  if(NOT ARG_OPTIMIZED)
    pgo_compile_quickly(${name})
  endif()
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/libpgo/src"
                                             "${PROJECT_SOURCE_DIR}/tests")
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${name} PRIVATE pgo_${used})
  endforeach()
  target_link_libraries(${name} PRIVATE pgo_build_flags pgo_test_main ${ARG_DEPS})
  if(NOT ARG_WORKING_DIRECTORY)
    set(ARG_WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${ARG_WORKING_DIRECTORY}")
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  if(ARG_TIMEOUT)
    if(PGO_SANITIZE)
      math(EXPR ARG_TIMEOUT "6 * ${ARG_TIMEOUT}")  # and beside other tests
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  endif()
endfunction()
