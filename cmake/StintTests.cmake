# stint_test(NAME SOURCES file... LINK target...): one GoogleTest binary; each of its tests is a test of CTest.
# stint_time_limit(SECONDS test...): of tests that are no GoogleTests; they find STINT_TIME_FACTOR in their environment.
find_package(GTest REQUIRED)
include(GoogleTest)
function(stint_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stint_settings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main)
  math(EXPR limit "300 * ${STINT_TIME_FACTOR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${limit} ENVIRONMENT "OMP_NUM_THREADS=2"
    ENVIRONMENT_MODIFICATION "OMP_WAIT_POLICY=set:passive") # waiting threads sleep: other programs may run beside
endfunction()

function(stint_time_limit seconds)
  math(EXPR limit "${seconds} * ${STINT_TIME_FACTOR}")
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${limit} ENVIRONMENT "STINT_TIME_FACTOR=${STINT_TIME_FACTOR}")
endfunction()
