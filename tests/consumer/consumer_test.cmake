# Builds and runs the project beside this file: cmake -DWAY=installed|subdirectory -DSTINT=SOURCES -DBUILD=BUILD-FOLDER -DWORK=FOLDER
# -DMORE=COMPONENTS -DSETTINGS=CMAKE-ARGUMENTS -P consumer_test.cmake
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
if(WAY STREQUAL installed)
  foreach(component lattice mcmc analysis ${MORE})
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component ${component})
  endforeach()
  set(where -DCMAKE_PREFIX_PATH=${WORK}/prefix "-DMORE=${MORE}")
else()
  set(where -DSTINT_SOURCE=${STINT})
endif()
run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build ${where} ${SETTINGS})
run(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
file(GLOB_RECURSE program ${WORK}/build/consumer ${WORK}/build/bin/consumer)
run(${program})
