# What `cmake --install` installs: the libraries with their headers, one component each, for
# find_package(stint COMPONENTS lattice mcmc mazes analysis generative), and the component `program`.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/stint)

foreach(component lattice mcmc mazes analysis generative)
  if(NOT TARGET stint_${component})
    continue()
  endif()
  install(TARGETS stint_${component} EXPORT stint-${component} ARCHIVE COMPONENT ${component})
  install(EXPORT stint-${component} NAMESPACE stint:: DESTINATION ${package} COMPONENT ${component})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${component} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/stint COMPONENT ${component}
    FILES_MATCHING PATTERN *.hpp PATTERN python EXCLUDE)
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/stint-config.cmake.in ${PROJECT_BINARY_DIR}/stint-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/stint-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/stint-config.cmake ${PROJECT_BINARY_DIR}/stint-config-version.cmake
    cmake/FindFFTW.cmake cmake/FindLibTorch.cmake
  DESTINATION ${package} COMPONENT lattice)

if(TARGET stint)
  set_target_properties(stint PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON) # LibTorch
  install(TARGETS stint RUNTIME COMPONENT program)
  install(DIRECTORY ${STINT_PLOTS}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/stint/python COMPONENT program
    PATTERN __pycache__ EXCLUDE)
  install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/stint COMPONENT program)
endif()
