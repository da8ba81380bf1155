# Finds a LibTorch and offers it as the target LibTorch::LibTorch.
#
# Any LibTorch serves: the PyPI wheel (what scripts/setup.sh installs), a module's, an unpacked libtorch. Its own TorchConfig.cmake
# is not used because the wheel's wants a CUDA toolkit. Searched in this order: -DLibTorch_ROOT=DIR, CMAKE_PREFIX_PATH, and the
# folder of scripts/setup.sh (STINT_DEPS). DIR has include/torch/... and lib/libtorch_cpu.so, itself or in its folder torch/.
# With STINT_CUDA the CUDA libraries are linked too.
set(_deps "$ENV{STINT_DEPS}")
if(NOT _deps)
  set(_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _cache)
    set(_cache "$ENV{HOME}/.cache")
  endif()
  set(_deps "${_cache}/stint")
endif()
set(_flavour cpu)
if(STINT_CUDA)
  set(_flavour cuda)
endif()
file(GLOB _installed "${_deps}/libtorch-${_flavour}-*")
list(FILTER _installed EXCLUDE REGEX "\\.part$")
list(SORT _installed COMPARE NATURAL ORDER DESCENDING)

find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h
  HINTS ${CMAKE_PREFIX_PATH} ${_installed} PATH_SUFFIXES include torch/include)
get_filename_component(_root "${LibTorch_INCLUDE_DIR}" DIRECTORY)
find_library(LibTorch_CPU_LIBRARY torch_cpu HINTS "${_root}/lib" NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 HINTS "${_root}/lib" NO_DEFAULT_PATH)
set(_required LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR)
if(STINT_CUDA)
  find_library(LibTorch_CUDA_LIBRARY torch_cuda HINTS "${_root}/lib" NO_DEFAULT_PATH)
  find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda HINTS "${_root}/lib" NO_DEFAULT_PATH)
  # The headers of CUDA and NCCL that LibTorch's own include: of the sibling packages, else of a toolkit or the system.
  find_path(LibTorch_CUDA_INCLUDE_DIR cuda_runtime_api.h
    HINTS "${_root}/../nvidia/cu13/include" "${_root}/../nvidia/cuda_runtime/include"
    PATHS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda PATH_SUFFIXES include)
  find_path(LibTorch_NCCL_INCLUDE_DIR nccl.h HINTS "${_root}/../nvidia/nccl/include" PATHS ENV NCCL_HOME PATH_SUFFIXES include)
  list(APPEND _required LibTorch_CUDA_LIBRARY LibTorch_C10_CUDA_LIBRARY LibTorch_CUDA_INCLUDE_DIR LibTorch_NCCL_INCLUDE_DIR)
endif()
if(EXISTS "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
  set(_version_file "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
else()
  set(_version_file "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h")
endif()
if(EXISTS "${_version_file}")
  file(STRINGS "${_version_file}" _version REGEX "TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
  string(REGEX REPLACE "[^;]*TORCH_VERSION_[A-Z]+ ([0-9]+)[^;]*" "\\1" _version "${_version}")
  string(REPLACE ";" "." LibTorch_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS ${_required} VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup.sh, or set LibTorch_ROOT to a LibTorch >= 2.6")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  # The wheel's libraries name NVIDIA libraries that lie in sibling packages; the loader and the linker find them by these folders.
  file(GLOB _nvidia "${_root}/../nvidia/*/lib")
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  # LibTorch brings its own fmt headers, which hide the system's and fit no library but as header-only.
  target_compile_definitions(LibTorch::LibTorch INTERFACE USE_C10D USE_DISTRIBUTED FMT_HEADER_ONLY)
  target_link_libraries(LibTorch::LibTorch INTERFACE ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY})
  if(STINT_CUDA)
    # torch_cuda registers its kernels when it is loaded: it must stay linked though no symbol of it is named.
    target_link_libraries(LibTorch::LibTorch INTERFACE
      -Wl,--no-as-needed ${LibTorch_CUDA_LIBRARY} -Wl,--as-needed ${LibTorch_C10_CUDA_LIBRARY})
    target_compile_definitions(LibTorch::LibTorch INTERFACE STINT_WITH_CUDA USE_C10D_NCCL)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE "${LibTorch_CUDA_INCLUDE_DIR}" "${LibTorch_NCCL_INCLUDE_DIR}")
  endif()
  foreach(_folder ${_nvidia})
    target_link_options(LibTorch::LibTorch INTERFACE "LINKER:-rpath-link,${_folder}" "LINKER:-rpath,${_folder}")
  endforeach()
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_CUDA_LIBRARY LibTorch_C10_CUDA_LIBRARY
  LibTorch_CUDA_INCLUDE_DIR LibTorch_NCCL_INCLUDE_DIR)
