# The official C implementation of BLAKE3 with its assembly, always compiled from its upstream sources:
# hashing as a tree over threads needs its internal blake3_hash_many. Looked for in this order:
#   1. AEROTOOL_BLAKE3_SOURCE_DIR
#   2. what Debian's and Ubuntu's librust-blake3-dev installs
#   3. a pinned release, downloaded

set(AEROTOOL_BLAKE3_SOURCE_DIR "" CACHE PATH "The folder \"c\" of BLAKE3's sources; empty: look for it")
set(blake3_dir "${AEROTOOL_BLAKE3_SOURCE_DIR}")
if(NOT blake3_dir)
  file(GLOB blake3_packaged /usr/share/cargo/registry/blake3-*/c)
  list(SORT blake3_packaged COMPARE NATURAL ORDER DESCENDING)
  if(blake3_packaged)
    list(GET blake3_packaged 0 blake3_dir)
  endif()
endif()
if(NOT blake3_dir)
  include(FetchContent)
  FetchContent_Declare(blake3_release
    URL https://github.com/BLAKE3-team/BLAKE3/archive/refs/tags/1.8.2.tar.gz
    URL_HASH SHA256=6b51aefe515969785da02e87befafc7fdc7a065cd3458cf1141f29267749e81f
    DOWNLOAD_EXTRACT_TIMESTAMP OFF)
  FetchContent_MakeAvailable(blake3_release)  # its top level has no CMakeLists.txt: this only unpacks it
  set(blake3_dir "${blake3_release_SOURCE_DIR}/c")
endif()
if(NOT EXISTS "${blake3_dir}/blake3_impl.h")
  message(FATAL_ERROR "${blake3_dir}: blake3_impl.h is not there; AEROTOOL_BLAKE3_SOURCE_DIR is the folder \"c\" of BLAKE3's sources")
endif()
message(STATUS "BLAKE3 sources: ${blake3_dir}")

string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" blake3_cpu)
set(blake3_sources blake3.c blake3_dispatch.c blake3_portable.c)
set(blake3_definitions "")
if(CMAKE_SIZEOF_VOID_P EQUAL 8 AND UNIX AND blake3_cpu MATCHES "^(x86_64|amd64)$")
  enable_language(ASM)
  list(APPEND blake3_sources
    blake3_sse2_x86-64_unix.S blake3_sse41_x86-64_unix.S blake3_avx2_x86-64_unix.S blake3_avx512_x86-64_unix.S)
elseif(CMAKE_SIZEOF_VOID_P EQUAL 8 AND blake3_cpu MATCHES "^(aarch64|arm64)$")
  list(APPEND blake3_sources blake3_neon.c)
  set(blake3_definitions BLAKE3_USE_NEON=1)
else()
  set(blake3_definitions BLAKE3_USE_NEON=0 BLAKE3_NO_SSE2 BLAKE3_NO_SSE41 BLAKE3_NO_AVX2 BLAKE3_NO_AVX512)
endif()
list(TRANSFORM blake3_sources PREPEND "${blake3_dir}/")

add_library(blake3 STATIC ${blake3_sources})
target_compile_options(blake3 PRIVATE -w)  # its warnings are not ours
# Public, because blake3_impl.h reads them too.
target_compile_definitions(blake3 PUBLIC ${blake3_definitions})
target_include_directories(blake3 SYSTEM INTERFACE "${blake3_dir}")
