# How each dependency is found. No sources of others are kept in this repository.
# third_party/bootstrap installs what is looked for here.

function(aerotool_missing what)
  message(FATAL_ERROR "${what} was not found: run third_party/bootstrap, which installs it")
endfunction()

# An imported target, so that its headers count as system headers: our warnings are not for them.
function(aerotool_import target header library)
  string(TOUPPER "${target}" prefix)
  find_path(${prefix}_INCLUDE_DIR NAMES "${header}")
  mark_as_advanced(${prefix}_INCLUDE_DIR)
  if(NOT ${prefix}_INCLUDE_DIR)
    aerotool_missing("<${header}>")
  endif()
  if(library)
    find_library(${prefix}_LIBRARY NAMES "${library}")
    mark_as_advanced(${prefix}_LIBRARY)
    if(NOT ${prefix}_LIBRARY)
      aerotool_missing("lib${library}")
    endif()
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${${prefix}_LIBRARY}")
  else()
    add_library(${target} INTERFACE IMPORTED)
  endif()
  target_include_directories(${target} INTERFACE "${${prefix}_INCLUDE_DIR}")
endfunction()

# ---- threads

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# ---- Boost: the command line, mapped files, the filters for whole .gz and .zst inputs

find_package(Boost 1.74 CONFIG QUIET COMPONENTS program_options iostreams)
if(NOT Boost_FOUND)
  aerotool_missing("Boost 1.74 or newer with program_options and iostreams")
endif()

# ---- zstd (its own CMake files are not shipped everywhere)

aerotool_import(aerotool_zstd zstd.h zstd)

# ---- zlib, for members of zip archives

aerotool_import(aerotool_zlib zlib.h z)

# ---- msgpack-c, the C++ headers: libmsgpack-cxx-dev, or libmsgpack-dev where that is older than 4

aerotool_import(aerotool_msgpack msgpack.hpp "")
target_compile_definitions(aerotool_msgpack INTERFACE MSGPACK_NO_BOOST)

# ---- RapidJSON

aerotool_import(aerotool_rapidjson rapidjson/reader.h "")
target_compile_definitions(aerotool_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)

# ---- libyaml

aerotool_import(aerotool_yaml yaml.h yaml)

# ---- libcurl's headers; without them URLs are refused

find_path(AEROTOOL_CURL_INCLUDE_DIR NAMES curl/curl.h)
mark_as_advanced(AEROTOOL_CURL_INCLUDE_DIR)
if(NOT AEROTOOL_CURL_INCLUDE_DIR)
  message(STATUS "<curl/curl.h> was not found: this build will not read URLs")
endif()

# ---- xxHash, whose functions come with its header

aerotool_import(aerotool_xxhash xxhash.h "")

# ---- RE2, for --rename; where it brings its own CMake files they name what else it needs

find_package(re2 CONFIG QUIET)
if(re2_FOUND)
  add_library(aerotool_re2 INTERFACE IMPORTED)
  target_link_libraries(aerotool_re2 INTERFACE re2::re2)
else()
  aerotool_import(aerotool_re2 re2/re2.h re2)
endif()

# ---- doctest

if(AEROTOOL_TESTS)
  aerotool_import(aerotool_doctest doctest/doctest.h "")
endif()

# ---- libcrypto, for SHA-256: link OpenSSL::Crypto where it is used

find_package(OpenSSL QUIET COMPONENTS Crypto)
if(NOT OPENSSL_FOUND)
  aerotool_missing("OpenSSL's libcrypto")
endif()

# ---- BLAKE3

include("${CMAKE_CURRENT_LIST_DIR}/blake3.cmake")
