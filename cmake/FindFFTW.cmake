# Finds FFTW 3 in both precisions and offers it as the targets FFTW::double and FFTW::single.
#
# Searched: FFTW_ROOT, CMAKE_PREFIX_PATH, the system, and what modules of clusters set (FFTW_DIR, FFTW_HOME, FFTW_INC, FFTW_LIB).
find_path(FFTW_INCLUDE_DIR fftw3.h
  HINTS ENV FFTW_INC ENV FFTW_DIR ENV FFTW_HOME PATH_SUFFIXES include)
find_library(FFTW_DOUBLE_LIBRARY fftw3 HINTS ENV FFTW_LIB ENV FFTW_DIR ENV FFTW_HOME PATH_SUFFIXES lib lib64)
find_library(FFTW_SINGLE_LIBRARY fftw3f HINTS ENV FFTW_LIB ENV FFTW_DIR ENV FFTW_HOME PATH_SUFFIXES lib lib64)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(FFTW REQUIRED_VARS FFTW_DOUBLE_LIBRARY FFTW_SINGLE_LIBRARY FFTW_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install FFTW 3 in double and single precision (Debian: libfftw3-dev), or set FFTW_ROOT")

if(FFTW_FOUND AND NOT TARGET FFTW::double)
  foreach(_precision double single)
    string(TOUPPER ${_precision} _upper)
    add_library(FFTW::${_precision} UNKNOWN IMPORTED)
    set_target_properties(FFTW::${_precision} PROPERTIES
      IMPORTED_LOCATION "${FFTW_${_upper}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${FFTW_INCLUDE_DIR}")
  endforeach()
endif()
mark_as_advanced(FFTW_INCLUDE_DIR FFTW_DOUBLE_LIBRARY FFTW_SINGLE_LIBRARY)
